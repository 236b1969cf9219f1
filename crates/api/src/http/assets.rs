//! Serves the built Callback UI, each file as it was compressed at build time.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, ContentEncoding, ContentType, ETAG, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::error::Error;

/// The page that the program carries; a debug build reads its files while it runs.
#[derive(RustEmbed)]
#[folder = "$RINGBACK_PAGE"]
#[allow_missing = true]
struct Page;

/// Where the built Callback UI comes from.
#[derive(Debug)]
pub enum Assets {
    /// The program itself.
    Embedded,
    /// A folder, for whoever works on the page.
    Folder(PathBuf),
}

impl Assets {
    /// A file, or the page for any path that is the page's own to route.
    pub fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let path = request.path().trim_start_matches('/');
        // Nothing outside the folder can be named.
        let inside = !path.contains('\\')
            && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if inside && let Some(response) = self.send(request, path) {
            return response;
        }
        if path.starts_with("assets/") || Path::new(path).extension().is_some() {
            return Error::NotFound("file").error_response();
        }
        self.send(request, "index.html").unwrap_or_else(|| {
            HttpResponse::Ok()
                .content_type(ContentType::plaintext())
                .body("The Callback UI is not built. Its API is described at /swagger-ui/.\n")
        })
    }

    fn read(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Embedded => Page::get(name).map(|file| file.data),
            Self::Folder(folder) => std::fs::read(folder.join(name)).ok().map(Cow::Owned),
        }
    }

    /// The file in the best coding that the client accepts.
    fn send(&self, request: &HttpRequest, name: &str) -> Option<HttpResponse> {
        let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let accepts = |coding: &str| {
            accepted
                .is_some_and(|text| text.split(',').any(|one| one.trim().split(';').next() == Some(coding)))
        };
        let compressed = [("br", ContentEncoding::Brotli), ("gz", ContentEncoding::Gzip)]
            .into_iter()
            .filter(|(_, encoding)| accepts(encoding.as_str()))
            .find_map(|(suffix, encoding)| Some((self.read(&format!("{name}.{suffix}"))?, encoding)));
        let (bytes, encoding) = compressed.or_else(|| Some((self.read(name)?, ContentEncoding::Identity)))?;
        let digest = Sha256::digest(&bytes);
        let tag = format!("\"{:x}\"", u64::from_be_bytes(digest[..8].try_into().unwrap_or_default()));
        // A name with a hash in it never means other bytes.
        let immutable = name.starts_with("assets/");
        let cache = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        let known = request.headers().get(IF_NONE_MATCH);
        if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
            let mut response = HttpResponse::NotModified();
            return Some(response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, cache)).finish());
        }
        // Naming the encoding keeps the server from compressing again.
        let mut response = HttpResponse::Ok();
        response
            .insert_header(encoding)
            .insert_header((VARY, "accept-encoding"))
            .insert_header((ETAG, tag))
            .insert_header((CACHE_CONTROL, cache))
            .content_type(mime_guess::from_path(name).first_or_octet_stream());
        Some(match bytes {
            Cow::Borrowed(bytes) => response.body(bytes),
            Cow::Owned(bytes) => response.body(bytes),
        })
    }
}
