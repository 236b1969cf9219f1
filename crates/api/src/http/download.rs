//! Files that are sent in pieces.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;

use super::Api;
use super::connection::{Shared, must_be_read};
use crate::error::Error;

/// Answers with a file, as an attachment if it has a name. A client that does not read it is cut
/// off after a while, and gives back what it uses.
pub fn send(
    api: &Api,
    request: &HttpRequest,
    media_type: &str,
    name: Option<&str>,
    pieces: impl Stream<Item = Result<Bytes, Error>> + 'static,
) -> HttpResponse {
    let pieces = must_be_read(request.conn_data::<Shared>(), pieces, api.export_stall);
    let mut response = HttpResponse::Ok();
    response.content_type(media_type);
    if let Some(name) = name {
        response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    }
    response.streaming(pieces)
}
