//! What every request carries: an id for the log, security headers, metrics.

use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web;
use ringback_domain::wire::audit::AuditAction;
use tracing::Instrument;
use uuid::Uuid;

use crate::command::Audit;
use crate::context::{self, RequestContext};
use crate::error::Error;
use crate::http::connection::{self, Running};
use crate::http::{Api, enter, leave};

/// No script but our own files, nothing from elsewhere, no framing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     connect-src 'self'; img-src 'self' data:; media-src blob:; font-src 'self'; form-action 'self'; base-uri 'none'; \
     object-src 'none'; frame-ancestors 'none'";

/// Requests that wait in their handler, and are limited for each caller.
const RESERVATIONS: &str = "/api/v1/router/reservations";

/// Whether a request needs room. Probes, figures and the files of the page do not.
fn needs_room(path: &str) -> bool {
    path.starts_with("/api/") && path != RESERVATIONS
}

/// Wraps every request.
pub async fn wrap(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let began = Instant::now();
    let api = request.app_data::<web::Data<Api>>().cloned();
    let id = api.as_ref().map_or_else(Uuid::nil, |api| api.queries.clock.new_id());
    let path = request.path().to_owned();
    let method = request.method().clone();
    // Whatever can be read can be asked for its headers alone.
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let address = api.as_ref().map(|api| api.site.client_address(request.request()));
    let context = RequestContext { id, path: path.clone(), address };
    let running = request.conn_data::<connection::Shared>().map(Running::begin);
    let span = tracing::info_span!("request", request.id = %id);
    let answer = async {
        if needs_room(&path)
            && let Err(error) = enter(request.request())
        {
            return Ok(request.error_response(error));
        }
        let response = next.call(request).await?.map_into_boxed_body();
        // A stream keeps its request.
        leave(response.request());
        if let Some(api) = &api {
            audit_forbidden(api, &response).await;
        }
        Ok::<_, actix_web::Error>(response)
    };
    let mut response = context::answering(context, answer).instrument(span).await?;

    let status = response.status();
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let is_https = api.as_ref().is_some_and(|api| api.site.is_https);
    if let Some(api) = api {
        if status == StatusCode::INSUFFICIENT_STORAGE {
            api.health.no_room();
        }
        if api.health.is_stopping() {
            // The next request on this connection would find it closed, perhaps halfway.
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        api.metrics.answered(&method, &route, status.as_u16(), began.elapsed());
    }
    let took = began.elapsed();
    tracing::info!(
        request.id = %id, %method, route, status = status.as_u16(), took_ms = took.as_secs_f64() * 1e3, "answered"
    );
    secure(response.headers_mut(), &path, &id.to_string(), is_https);
    // A body of known length is kept for its length: the server does not send it. A
    // stream would be run for nobody, and may have no end.
    let without_stream = |body: BoxBody| match body.size() {
        BodySize::Stream => BoxBody::new(()),
        _ => body,
    };
    let is_head = method == Method::HEAD;
    Ok(response.map_body(|_, body| {
        let body = if is_head { without_stream(body) } else { body };
        match running {
            Some(running) => running.until_end_of(body),
            None => body,
        }
    }))
}

/// Wraps the requests of a server that has no API.
pub async fn wrap_bare(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let path = request.path().to_owned();
    let mut response = next.call(request).await?;
    secure(response.headers_mut(), &path, &Uuid::new_v4().to_string(), false);
    Ok(response)
}

/// Keeps that a caller asked for what their role or scopes do not allow.
async fn audit_forbidden<B>(api: &Api, response: &ServiceResponse<B>) {
    let error = response.response().error().and_then(|error| error.as_error::<Error>());
    let Some(error @ Error::Forbidden(permission)) = error else { return };
    let Ok(caller) = api.access.identify(response.request()).await else { return };
    let route = response.request().match_pattern().unwrap_or_default();
    let audit = Audit::of(AuditAction::RequestAuthorize)
        .with("method", response.request().method().as_str())
        .with("route", route)
        .with("permission", permission);
    api.commands.keep_refusal(&audit, &caller, error).await;
}

fn secure(headers: &mut HeaderMap, path: &str, id: &str, is_https: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if is_https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if path.starts_with("/api/") {
        set(header::CACHE_CONTROL, "no-store");
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    name_charset(headers);
}

/// Every text here is UTF-8. Events are so by their definition.
fn name_charset(headers: &mut HeaderMap) {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = media.starts_with("text/") || media.starts_with("image/svg+xml");
    if is_text
        && media != "text/event-stream"
        && !media.contains("charset")
        && let Ok(value) = HeaderValue::from_str(&format!("{media}; charset=utf-8"))
    {
        headers.insert(header::CONTENT_TYPE, value);
    }
}
