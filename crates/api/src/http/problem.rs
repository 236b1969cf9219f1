//! The one place where an error becomes an answer: RFC 9457.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use ringback_domain::wire::problem::{ExistingCallback, Problem, ProblemKind, TYPE_PREFIX};

use super::v1;
use crate::context;
use crate::error::Error;

/// The problem that an error is answered with.
pub fn of(error: &Error) -> Problem {
    let (kind, request) = (error.kind(), context::current().unwrap_or_default());
    let (state, version) = match error {
        Error::Refused { state, version, .. } => (Some(*state), Some(*version)),
        Error::Stale { state, version } => (*state, Some(*version)),
        _ => (None, None),
    };
    let (errors, slots) = match error {
        Error::Invalid(faults) => (faults.iter().map(v1::field_problem).collect(), Vec::new()),
        Error::NotBookable { fault, slots } => (vec![v1::field_problem(fault)], slots.clone()),
        _ => (Vec::new(), Vec::new()),
    };
    let existing = match error {
        Error::OpenCallback(id) => Some(ExistingCallback { id: *id }),
        _ => None,
    };
    Problem {
        kind: format!("{TYPE_PREFIX}{}", kind.slug()),
        title: kind.title().to_owned(),
        status: kind.status(),
        detail: error.to_string(),
        instance: request.path,
        request_id: request.id.to_string(),
        errors,
        slots,
        existing,
        state,
        version,
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let kind = self.kind();
        let request = context::current().unwrap_or_default();
        match self {
            _ if matches!(kind, ProblemKind::Internal) => {
                tracing::error!(request.id = %request.id, error = self.cause(), "request failed");
            }
            _ if matches!(kind, ProblemKind::Unavailable | ProblemKind::StorageFull) => {
                tracing::warn!(request.id = %request.id, error = self.cause(), "not available");
            }
            _ => {}
        }
        let problem = of(self);
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        match self {
            Self::Unauthenticated | Self::TwoCredentials => {
                response.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
            }
            Self::RateLimited { retry_after_seconds } => {
                response.insert_header((RETRY_AFTER, retry_after_seconds.to_string()));
                let limit = format!("\"default\";r=0;t={retry_after_seconds}");
                response.insert_header((HeaderName::from_static("ratelimit"), limit));
            }
            _ if matches!(kind, ProblemKind::Unavailable) => {
                response.insert_header((RETRY_AFTER, "1"));
            }
            _ if matches!(kind, ProblemKind::StorageFull) => {
                response.insert_header((RETRY_AFTER, "30"));
            }
            // What comes late would otherwise be read as the next request.
            Self::TooSlow(_) => {
                response.force_close();
            }
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((ALLOW, allowed.as_str()));
            }
            _ => {}
        }
        response.body(serde_json::to_string(&problem).unwrap_or_default())
    }
}
