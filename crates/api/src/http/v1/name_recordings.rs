//! The customer's name in their own voice.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, delete, get, put, web};
use ringback_domain::CallbackId;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::NameRecording;

use crate::auth::{Caller, permit};
use crate::command::{Audit, Tx, name_recordings as commands};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Audio, Path};
use crate::store::{callbacks, name_recordings};

/// Attach a name recording
///
/// The customer's name as they spoke it: WAV, MP3, Ogg, MP4 or `WebM` audio of
/// 1 MiB at most, in place of what was there. It is removed with the record, or
/// four days after the callback is over; a recreate until then takes it over.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    request_body(content = Vec<u8>, content_type = "audio/wav", description = "The recording; audio/mpeg, audio/ogg, audio/mp4 and audio/webm are taken as well"),
    responses(
        (status = 200, description = "Attached", body = NameRecording),
        (status = 413, description = "It is too large", body = ringback_domain::wire::problem::Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not audio", body = ringback_domain::wire::problem::Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is not what it is said to be", body = ringback_domain::wire::problem::Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[put("/callbacks/{id}/name-recording")]
pub async fn put_name_recording(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    recording: Audio,
) -> Result<HttpResponse, Error> {
    let put =
        async move |tx: &mut Tx<'_>| commands::put(tx, id, recording.media_type, &recording.content).await;
    let audit = Audit::about(AuditAction::CallbackPutNameRecording, id.0);
    Ok(HttpResponse::Ok().json(api.commands.change(audit, &caller, put).await?))
}

/// Listen to a name recording
///
/// The recording with the media type that it was attached with.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "The recording", body = Vec<u8>, content_type = "audio/wav")),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/{id}/name-recording")]
pub async fn get_name_recording(
    api: web::Data<Api>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let mut conn = api.queries.store.read().await?;
    let callback =
        callbacks::find(&mut conn, id, &caller.visible).await?.ok_or(Error::NotFound("callback"))?;
    let found = name_recordings::read(&mut conn, &callback, api.queries.clock.now()).await?;
    let (media_type, content) = found.ok_or(Error::NotFound("name recording"))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_DISPOSITION, "attachment"));
    Ok(response.content_type(media_type).body(content))
}

/// Remove a name recording
///
/// Again is the same as once.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 204, description = "There is none any more")),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[delete("/callbacks/{id}/name-recording")]
pub async fn delete_name_recording(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let remove = async move |tx: &mut Tx<'_>| commands::remove(tx, id).await;
    let audit = Audit::about(AuditAction::CallbackRemoveNameRecording, id.0);
    api.commands.change(audit, &caller, remove).await?;
    Ok(HttpResponse::NoContent().finish())
}
