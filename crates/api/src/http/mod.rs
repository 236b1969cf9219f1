//! The HTTP API: each handler reads a request, gives one command or asks one
//! question, and writes the answer. Versions of the API are skins side by side.

pub mod assets;
pub mod connection;
mod download;
pub mod extract;
pub mod openapi;
pub mod operations;
pub mod paths;
mod problem;
pub mod request;
mod sheet;
pub mod site;
pub mod text;
pub mod v1;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, ETAG, LOCATION};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::auth::{Access, Grant};
use crate::command::Commands;
use crate::error::Error;
use crate::health::Health;
use crate::limits::{Bulkhead, Quotas, Room, Usage, Use};
use crate::metrics::Metrics;
use crate::query::Queries;
use crate::recent::Recent;
use site::Site;
use v1::{
    api_keys, attempts, audit, bulk_cancellations, bulk_reschedules, calendars, callbacks, do_not_call,
    events, export, gates, holds, me, name_recordings, number_rules, reference, reports, saved_views,
    services, session, users,
};

/// What handlers work with.
#[derive(Debug)]
pub struct Api {
    /// Changes.
    pub commands: Arc<Commands>,
    /// Questions.
    pub queries: Arc<Queries>,
    /// Credentials.
    pub access: Arc<Access>,
    /// Figures.
    pub metrics: Metrics,
    /// Whether the node works.
    pub health: Arc<Health>,
    /// Whether the database could be written to, up to a second ago.
    pub last_write: Recent<()>,
    /// What each caller uses at the moment.
    pub quotas: Quotas,
    /// Room for requests: more would only wait for each other.
    pub room: Bulkhead,
    /// How long a client may leave its event stream unread.
    pub stream_stall: Duration,
    /// The same for an export or a report.
    pub export_stall: Duration,
    /// A simulator plays agents and customers.
    pub simulation: bool,
    /// A session that nobody used for so long ends.
    pub session_idle_seconds: i64,
    /// Whether `/metrics` is answered on the address of the API.
    pub public_metrics: bool,
    /// How the server is seen from outside.
    pub site: Site,
}

impl Api {
    /// One more use for a caller.
    ///
    /// # Errors
    /// [`Error::RateLimited`] if the caller has as many as one may.
    pub fn take(&self, what: Use, caller: &Grant) -> Result<Usage, Error> {
        let usage = self.quotas.take(what, &caller.owner);
        usage.ok_or(Error::RateLimited { retry_after_seconds: QUOTA_RETRY_SECONDS })
    }
}

/// Takes room for a request, which it has until it is answered.
///
/// # Errors
/// [`Error::Unavailable`] if the server has enough to do.
pub fn enter(request: &HttpRequest) -> Result<(), Error> {
    let Some(api) = request.app_data::<web::Data<Api>>() else { return Ok(()) };
    let full = || Error::Unavailable("as many requests as allowed are in progress".to_owned());
    let room = api.room.try_enter().ok_or_else(full)?;
    request.extensions_mut().insert(room);
    Ok(())
}

/// Gives the room of a request back; says whether it had any.
pub fn leave(request: &HttpRequest) -> bool {
    request.extensions_mut().remove::<Room>().is_some()
}

/// When a caller that uses all it may should try again.
const QUOTA_RETRY_SECONDS: u64 = 5;

