//! The one error of commands and questions: a closed list.

use std::io;

use ringback_domain::callback::Callback;
use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::bulk::JobState;
use ringback_domain::wire::problem::{BookableSlot, FieldCode, ProblemKind};
use ringback_domain::{CallbackId, Permission, StateName};

use crate::fault::{Fault, Field, Part};
use crate::store::StoreError;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be parsed.
    #[error("{0}")]
    Malformed(String),
    /// No credentials, or none that are in force.
    #[error("Send a valid access token or API key.")]
    Unauthenticated,
    /// More than one credential.
    #[error("Send one credential only: an access token as `Authorization`, or an API key as `x-api-key`.")]
    TwoCredentials,
    /// User name or password are wrong; which of them is not said.
    #[error("The user name or password is wrong.")]
    InvalidCredentials,
    /// The caller's role or scopes lack this.
    #[error("You need the permission `{}`.", .0.as_str())]
    Forbidden(Permission),
    /// It has rights that the caller does not have.
    #[error("This {0} has rights that you do not have. Ask somebody who has them.")]
    MoreRights(&'static str),
    /// The request comes from another site, or does not say from where.
    #[error(
        "Requests from other sites are not accepted here. Send `Origin` with the server's own along with the cookie."
    )]
    CrossSite,
    /// Absent, or not visible to the caller.
    #[error("There is no such {0}, or you have no access to it.")]
    NotFound(&'static str),
    /// The path exists, the method does not.
    #[error("Use one of the methods in the Allow header.")]
    MethodNotAllowed(String),
    /// The callback as it is does not allow the command.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// The current state.
        state: StateName,
        /// The current version.
        version: i64,
    },
    /// The attempt is unknown or not held any more.
    #[error("The reservation has ended. Reserve again.")]
    LeaseLost,
    /// The version in `If-Match` is not the current one.
    #[error("It has changed since you read it. Read it again; its version is now {version}.")]
    Stale {
        /// The current state, of a callback.
        state: Option<StateName>,
        /// The current version.
        version: i64,
    },
    /// The job is past the time to undo it.
    #[error("The bulk cancellation cannot be undone: it is {}. Stop it, if it is not over.", .0.as_str())]
    JobInEffect(JobState),
    /// There is nothing that could be undone, or not any more.
    #[error("{0}")]
    CannotUndo(&'static str),
    /// There is one with this name already.
    #[error("{0}")]
    Duplicate(&'static str),
    /// The number has an open callback of the service, which takes no second one.
    #[error("There is an open callback for this number already: {0}.")]
    OpenCallback(CallbackId),
    /// Something else uses it.
    #[error("{0}")]
    InUse(&'static str),
    /// Nobody could manage users any more.
    #[error(
        "This is the last administrator who may do this. Make another administrator of all services first."
    )]
    LastAdministrator,
    /// A request with the same idempotency key is still running.
    #[error("A request with this idempotency key is still running. Repeat it later.")]
    InFlight,
    /// The idempotency key was used for another request.
    #[error("This idempotency key was used for another request. Use a new one.")]
    KeyReused,
    /// The body is too large.
    #[error("Send at most {0} bytes.")]
    TooLarge(usize),
    /// The body did not come within this many seconds.
    #[error("Send the whole body within {0} seconds.")]
    TooSlow(u64),
    /// The body is of another media type.
    #[error("Send the body as {0}.")]
    UnsupportedMediaType(&'static str),
    /// Well-formed, but invalid.
    #[error("Correct the values listed under `errors`.")]
    Invalid(Vec<Fault>),
    /// Well-formed, but the time cannot be booked.
    #[error("Correct the values listed under `errors`, or choose one of `slots`.")]
    NotBookable {
        /// Why.
        fault: Fault,
        /// The nearest times that can be booked.
        slots: Vec<BookableSlot>,
    },
    /// The command has to hold what it works on: `Commands` runs it in a transaction
    /// then, and nobody else sees this.
    #[error("Something went wrong here. Report the request id to whoever runs this server.")]
    MustHold,
    /// Too many requests.
    #[error("Try again in {retry_after_seconds} seconds.")]
    RateLimited {
        /// Seconds until the next try is worth it.
        retry_after_seconds: u64,
    },
    /// The server cannot answer at the moment.
    #[error("Not available at the moment. Try again soon.")]
    Unavailable(String),
    /// What the database answered: a competitor that kept coming first, a lost
    /// connection, or a fault of ours.
    #[error("{}", store_detail(.0))]
    Store(StoreError),
    /// There is no room in the folder for temporary files.
    #[error("The server has no room for temporary files. Try again later.")]
    NoTemporaryRoom(anyhow::Error),
    /// A fault of ours: shown as no more than the request's id.
    #[error("Something went wrong here. Report the request id to whoever runs this server.")]
    Internal(anyhow::Error),
}

impl Error {
    /// One invalid part of a request.
    pub fn invalid(part: impl Into<Part>, code: FieldCode, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(part, code, detail)])
    }

    /// A refusal, with the callback as it is.
    pub fn refused(refusal: Refusal, callback: &Callback) -> Self {
        match refusal {
            Refusal::LeaseLost => Self::LeaseLost,
            Refusal::DesiredTimePast => Self::invalid(
                Field::DesiredTime,
                FieldCode::InThePast,
                "`desired_time` must be in the future.",
            ),
            Refusal::ResultNotAllowed => Self::invalid(
                Field::Result,
                FieldCode::NotAllowed,
                "A conversation cannot end with this result.",
            ),
            refusal => Self::Refused { refusal, state: callback.state.name(), version: callback.version },
        }
    }

    /// A fault of ours.
    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::Internal(error.into())
    }

    /// A temporary file could not be used: its folder is full, or a fault of ours.
    pub fn temporary_file(kind: io::ErrorKind, error: impl Into<anyhow::Error>) -> Self {
        match kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoTemporaryRoom(error.into()),
            _ => Self::Internal(error.into()),
        }
    }

    /// What it is, for whoever runs the server; more than clients are told.
    pub fn cause(&self) -> String {
        match self {
            Self::NoTemporaryRoom(error) => format!("TMPDIR is full: {error:#}"),
            Self::Internal(error) => format!("{error:#}"),
            Self::Unavailable(why) => why.clone(),
            Self::Store(error) => error.to_string(),
            other => other.to_string(),
        }
    }

    /// Which problem of the closed list it is.
    pub const fn kind(&self) -> ProblemKind {
        match self {
            Self::Malformed(_) => ProblemKind::Malformed,
            Self::Unauthenticated | Self::TwoCredentials => ProblemKind::Unauthenticated,
            Self::InvalidCredentials => ProblemKind::InvalidCredentials,
            Self::Forbidden(_) | Self::MoreRights(_) | Self::CrossSite => ProblemKind::Forbidden,
            Self::NotFound(_) => ProblemKind::NotFound,
            Self::MethodNotAllowed(_) => ProblemKind::MethodNotAllowed,
            Self::Refused { .. } | Self::JobInEffect(_) | Self::CannotUndo(_) => ProblemKind::StateConflict,
            Self::LeaseLost => ProblemKind::LeaseLost,
            Self::Stale { .. } => ProblemKind::Stale,
            Self::Duplicate(_) | Self::OpenCallback(_) => ProblemKind::Duplicate,
            Self::InUse(_) => ProblemKind::InUse,
            Self::LastAdministrator => ProblemKind::LastAdministrator,
            Self::InFlight => ProblemKind::InFlight,
            Self::KeyReused => ProblemKind::IdempotencyKeyReused,
            Self::TooLarge(_) => ProblemKind::TooLarge,
            Self::TooSlow(_) => ProblemKind::TooSlow,
            Self::UnsupportedMediaType(_) => ProblemKind::UnsupportedMediaType,
            Self::Invalid(_) | Self::NotBookable { .. } => ProblemKind::Invalid,
            Self::RateLimited { .. } => ProblemKind::RateLimited,
            Self::Unavailable(_) => ProblemKind::Unavailable,
            Self::Store(StoreError::Full(_)) | Self::NoTemporaryRoom(_) => ProblemKind::StorageFull,
            Self::Store(error) if is_passing(error) => ProblemKind::Unavailable,
            Self::Store(_) | Self::Internal(_) | Self::MustHold => ProblemKind::Internal,
        }
    }
}

