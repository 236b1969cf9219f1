//! What is wrong with a request, part by part. Commands and queries name the part
//! by its name in the domain; each skin writes that in its own notation.

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
    /// A value that selects, orders or limits what is asked for.
    Parameter(Field),
    /// A place that a skin found by itself, in its own notation.
    Place(String),
}

/// The names of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "each is described where it is read")]
pub enum Field {
    ArrivedAt,
    CallbackType,
    CancelledBy,
    Cursor,
    CustomRanges,
    CurrentPassword,
    CustomerNumber,
    CustomerTimeZone,
    DailyFrom,
    DailyRanges,
    DailyTo,
    DefaultCountry,
    DesiredLocal,
    DesiredTime,
    DesiredWindowSeconds,
    DisplayName,
    ExpiresAt,
    Fold,
    From,
    HorizonDays,
    Id,
    Language,
    Limit,
    Name,
    NewPassword,
    Number,
    Page,
    Password,
    Priority,
    Query,
    Reason,
    Result,
    Role,
    Scopes,
    Search,
    Service,
    ServiceId,
    Services,
    SharedWith,
    Sort,
    TimeZone,
    To,
    UndoSeconds,
    UpTo,
    UserData,
    Username,
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
