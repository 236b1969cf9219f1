//! The customer's name in their own voice.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, delete, get, put, web};
use ringback_domain::CallbackId;
use ringback_domain::callback::Callback;
use ringback_domain::wire::callback::NameRecording;

use super::extract::{Audio, Path};
use crate::app::App;
use crate::auth::{Caller, Identity, permit};
use crate::error::Error;
use crate::store::{Conn, callbacks, name_recordings};

async fn visible(conn: &mut Conn, id: CallbackId, caller: &Identity) -> Result<Callback, Error> {
    callbacks::find(conn, id, &caller.visible).await?.ok_or(Error::NotFound("callback"))
}

/// Attach a name recording
///
/// The customer's name as they spoke it: WAV, MP3, Ogg, MP4 or `WebM` audio of
/// 1 MiB at most, in place of what was there. It is removed with the record, or
/// four days after the callback is over; a recreate until then takes it over.
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    request_body(content = Vec<u8>, content_type = "audio/wav", description = "The recording, of the media type that it is"),
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
    app: web::Data<App>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
    audio: Audio,
) -> Result<HttpResponse, Error> {
    let (identity, now) = (caller.clone(), app.clock.now());
    let attached = app
        .store
        .write(async move |conn| {
            let callback = visible(conn, id, &identity).await?;
            name_recordings::put(conn, id, audio.media_type, &audio.content, now).await?;
            Ok::<_, Error>(name_recordings::describe(conn, &callback).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(attached))
}

/// Listen to a name recording
#[utoipa::path(
    tag = "Callbacks",
    params(("id" = CallbackId, Path, description = "Callback ID")),
    responses((status = 200, description = "The recording", body = Vec<u8>, content_type = "audio/wav")),
    extensions(("x-permission" = json!("view_callbacks"))),
)]
#[get("/callbacks/{id}/name-recording")]
pub async fn get_name_recording(
    app: web::Data<App>,
    caller: Caller<permit::ViewCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let mut conn = app.store.read().await?;
    let callback = visible(&mut conn, id, &caller).await?;
    let found = name_recordings::read(&mut conn, &callback, app.clock.now()).await?;
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
    app: web::Data<App>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<CallbackId>,
) -> Result<HttpResponse, Error> {
    let identity = caller.clone();
    app.store
        .write(async move |conn| {
            visible(conn, id, &identity).await?;
            name_recordings::remove(conn, id).await.map_err(Error::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
