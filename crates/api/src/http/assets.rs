//! Serves the built Callback UI, each file as it was compressed at build time.

use std::path::{Component, Path, PathBuf};

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, ContentEncoding, ContentType, ETAG, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// The folder of the built Callback UI.
#[derive(Debug)]
pub struct Assets(Option<PathBuf>);

impl Assets {
    /// Serves from this folder; from none, only a hint is served.
    pub const fn new(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// A file, or the page for any path that is the page's own to route.
    pub fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let Some(folder) = &self.0 else {
            return HttpResponse::Ok()
                .content_type(ContentType::plaintext())
                .body("The Callback UI is not built. Its API is described at /swagger-ui/.\n");
        };
        let path = Path::new(request.path().trim_start_matches('/'));
        // Nothing outside the folder can be named.
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        let is_file = inside && !path.as_os_str().is_empty() && folder.join(path).is_file();
        if is_file {
            return send(request, &folder.join(path), path);
        }
        if path.starts_with("assets") || path.extension().is_some() {
            return Error::NotFound("file").error_response();
        }
        send(request, &folder.join("index.html"), Path::new("index.html"))
    }
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("ico") => "image/x-icon",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

fn send(request: &HttpRequest, file: &Path, name: &Path) -> HttpResponse {
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepts = |coding: &str| {
        accepted.is_some_and(|text| text.split(',').any(|one| one.trim().split(';').next() == Some(coding)))
    };
    let with = |suffix: &str| {
        let mut text = file.as_os_str().to_owned();
        text.push(suffix);
        PathBuf::from(text)
    };
    let mut found = None;
    for (coding, suffix, encoding) in
        [("br", ".br", ContentEncoding::Brotli), ("gzip", ".gz", ContentEncoding::Gzip)]
    {
        if accepts(coding)
            && let Ok(bytes) = std::fs::read(with(suffix))
        {
            found = Some((bytes, encoding));
            break;
        }
    }
    let Some((bytes, encoding)) =
        found.or_else(|| std::fs::read(file).ok().map(|bytes| (bytes, ContentEncoding::Identity)))
    else {
        return Error::NotFound("file").error_response();
    };
    let digest = Sha256::digest(&bytes);
    let tag = format!("\"{:x}\"", u64::from_be_bytes(digest[..8].try_into().unwrap_or_default()));
    // A name with a hash in it never means other bytes.
    let cache = if name.starts_with("assets") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response =
        if request.headers().get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
            return HttpResponse::NotModified()
                .insert_header((ETAG, tag))
                .insert_header((CACHE_CONTROL, cache))
                .finish();
        } else {
            HttpResponse::Ok()
        };
    // Naming the encoding keeps the server from compressing again.
    response
        .insert_header(encoding)
        .insert_header((VARY, "accept-encoding"))
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, cache))
        .content_type(media_type(name));
    response.body(bytes)
}
