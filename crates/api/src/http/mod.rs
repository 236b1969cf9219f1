//! The HTTP API: thin handlers over the commands.

pub mod api_keys;
pub mod bulk_cancellations;
pub mod callbacks;
pub mod events;
pub mod export;
pub mod extract;
pub mod me;
pub mod name_recordings;
pub mod operations;
pub mod router;
pub mod services;
pub mod session;
pub mod users;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::store::idempotency::Answer;

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
                .service(me::get_preferences)
                .service(me::replace_preferences)
                // Fixed words come before `{id}`.
                .service(callbacks::count_callbacks)
                .service(callbacks::search_callbacks)
                .service(export::export_callbacks)
                .service(callbacks::list_callbacks)
                .service(callbacks::create_callback)
                .service(callbacks::get_timeline)
                .service(callbacks::list_attempts)
                .service(callbacks::reschedule_callback)
                .service(callbacks::cancel_callback)
                .service(callbacks::recreate_callback)
                .service(name_recordings::put_name_recording)
                .service(name_recordings::get_name_recording)
                .service(name_recordings::delete_name_recording)
                .service(callbacks::get_callback)
                .service(bulk_cancellations::create_bulk_cancellation)
                .service(bulk_cancellations::list_bulk_cancellations)
                .service(bulk_cancellations::get_report)
                .service(bulk_cancellations::get_bulk_cancellation)
                .service(bulk_cancellations::stop_bulk_cancellation)
                .service(events::stream_events)
                .service(router::create_reservations)
                .service(router::extend_lease)
                .service(router::connect_attempt)
                .service(router::release_attempt)
                .service(router::fail_attempt)
                .service(router::complete_attempt)
                .service(services::list_services)
                .service(services::create_service)
                .service(services::get_service)
                .service(services::edit_service)
                .service(users::list_users)
                .service(users::create_user)
                .service(users::get_user)
                .service(users::edit_user)
                .service(api_keys::list_api_keys)
                .service(api_keys::create_api_key)
                .service(api_keys::revoke_api_key),
        )
        .service(operations::live)
        .service(operations::ready)
        .service(operations::metrics);
}

/// An answer that may have been kept with its effect.
pub fn respond(answer: &Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.content_type("application/json");
    if let Some(location) = &answer.location {
        response.insert_header((LOCATION, location.as_str()));
    }
    if let Some(version) = answer.etag {
        response.insert_header((ETAG, format!("\"{version}\"")));
    }
    response.body(answer.body.clone())
}
