//! What is wrong with a request, part by part. Commands and queries name the part
//! by its name in the domain; each skin writes that in its own notation.

use std::fmt;

use ringback_domain::wire::problem::FieldCode;

/// One invalid part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which part.
    pub part: Part,
    /// What is wrong with it.
    pub code: FieldCode,
    /// The same in words.
    pub detail: String,
}

impl Fault {
    /// A fault of this part.
    pub fn new(part: impl Into<Part>, code: FieldCode, detail: impl Into<String>) -> Self {
        Self { part: part.into(), code, detail: detail.into() }
    }
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The request as a whole.
    Whole,
    /// A value.
    Field(Field),
    /// An item of a list, by its index.
    Item(Field, usize),
    /// A value of an item.
    FieldOfItem(Field, usize, Field),
    /// A part deeper inside, from the outermost on.
    Path(Vec<Step>),
    /// A value that selects, orders or limits what is asked for.
    Parameter(Field),
    /// A place that a skin found by itself, in its own notation.
    Place(String),
}

/// A place as people write it: `retry_policy.results.BUSY.max`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |field: &Field| <&'static str>::from(field);
        match self {
            Self::Whole => f.write_str("all of it"),
            Self::Field(field) | Self::Parameter(field) => f.write_str(name(field)),
            Self::Item(list, index) => write!(f, "{}[{index}]", name(list)),
            Self::FieldOfItem(list, index, field) => write!(f, "{}[{index}].{}", name(list), name(field)),
            Self::Path(steps) => steps.iter().enumerate().try_for_each(|(depth, step)| {
                let dot = if depth == 0 { "" } else { "." };
                match step {
                    Step::Field(field) => write!(f, "{dot}{}", name(field)),
                    Step::Name(name) => write!(f, "{dot}{name}"),
                    Step::Index(index) => write!(f, "[{index}]"),
                }
            }),
            Self::Place(place) => f.write_str(place),
        }
    }
}

/// A step towards a part that lies deeper inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A value.
    Field(Field),
    /// A value of a name that the data has, such as a day of the week.
    Name(&'static str),
    /// An item of a list.
    Index(usize),
}

impl From<Field> for Step {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// The names of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "each is described where it is read")]
pub enum Field {
    ArrivedAt,
    At,
    Capacity,
    CapacityRule,
    CallbackType,
    CancelledBy,
    ClosedCalendars,
    Countries,
    Cursor,
    CustomRanges,
    CurrentPassword,
    CustomerNumber,
    CustomerTimeZone,
    DailyFrom,
    DailyRanges,
    DailyTo,
    Date,
    DefaultCountry,
    DesiredLocal,
    DesiredTime,
    DisplayName,
    Exceptions,
    ExpiresAt,
    Fold,
    From,
    Hold,
    HolidaySets,
    Hours,
    Id,
    Label,
    Language,
    Lines,
    Limit,
    Name,
    NewPassword,
    Number,
    NumberRules,
    OpenCalendars,
    Page,
    Password,
    Pattern,
    Prefix,
    Priority,
    Query,
    Reason,
    Result,
    Role,
    Scope,
    Scopes,
    Search,
    Service,
    ServiceId,
    Services,
    SharedWith,
    SlotMinutes,
    Slots,
    Sort,
    Source,
    TimeZone,
    To,
    UndoSeconds,
    Until,
    UpTo,
    UserData,
    Username,
    Weekly,
}

impl From<Field> for Part {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

impl From<String> for Part {
    fn from(place: String) -> Self {
        Self::Place(place)
    }
}

impl From<&str> for Part {
    fn from(place: &str) -> Self {
        Self::Place(place.to_owned())
    }
}