/// The one route table.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(
            scope("/api/v1")
                .service(session::create_session)
                .service(session::refresh_session)
                .service(session::reload_session)
                .service(session::delete_session)
                .service(me::get_me)
                .service(reference::get_reference_data)
                .service(me::get_preferences)
                .service(me::replace_preferences)
                .service(me::change_password)
                .service(me::list_sessions)
                .service(me::end_session)
                // Fixed words come before `{id}`.
                .service(callbacks::count_callbacks)
                .service(callbacks::search_callbacks)
                .service(export::export_callbacks)
                .service(callbacks::list_callbacks)
                .service(callbacks::create_callback)
                .service(callbacks::get_timeline)
                .service(callbacks::list_attempts)
                .service(gates::get_gates)
                .service(gates::try_gates)
                .service(callbacks::reschedule_callback)
                .service(callbacks::cancel_callback)
                .service(callbacks::undo_cancel_callback)
                .service(callbacks::recreate_callback)
                .service(callbacks::requeue_callback)
                .service(callbacks::close_callback)
                .service(name_recordings::put_name_recording)
                .service(name_recordings::get_name_recording)
                .service(name_recordings::delete_name_recording)
                .service(callbacks::get_callback)
                .configure(bulk_reschedules::routes)
                .service(bulk_cancellations::create_bulk_cancellation)
                .service(bulk_cancellations::list_bulk_cancellations)
                .service(bulk_cancellations::get_report)
                .service(bulk_cancellations::get_bulk_cancellation)
                .service(bulk_cancellations::stop_bulk_cancellation)
                .service(bulk_cancellations::undo_bulk_cancellation)
                .service(reports::report_cancellations)
                .service(events::stream_events)
                .service(attempts::create_reservations)
                .service(attempts::list_open_attempts)
                .service(attempts::extend_lease)
                .service(attempts::connect_attempt)
                .service(attempts::release_attempt)
                .service(attempts::fail_attempt)
                .service(attempts::complete_attempt)
                .service(attempts::report_attempts)
                .service(services::list_services)
                .service(services::create_service)
                .service(services::read_number)
                .service(services::get_service)
                .service(services::edit_service)
                .service(calendars::list_calendars)
                .service(calendars::create_calendar)
                .service(calendars::get_calendar)
                .service(calendars::edit_calendar)
                .service(calendars::delete_calendar)
                .service(calendars::get_open_state)
                .service(calendars::import_calendar)
                .service(calendars::export_calendar)
                .service(calendars::list_holiday_sets)
                .service(calendars::list_capacity_rules)
                .service(calendars::create_capacity_rule)
                .service(calendars::get_capacity_rule)
                .service(calendars::edit_capacity_rule)
                .service(calendars::delete_capacity_rule)
                .service(do_not_call::list_do_not_call)
                .service(do_not_call::add_do_not_call)
                .service(do_not_call::import_do_not_call)
                .service(do_not_call::export_do_not_call)
                .service(do_not_call::remove_do_not_call)
                .service(number_rules::list_number_rules)
                .service(number_rules::create_number_rule)
                .service(number_rules::test_number)
                .service(number_rules::get_number_rule)
                .service(number_rules::edit_number_rule)
                .service(number_rules::delete_number_rule)
                .service(services::get_availability)
                .service(holds::create_hold)
                .service(holds::extend_hold)
                .service(holds::release_hold)
                .service(saved_views::list_saved_views)
                .service(saved_views::create_saved_view)
                .service(saved_views::edit_saved_view)
                .service(saved_views::delete_saved_view)
                .service(users::list_users)
                .service(users::create_user)
                .service(users::get_user)
                .service(users::edit_user)
                .service(api_keys::list_api_keys)
                .service(api_keys::create_api_key)
                .service(api_keys::revoke_api_key)
                .service(audit::list_audit),
        )
        .service(operations::live)
        .service(operations::ready)
        .service(operations::metrics);
}

/// An answer with a status of success, which can be kept with its effect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    status: u16,
    location: Option<String>,
    etag: Option<i64>,
    body: String,
}

impl Reply {
    /// 200 with a body.
    ///
    /// # Errors
    /// A fault of ours if it cannot be written as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_string(body).map_err(Error::internal)?;
        Ok(Self { status: 200, location: None, etag: None, body })
    }

    /// 201 with a body, and where the new thing is.
    ///
    /// # Errors
    /// As [`Self::ok`].
    pub fn created(location: String, body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { status: 201, location: Some(location), ..Self::ok(body)? })
    }

    /// 202 with a job, and where to ask for it.
    ///
    /// # Errors
    /// As [`Self::ok`].
    pub fn accepted(location: String, body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { status: 202, location: Some(location), ..Self::ok(body)? })
    }

    /// The same, of what is there.
    #[must_use]
    pub fn at(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }

    /// The same with the version of what it shows.
    #[must_use]
    pub fn of_version(self, version: i64) -> Self {
        Self { etag: Some(version), ..self }
    }
}

impl From<Reply> for HttpResponse {
    fn from(reply: Reply) -> Self {
        let mut response = Self::build(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK));
        response.content_type(ContentType::json());
        if let Some(location) = reply.location {
            response.insert_header((LOCATION, location));
        }
        if let Some(version) = reply.etag {
            response.insert_header((ETAG, format!("\"{version}\"")));
        }
        response.body(reply.body)
    }
}

/// 200 with so many rows.
///
/// # Errors
/// A fault of ours if they cannot be written as JSON.
pub fn rows_response(body: &impl Serialize, rows: usize) -> Result<HttpResponse, Error> {
    // A whole page has a quarter of a megabyte: growing to it costs more copies
    // than writing it.
    let mut text = Vec::with_capacity(rows * 1_200 + 200);
    sonic_rs::to_writer(&mut text, body).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(text))
}
