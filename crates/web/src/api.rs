//! Sends what `wire::endpoint` describes.

use gloo_net::http::{Method as Verb, RequestBuilder, Response};
use ringback_domain::wire::endpoint::{BASE, Endpoint, Method};
use ringback_domain::wire::problem::{Problem, ProblemKind};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob};

use crate::browser;
use crate::clock;
use crate::messages;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server cannot be reached.
    Unreachable,
    /// The response does not follow the API; its status code.
    Unreadable(u16),
    /// The server refused the request and says why.
    Problem(Box<Problem>),
}

impl Failure {
    /// The kind of problem, if the server reported one.
    pub(crate) fn kind(&self) -> Option<ProblemKind> {
        match self {
            Self::Problem(problem) => problem.known_kind(),
            Self::Unreachable | Self::Unreadable(_) => None,
        }
    }

    /// Whether the server may have carried out the request all the same.
    pub(crate) fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Unreachable | Self::Unreadable(_) => true,
            Self::Problem(problem) => {
                problem.status >= 500 || problem.known_kind() == Some(ProblemKind::InFlight)
            }
        }
    }

    /// The server does not accept the credentials.
    pub(crate) fn is_unauthorized(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.status == 401,
            Self::Unreadable(status) => *status == 401,
            Self::Unreachable => false,
        }
    }

    /// A sentence for people.
    pub(crate) fn message(&self) -> String {
        let problem = match self {
            Self::Unreachable => return messages::unreachable().to_owned(),
            Self::Unreadable(status) => return messages::unreadable(status),
            Self::Problem(problem) => problem,
        };
        let known = problem.known_kind().and_then(|kind| {
            Some(match kind {
                ProblemKind::Unauthenticated => messages::problem_session(),
                ProblemKind::InvalidCredentials => messages::wrong_credentials(),
                ProblemKind::Forbidden => messages::problem_forbidden(),
                ProblemKind::NotFound => messages::problem_not_found(),
                ProblemKind::StateConflict => messages::problem_state(),
                ProblemKind::Stale => messages::problem_stale(),
                ProblemKind::InFlight => messages::problem_in_flight(),
                ProblemKind::Invalid if problem.detail.is_empty() => messages::problem_invalid(),
                ProblemKind::LastAdministrator => messages::last_administrator(),
                ProblemKind::RateLimited => messages::problem_rate(),
                ProblemKind::Internal => messages::problem_internal(),
                ProblemKind::Unavailable => messages::problem_unavailable(),
                ProblemKind::StorageFull => messages::problem_storage_full(),
                _ => return None,
            })
        });
        known.map_or_else(|| problem.detail.clone(), ToOwned::to_owned)
    }

    /// The id of the request in the server's log, for errors of the server.
    pub(crate) fn reference(&self) -> Option<String> {
        match self {
            Self::Problem(problem) if problem.status >= 500 => Some(problem.request_id.clone()),
            _ => None,
        }
    }
}

/// The headers of a command, which the server carries out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// The idempotency key: the same for each attempt at the same command.
    pub(crate) key: String,
    /// The version that the person saw.
    pub(crate) version: Option<i64>,
}

impl Command {
    /// A new command.
    pub(crate) fn new(version: Option<i64>) -> Self {
        Self { key: browser::random_uuid().to_string(), version }
    }
}

/// A request as it is sent. Code that works for every operation takes this
/// type, so that the module contains it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpRequest {
    method: Method,
    path: String,
    body: Option<String>,
    content_type: &'static str,
    command: Option<Command>,
}

impl HttpRequest {
    /// The request of an operation.
    pub(crate) fn of<E: Endpoint>(endpoint: &E, command: Option<&Command>) -> Result<Self, Failure> {
        let body = endpoint.body().map(serde_json::to_string).transpose();
        Ok(Self {
            method: E::METHOD,
            path: endpoint.path(),
            body: body.map_err(|_| Failure::Unreadable(0))?,
            content_type: "application/json",
            command: command.cloned(),
        })
    }

    /// The request with a CSV file as its body.
    pub(crate) fn with_csv(self, file: String) -> Self {
        Self { body: Some(file), content_type: "text/csv", ..self }
    }

    /// The request as this command.
    pub(crate) fn with_command(self, command: Command) -> Self {
        Self { command: Some(command), ..self }
    }
}

/// The body and the status code of a successful response.
#[derive(Clone, Debug)]
pub(crate) struct HttpResponse {
    status: u16,
    text: String,
}

impl HttpResponse {
    /// Parses the body.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        // An empty body is read as `()`.
        let text = if self.text.is_empty() { "null" } else { &self.text };
        serde_json::from_str(text).map_err(|_| Failure::Unreadable(self.status))
    }
}