/// Whether the same request may succeed a little later.
const fn is_passing(error: &StoreError) -> bool {
    error.is_worth_another_try()
        || matches!(
            error,
            StoreError::Unavailable(_)
                | StoreError::Silent(_)
                | StoreError::OutcomeUnknown(_)
                | StoreError::Pooler(_)
        )
}

/// What a caller is told of the database.
const fn store_detail(error: &StoreError) -> &'static str {
    match error {
        StoreError::OutcomeUnknown(_) => {
            "The outcome is unknown. The connection to the database was lost while the change was made: read the \
             record, or repeat the request with the same Idempotency-Key."
        }
        StoreError::Full(_) => "The disk of the database is full: nothing was changed. Try again later.",
        error if is_passing(error) => "Not available at the moment. Try again soon.",
        _ => "Something went wrong here. Report the request id to whoever runs this server.",
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_outcome_is_said_and_a_full_disk_too() {
        let told = |error: StoreError| {
            let error = Error::from(error);
            (error.kind().status(), error.to_string())
        };
        let lost = || StoreError::Disconnected("reset".to_owned());
        let (status, detail) = told(lost().while_keeping());
        assert!(status == 503 && detail.starts_with("The outcome is unknown."), "{detail}");
        let (status, detail) = told(lost());
        assert!(status == 503 && !detail.contains("unknown"), "{detail}");
        assert_eq!(told(StoreError::Full("full".to_owned())).0, 507);
        assert_eq!(told(StoreError::Panicked).0, 500);
    }
}
