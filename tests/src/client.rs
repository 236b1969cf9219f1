//! A client of the API.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use ringback_domain::wire::endpoint::{self, BASE, Endpoint};
use ringback_domain::wire::problem::Problem;
use serde_json::Value;

/// Calls one server, as one caller.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    credential: Credential,
}

/// The credential of a caller.
#[derive(Clone, Debug)]
enum Credential {
    None,
    Token(String),
    Key(String),
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text; empty if there is none.
    pub body: String,
}

impl Client {
    /// A caller without credentials of the server at an address such as
    /// `127.0.0.1:8080`.
    pub fn new(address: impl fmt::Display) -> Self {
        // Shorter than servers keep a connection that nobody uses, so that none is taken as it ends.
        let http = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(2));
        let http = http.build().expect("a client without certificates of its own");
        Self { http, server: format!("http://{address}"), credential: Credential::None }
    }

    /// The same with a person's access token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { credential: Credential::Token(token.into()), ..self.clone() }
    }

    /// The same with a machine's API key.
    #[must_use]
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { credential: Credential::Key(key.into()), ..self.clone() }
    }

    /// Runs an operation.
    ///
    /// # Errors
    /// The problem that the server answered with.
    pub async fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Response, Problem> {
        let answer = self.answer(endpoint).await;
        if answer.is_success() { Ok(answer.read()) } else { Err(answer.read()) }
    }

    /// Runs an operation and returns its answer unparsed.
    pub async fn answer<E: Endpoint>(&self, endpoint: &E) -> Answer {
        let request = self.request(method(E::METHOD), &format!("{BASE}{}", endpoint.path()));
        Answer::to(match endpoint.body() {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A request with the credential of this caller, to be sent by [`Answer::to`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server));
        match &self.credential {
            Credential::Token(token) => request.bearer_auth(token),
            Credential::Key(key) => request.header("x-api-key", key),
            Credential::None => request,
        }
    }

    /// A request as the page sends it, with the refresh cookie.
    pub fn request_of_page(&self, method: Method, path: &str, cookie: &str) -> RequestBuilder {
        self.request(method, path).header("cookie", cookie).header("sec-fetch-site", "same-origin")
    }

    /// Reads a path.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// Posts JSON to a path.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::POST, path).json(body)).await
    }
}

impl Answer {
    /// Sends a request.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.expect("the body is text");
        Self { status, headers, body }
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header; `None` if it is missing or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Parses the body as JSON; an empty body is `null`.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> T {
        let text = if self.body.is_empty() { "null" } else { &self.body };
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in the answer {self}"))
    }
}

/// For failed assertions: the status and the body, formatted if it is JSON.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        match serde_json::from_str::<Value>(&self.body) {
            Ok(json) => write!(f, "{json:#}"),
            Err(_) => f.write_str(&self.body),
        }
    }
}

const fn method(method: endpoint::Method) -> Method {
    match method {
        endpoint::Method::Get => Method::GET,
        endpoint::Method::Post => Method::POST,
        endpoint::Method::Put => Method::PUT,
        endpoint::Method::Patch => Method::PATCH,
        endpoint::Method::Delete => Method::DELETE,
    }
}
