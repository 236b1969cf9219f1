//! The one error of the API, and the one place where it becomes an answer.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use ringback_domain::callback::Callback;
use ringback_domain::callback::transition::Refusal;
use ringback_domain::wire::problem::{FieldProblem, Problem, ProblemKind, TYPE_PREFIX};
use ringback_domain::{Permission, StateName};

use crate::request;
use crate::store::StoreError;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be parsed.
    #[error("{0}")]
    Malformed(String),
    /// No credentials, or none that are in force.
    #[error("send a valid access token or API key")]
    Unauthenticated,
    /// User name or password are wrong; which of them is not said.
    #[error("user name or password are wrong")]
    InvalidCredentials,
    /// The caller's role or scopes lack this.
    #[error("the permission {0:?} is needed")]
    Forbidden(Permission),
    /// It has rights that the caller does not have.
    #[error("this {0} has rights that you do not have; ask somebody who has them")]
    MoreRights(&'static str),
    /// The request comes from another site.
    #[error("a request from another site is not accepted here")]
    CrossSite,
    /// Absent, or not visible to the caller.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The path exists, the method does not.
    #[error("this method is not allowed here")]
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
    #[error("the reservation is not held any more")]
    LeaseLost,
    /// The version in `If-Match` is not the current one.
    #[error("the current version is {version}")]
    Stale {
        /// The current state, of a callback.
        state: Option<StateName>,
        /// The current version.
        version: i64,
    },
    /// There is one with this name already.
    #[error("{0}")]
    Duplicate(&'static str),
    /// A request with the same idempotency key is still running.
    #[error("a request with this idempotency key is still running")]
    InFlight,
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The body is too large.
    #[error("the body may have {0} bytes at most")]
    TooLarge(usize),
    /// The body is of another media type.
    #[error("send the body as {0}")]
    UnsupportedMediaType(&'static str),
    /// Well-formed, but invalid.
    #[error("some values are invalid")]
    Invalid(Vec<FieldProblem>),
    /// Too many requests.
    #[error("try again in {retry_after_seconds} seconds")]
    RateLimited {
        /// Seconds until the next try is worth it.
        retry_after_seconds: u64,
    },
    /// The database cannot be reached.
    #[error("not available at the moment; try again soon")]
    Unavailable(String),
    /// A fault of ours: shown as no more than the request's id.
    #[error("something went wrong")]
    Internal(anyhow::Error),
}

impl Error {
    /// One invalid part of a request.
    pub fn invalid(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![field(pointer, code, detail)])
    }

    /// A refusal, with the callback as it is.
    pub fn refused(refusal: Refusal, callback: &Callback) -> Self {
        match refusal {
            Refusal::LeaseLost => Self::LeaseLost,
            Refusal::DesiredTimePast => {
                Self::invalid("/desired_time", "in_the_past", "the desired time has to lie ahead")
            }
            Refusal::ResultNotAllowed => {
                Self::invalid("/result", "not_allowed", "a conversation cannot end with this result")
            }
            refusal => Self::Refused { refusal, state: callback.state.name(), version: callback.version },
        }
    }

    /// A fault of ours.
    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::Internal(error.into())
    }

    /// What it is, for whoever runs the server; more than clients are told.
    pub fn cause(&self) -> String {
        match self {
            Self::Internal(error) => format!("{error:#}"),
            Self::Unavailable(why) => why.clone(),
            other => other.to_string(),
        }
    }

    const fn kind(&self) -> ProblemKind {
        match self {
            Self::Malformed(_) => ProblemKind::Malformed,
            Self::Unauthenticated => ProblemKind::Unauthenticated,
            Self::InvalidCredentials => ProblemKind::InvalidCredentials,
            Self::Forbidden(_) | Self::MoreRights(_) | Self::CrossSite => ProblemKind::Forbidden,
            Self::NotFound(_) => ProblemKind::NotFound,
            Self::MethodNotAllowed(_) => ProblemKind::MethodNotAllowed,
            Self::Refused { .. } => ProblemKind::StateConflict,
            Self::LeaseLost => ProblemKind::LeaseLost,
            Self::Stale { .. } => ProblemKind::Stale,
            Self::Duplicate(_) => ProblemKind::Duplicate,
            Self::InFlight => ProblemKind::InFlight,
            Self::KeyReused => ProblemKind::IdempotencyKeyReused,
            Self::TooLarge(_) => ProblemKind::TooLarge,
            Self::UnsupportedMediaType(_) => ProblemKind::UnsupportedMediaType,
            Self::Invalid(_) => ProblemKind::Invalid,
            Self::RateLimited { .. } => ProblemKind::RateLimited,
            Self::Unavailable(_) => ProblemKind::Unavailable,
            Self::Internal(_) => ProblemKind::Internal,
        }
    }
}

/// One invalid part of a request.
pub fn field(pointer: &str, code: &str, detail: impl Into<String>) -> FieldProblem {
    FieldProblem { pointer: pointer.to_owned(), code: code.to_owned(), detail: detail.into() }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => Self::Unavailable(why),
            // A command holds its record while it works on it, so somebody
            // who got in between is a fault unless the caller says otherwise.
            other => Self::Internal(other.into()),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let kind = self.kind();
        let request = request::current();
        match self {
            Self::Internal(_) => {
                tracing::error!(request.id = %request.id, error = self.cause(), "request failed");
            }
            Self::Unavailable(_) => {
                tracing::warn!(request.id = %request.id, error = self.cause(), "not available");
            }
            _ => {}
        }
        let (state, version) = match self {
            Self::Refused { state, version, .. } => (Some(*state), Some(*version)),
            Self::Stale { state, version } => (*state, Some(*version)),
            _ => (None, None),
        };
        let problem = Problem {
            kind: format!("{TYPE_PREFIX}{}", kind.slug()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: self.to_string(),
            instance: request.path,
            request_id: request.id,
            errors: if let Self::Invalid(errors) = self { errors.clone() } else { Vec::new() },
            state,
            version,
        };
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        match self {
            Self::Unauthenticated => {
                response.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
            }
            Self::RateLimited { retry_after_seconds } => {
                response.insert_header((RETRY_AFTER, retry_after_seconds.to_string()));
                let limit = format!("\"default\";r=0;t={retry_after_seconds}");
                response.insert_header((HeaderName::from_static("ratelimit"), limit));
            }
            Self::Unavailable(_) => {
                response.insert_header((RETRY_AFTER, "1"));
            }
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((actix_web::http::header::ALLOW, allowed.as_str()));
            }
            _ => {}
        }
        response.body(serde_json::to_string(&problem).unwrap_or_default())
    }
}
