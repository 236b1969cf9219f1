//! Errors as RFC 9457 problem details.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::callback::state::StateName;
use crate::id::CallbackId;
use crate::time::Timestamp;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $slug:literal, $title:literal;)*) => {
        /// The closed list of what can go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $($(#[$doc])* $name,)*
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The status code of the answer.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The stable slug at the end of `type`.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// A short title.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

kinds! {
    /// The request cannot be parsed.
    Malformed = 400, "malformed", "The request cannot be read";
    /// No credentials, or none that are in force.
    Unauthenticated = 401, "unauthenticated", "Log in first";
    /// User name or password are wrong.
    InvalidCredentials = 401, "invalid-credentials", "The user name or password is wrong";
    /// The caller's role or scopes lack the permission.
    Forbidden = 403, "forbidden", "Not permitted";
    /// Absent, or not visible to the caller.
    NotFound = 404, "not-found", "Not found";
    /// The path exists, the method does not.
    MethodNotAllowed = 405, "method-not-allowed", "Method not allowed";
    /// The body took too long.
    TooSlow = 408, "too-slow", "The request took too long";
    /// The state forbids the command.
    StateConflict = 409, "state-conflict", "The state does not allow this";
    /// The reservation is not held any more.
    LeaseLost = 409, "lease-lost", "The reservation is not held any more";
    /// There is one with this name already, or an open callback for this number.
    Duplicate = 409, "duplicate", "It exists already";
    /// Something else uses it.
    InUse = 409, "in-use", "It is in use";
    /// Nobody could manage users any more.
    LastAdministrator = 409, "last-administrator", "The last administrator stays";
    /// A request with the same idempotency key is still running.
    InFlight = 409, "in-flight", "The same request is still running";
    /// The version in `If-Match` is not the current one.
    Stale = 412, "stale", "It was changed meanwhile";
    /// The body is too large.
    TooLarge = 413, "too-large", "The request is too large";
    /// The body is of another media type.
    UnsupportedMediaType = 415, "unsupported-media-type", "Unsupported media type";
    /// Well-formed, but invalid.
    Invalid = 422, "invalid", "Some values are invalid";
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = 422, "idempotency-key-reused", "The idempotency key was used before";
    /// Too many requests.
    RateLimited = 429, "rate-limited", "Too many requests";
    /// A fault of ours.
    Internal = 500, "internal", "Something went wrong";
    /// The database cannot be reached, or the server is shutting down.
    Unavailable = 503, "unavailable", "Not available at the moment";
    /// The disk of the database is full.
    StorageFull = 507, "storage-full", "There is no room left";
}

/// What begins each `type`.
pub const TYPE_PREFIX: &str = "urn:ringback:problem:";

/// A problem, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable URI of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:ringback:problem:state-conflict")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The status code.
    #[schema(example = 409)]
    pub status: u16,
    /// This case in words.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// Names the request in the log.
    pub request_id: String,
    /// What is invalid, part by part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The times nearest to the one that cannot be booked, five at most, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<BookableSlot>,
    /// The callback that is there already, where the service takes no second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<ExistingCallback>,
    /// The callback's current state, where a state or a version was in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StateName>,
    /// The current version, where a state or a version was in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A callback that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExistingCallback {
    /// Its identifier.
    pub id: CallbackId,
}

/// A time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BookableSlot {
    /// When it begins.
    pub from: Timestamp,
    /// What a clock of the service shows then, with its offset from UTC.
    #[schema(example = "2026-12-01T10:30:00+01:00")]
    pub local: String,
}

impl Problem {
    /// The kind, if this program knows it.
    pub fn known_kind(&self) -> Option<ProblemKind> {
        let slug = self.kind.strip_prefix(TYPE_PREFIX)?;
        ProblemKind::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

/// What is wrong with one part of a request: a closed list that clients can
/// translate.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FieldCode {
    /// Clocks go back and show it twice: say which one is meant.
    AmbiguousLocalTime,
    /// It is further ahead than the service plans.
    BeyondHorizon,
    /// The service is closed then.
    Closed,
    /// It does not go with another part.
    Conflict,
    /// The number is not called, by a rule of the service.
    BlockedNumber,
    /// It contains a control character.
    ControlCharacter,
    /// The service is closed on that date, by an exception of its office hours.
    Exception,
    /// All capacity of that time is booked.
    Full,
    /// No number of the country has this length.
    ImpossibleNumber,
    /// It must be in the future.
    InThePast,
    /// It must not be in the future.
    InTheFuture,
    /// All that is left of that time is held for others.
    Held,
    /// A limit of the service is reached.
    LimitReached,
    /// It is not a BCP 47 language tag.
    MalformedLanguage,
    /// It is not a phone number.
    MalformedNumber,
    /// No capacity is planned for that time.
    NoCapacity,
    /// The service takes no new callbacks now.
    NotAccepting,
    /// It does not go with what is asked for.
    NotAllowed,
    /// It must be a JSON object.
    NotAnObject,
    /// It is not a recording of its media type.
    NotAudio,
    /// The number is on the do-not-call list.
    DoNotCall,
    /// The service does not offer this type of callback.
    NotEnabled,
    /// An immediate callback does not have it.
    NotForImmediate,
    /// The caller may not grant this.
    NotPermitted,
    /// It is too small or too large.
    OutOfRange,
    /// It is no hour to call the customer at, by the customer's own clock.
    OutsidePermittedHours,
    /// It is missing.
    Required,
    /// These are several numbers.
    SeveralNumbers,
    /// Clocks go forward and never show it.
    SkippedLocalTime,
    /// It is too long ago.
    TooEarly,
    /// It has too many bytes.
    TooLarge,
    /// It has too many characters.
    TooLong,
    /// It is nearer than the notice that the service needs, or its slot has begun.
    TooSoon,
    /// It does not exist, or is not visible to the caller.
    Unknown,
    /// It is not an ISO 3166 country code.
    UnknownCountry,
    /// There is no such field or parameter.
    UnknownField,
    /// It is not an IANA time zone.
    UnknownTimeZone,
    /// It is not one of the values listed.
    UnknownValue,
    /// It is too short, too long, common, or the user name.
    WeakPassword,
    /// It is not the current password.
    WrongPassword,
    /// It is of another JSON type.
    WrongType,
    /// It is not a value of its kind. A page that is still open when its server is
    /// updated reads a code that it does not know as this one.
    #[serde(other)]
    InvalidValue,
}

/// One invalid part of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// JSON pointer into the body, or `?name` for a query parameter.
    #[schema(example = "/customer_number")]
    pub pointer: String,
    /// What is wrong.
    pub code: FieldCode,
    /// The same in words.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_newer_server_can_be_read() {
        let read = |code| serde_json::from_str::<FieldCode>(code).ok();
        assert_eq!(read("\"too_long\""), Some(FieldCode::TooLong));
        assert_eq!(read("\"of_tomorrow\""), Some(FieldCode::InvalidValue));
    }
}