/// Sends a request.
pub(crate) async fn send(request: &HttpRequest, token: Option<&str>) -> Result<HttpResponse, Failure> {
    let response = respond(request, token, "application/json").await?;
    let text = response.text().await.map_err(|_| Failure::Unreachable)?;
    Ok(HttpResponse { status: response.status(), text })
}

/// Fetches a text of the page itself; `None` if that fails.
pub(crate) async fn page_text(address: &str) -> Option<String> {
    let request = RequestBuilder::new(address).method(Verb::GET).build().ok()?;
    let answer = request.send().await.ok().filter(Response::ok)?;
    answer.text().await.ok()
}

/// Fetches a file. The browser keeps large files on disk.
pub(crate) async fn fetch(request: &HttpRequest, token: &str) -> Result<Blob, Failure> {
    let response: web_sys::Response = respond(request, Some(token), "*/*").await?.into();
    let file = response.blob().map_err(|_| Failure::Unreachable)?;
    let file = JsFuture::from(file).await.map_err(|_| Failure::Unreachable)?;
    Ok(file.unchecked_into())
}

/// Sends a request and checks the status; the body is not read yet.
async fn respond(request: &HttpRequest, token: Option<&str>, accept: &str) -> Result<Response, Failure> {
    let HttpRequest { method, path, body, content_type, command } = request;
    let verb = match method {
        Method::Get => Verb::GET,
        Method::Post => Verb::POST,
        Method::Put => Verb::PUT,
        Method::Patch => Verb::PATCH,
        Method::Delete => Verb::DELETE,
    };
    let mut builder = RequestBuilder::new(&format!("{BASE}{path}")).method(verb).header("accept", accept);
    if let Some(token) = token {
        builder = builder.header("authorization", &format!("Bearer {token}"));
    }
    if let Some(command) = command {
        builder = builder.header("idempotency-key", &command.key);
        if let Some(version) = command.version {
            builder = builder.header("if-match", &format!("\"{version}\""));
        }
    }
    let request = match body {
        Some(body) => builder.header("content-type", content_type).body(body.as_str()),
        None => builder.build(),
    };
    exchange(request.map_err(|_| Failure::Unreachable)?).await
}

/// Sends a request, compares the clocks, and checks the status.
async fn exchange(request: gloo_net::http::Request) -> Result<Response, Failure> {
    let sent = browser::device_time();
    let response = request.send().await.map_err(|_| Failure::Unreachable)?;
    if let Some(at) = response.headers().get("date").and_then(|date| browser::http_date(&date)) {
        clock::compare(sent, at);
    }
    checked(response).await
}

/// The response, or the failure that it reports.
async fn checked(response: Response) -> Result<Response, Failure> {
    if response.ok() {
        return Ok(response);
    }
    let text = response.text().await.map_err(|_| Failure::Unreachable)?;
    Err(refusal(response.status(), &text))
}

fn refusal(status: u16, text: &str) -> Failure {
    match serde_json::from_str(text) {
        Ok(problem) => Failure::Problem(Box::new(problem)),
        Err(_) => Failure::Unreadable(status),
    }
}

/// Opens the stream of events; its body is read as it arrives.
pub(crate) async fn open_events(
    token: &str,
    last_event_id: Option<&str>,
    abort: &AbortSignal,
) -> Result<web_sys::ReadableStream, Failure> {
    let mut builder = RequestBuilder::new(&format!("{BASE}/events"))
        .header("authorization", &format!("Bearer {token}"))
        .header("accept", "text/event-stream")
        .abort_signal(Some(abort));
    if let Some(id) = last_event_id {
        builder = builder.header("last-event-id", id);
    }
    let response = exchange(builder.build().map_err(|_| Failure::Unreachable)?).await?;
    response.body().ok_or_else(|| Failure::Unreadable(response.status()))
}

#[cfg(test)]
mod tests {
    use super::{Failure, refusal};

    fn problem(kind: &str, status: u16) -> Failure {
        let text = format!(
            r#"{{"type":"urn:ringback:problem:{kind}","title":"","status":{status},"detail":"","instance":"","request_id":""}}"#
        );
        let failure = refusal(status, &text);
        assert!(matches!(failure, Failure::Problem(_)), "{text}");
        failure
    }

    #[test]
    fn only_a_refusal_says_that_nothing_was_done() {
        for (kind, status) in [("invalid", 422), ("state-conflict", 409), ("stale", 412)] {
            assert!(!problem(kind, status).outcome_is_unknown(), "{kind}");
        }
        for (kind, status) in [("internal", 500), ("unavailable", 503), ("in-flight", 409)] {
            assert!(problem(kind, status).outcome_is_unknown(), "{kind}");
        }
        assert!(refusal(502, "<html>").outcome_is_unknown());
        assert!(Failure::Unreachable.outcome_is_unknown());
    }
}
