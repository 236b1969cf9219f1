//! Reading requests, so that whatever is wrong with them becomes a problem
//! that names the part.

use std::future::{Future, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, IF_MATCH};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use ringback_domain::wire::callback::NAME_RECORDING_BYTES;
use ringback_domain::wire::list::{CallbackFilter, CountQuery, FindQuery, PageQuery};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::router::AttemptQuery;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::auth::{Access, Grant, deny_before};
use crate::command::Expected;
use crate::error::Error;
use crate::fault::Part;
use crate::http::paths::KnownPaths;
use crate::http::{enter, leave, text};
use crate::store::idempotency::IdempotencyKey;

/// Most bytes of a body.
pub const BODY_BYTES: usize = 64 * 1024;

/// Most bytes of a body that lists many ids.
pub const LARGE_BODY_BYTES: usize = 1024 * 1024;

/// Time that a body may take, from its head to its last byte.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Another time than [`BODY_TIMEOUT`], as the server's app data.
#[derive(Clone, Copy, Debug)]
pub struct BodyTimeout(pub Duration);

/// Most characters of an idempotency key.
const KEY_CHARS: usize = 255;

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// What was read, or the fault once the caller's right is sure.
fn read<T: 'static>(
    request: &HttpRequest,
    reading: impl Future<Output = Result<T, Error>> + 'static,
) -> Reading<T> {
    let request = request.clone();
    Box::pin(async move {
        match reading.await {
            Ok(value) => Ok(value),
            Err(fault) => Err(deny_before(&request, fault).await),
        }
    })
}

async fn read_body(request: &HttpRequest, payload: Payload, most: usize) -> Result<Vec<u8>, Error> {
    let announced = request.headers().get("content-length").and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse().ok()).is_some_and(|bytes: usize| bytes > most) {
        return Err(Error::TooLarge(most));
    }
    let mut payload: web::Payload = web::Payload::from_request(request, &mut { payload })
        .await
        .map_err(|error| Error::Malformed(error.to_string()))?;
    let whole = async {
        let mut body = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| Error::Malformed(format!("the body broke off: {error}")))?;
            if body.len() + chunk.len() > most {
                return Err(Error::TooLarge(most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    let limit = request.app_data::<BodyTimeout>().map_or(BODY_TIMEOUT, |limit| limit.0);
    // A client that sends a byte now and then must not hold a connection for good, and has no
    // room meanwhile.
    let had_room = leave(request);
    let body = tokio::time::timeout(limit, whole).await.map_err(|_| Error::TooSlow(limit.as_secs()))??;
    if had_room {
        enter(request)?;
    }
    Ok(body)
}

/// `a.b[3].c` as the JSON pointer `/a/b/3/c`.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => pointer.push_str(variant),
            Segment::Unknown => {}
        }
    }
    pointer
}

/// What serde says of a value.
fn code(message: &str) -> FieldCode {
    let codes = [
        ("unknown field", FieldCode::UnknownField),
        ("missing field", FieldCode::Required),
        ("invalid type", FieldCode::WrongType),
        ("unknown variant", FieldCode::UnknownValue),
    ];
    let code = codes.into_iter().find(|(start, _)| message.starts_with(start));
    code.map_or(FieldCode::InvalidValue, |(_, code)| code)
}

/// The field that a message names between backticks.
fn named(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // A list of values would be taken for the fields in their order.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Error::invalid(Part::Whole, FieldCode::WrongType, "Send an object, not a list."));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        if !inner.is_data() {
            return Error::Malformed(format!("the body is not JSON: {inner}"));
        }
        let message = inner.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let code = code(message);
        let mut pointer = pointer(error.path());
        // The path of a field that is missing or unknown is its parent's.
        if matches!(code, FieldCode::Required | FieldCode::UnknownField)
            && let Some(name) = named(message)
            && !pointer.ends_with(&format!("/{name}"))
        {
            pointer = format!("{}/{name}", pointer.trim_end_matches('/'));
        }
        Error::invalid(pointer, code, message)
    })?;
    json.end().map_err(|error| Error::Malformed(format!("the body is not JSON: {error}")))?;
    text::check_body(body)?;
    Ok(value)
}

/// What the body is said to be, without its parameters, in lower case.
fn media_type(request: &HttpRequest) -> String {
    let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media.and_then(|text| text.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase()
}

/// A recording: what it is, and its bytes.
#[derive(Debug)]
pub struct Audio {
    /// Its media type, by its bytes.
    pub media_type: &'static str,
    /// The recording.
    pub content: Vec<u8>,
}

/// What is taken as a recording: its media type, other names of it, and what its
/// bytes are known as.
pub const AUDIO: [(&str, &[&str], &[&str]); 5] = [
    ("audio/wav", &["audio/x-wav", "audio/wave", "audio/vnd.wave"], &["audio/x-wav"]),
    ("audio/mpeg", &["audio/mp3"], &["audio/mpeg"]),
    ("audio/ogg", &["audio/opus"], &["audio/ogg"]),
    ("audio/mp4", &["audio/m4a", "audio/x-m4a"], &["audio/m4a", "video/mp4"]),
    ("audio/webm", &[], &["video/webm"]),
];

/// Whether this begins with a frame of MPEG audio, layer III. `infer` knows only some
/// of the headers: not those of the low rates that telephony records at (MPEG 2.5),
/// nor those of frames with a checksum.
fn begins_with_mp3_frame(content: &[u8]) -> bool {
    // 11 bits of synchronisation, 2 of the version (01 is reserved), 2 of the layer.
    matches!(content, [0xff, second, ..] if second & 0xe6 == 0xe2 && second & 0x18 != 0x08)
}

impl FromRequest for Audio {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (whole, payload) = (request.clone(), payload.take());
        read(request, async move {
            let said = media_type(&whole);
            let kind = AUDIO.iter().find(|(name, others, _)| *name == said || others.contains(&&*said));
            let Some((media_type, _, known_as)) = kind else {
                return Err(Error::UnsupportedMediaType(
                    "audio/wav, audio/mpeg, audio/ogg, audio/mp4 or audio/webm",
                ));
            };
            let content = read_body(&whole, payload, NAME_RECORDING_BYTES).await?;
            // What a browser is to play later has to be what it is said to be.
            let known = infer::get(&content).map(|kind| kind.mime_type());
            let is_it = known.is_some_and(|kind| known_as.contains(&kind))
                || (*media_type == "audio/mpeg" && begins_with_mp3_frame(&content));
            if !is_it {
                let detail = format!(
                    "These bytes are not {media_type}. Send a recording in WAV, MP3, Ogg (Opus or Vorbis), MP4 or \
                     WebM, and name its media type as Content-Type."
                );
                return Err(Error::invalid(Part::Whole, FieldCode::NotAudio, detail));
            }
            Ok(Self { media_type, content })
        })
    }
}

/// The media type of a file that is taken in.
pub trait FileKind: 'static {
    /// Its name.
    const MEDIA_TYPE: &'static str;
}

/// A file, and its hash for the idempotency key.
#[derive(Debug)]
pub struct File<K> {
    bytes: Vec<u8>,
    digest: Vec<u8>,
    kind: PhantomData<K>,
}

impl<K> File<K> {
    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The hash of its bytes.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }
}

impl<K: FileKind> FromRequest for File<K> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (whole, payload) = (request.clone(), payload.take());
        read(request, async move {
            if media_type(&whole) != K::MEDIA_TYPE {
                return Err(Error::UnsupportedMediaType(K::MEDIA_TYPE));
            }
            let bytes = read_body(&whole, payload, LARGE_BODY_BYTES).await?;
            let digest = Sha256::digest(&bytes).to_vec();
            Ok(Self { bytes, digest, kind: PhantomData })
        })
    }
}

/// A JSON body, and its hash for the idempotency key.
#[derive(Debug)]
pub struct Json<T, const MOST: usize = BODY_BYTES> {
    value: T,
    digest: Vec<u8>,
}

impl<T, const MOST: usize> Json<T, MOST> {
    /// The body.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The hash of the body's bytes.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }
}

impl<T: Clone + Serialize, const MOST: usize> Json<T, MOST> {
    /// The hash of the body after a change, which takes secrets out of it.
    pub fn digest_without(&self, take_out: impl FnOnce(&mut T)) -> Vec<u8> {
        let mut body = self.value.clone();
        take_out(&mut body);
        Sha256::digest(serde_json::to_vec(&body).unwrap_or_default()).to_vec()
    }
}

impl<T, const MOST: usize> Deref for Json<T, MOST> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + 'static, const MOST: usize> FromRequest for Json<T, MOST> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (whole, payload) = (request.clone(), payload.take());
        read(request, async move {
            let request = whole;
            if media_type(&request) != "application/json" {
                return Err(Error::UnsupportedMediaType("application/json"));
            }
            let body = read_body(&request, payload, MOST).await?;
            Ok(Self { value: parse(&body)?, digest: Sha256::digest(&body).to_vec() })
        })
    }
}

/// A body as JSON; `None` where there is none.
async fn read_optional<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<Option<T>, Error> {
    let body = read_body(request, payload, BODY_BYTES).await?;
    if body.is_empty() {
        return Ok(None);
    }
    if media_type(request) != "application/json" {
        return Err(Error::UnsupportedMediaType("application/json"));
    }
    parse(&body).map(Some)
}

/// No body, or an empty object: for commands that say everything in the path.
#[derive(Debug)]
pub struct Empty;

impl FromRequest for Empty {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (whole, payload) = (request.clone(), payload.take());
        read(request, async move {
            let fields: Option<serde_json::Map<String, serde_json::Value>> =
                read_optional(&whole, payload).await?;
            match fields.as_ref().and_then(|fields| fields.keys().next()) {
                None => Ok(Self),
                Some(name) => {
                    Err(Error::invalid(format!("/{name}"), FieldCode::UnknownField, "Send no body."))
                }
            }
        })
    }
}

/// A JSON body that may be left out: without one everything has its default.
#[derive(Debug)]
pub struct Optional<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for Optional<T> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (whole, payload) = (request.clone(), payload.take());
        read(request, async move { Ok(Self(read_optional(&whole, payload).await?.unwrap_or_default())) })
    }
}

/// A path parameter.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let value = web::Path::<T>::extract(request).into_inner();
        let value = value.map(|value| Self(value.into_inner())).map_err(|_| no_id(request));
        read(request, ready(value))
    }
}

/// The last part of the path is no id. It may be the name of another path, which lacks the method.
fn no_id(request: &HttpRequest) -> Error {
    let known = request.app_data::<web::Data<KnownPaths>>();
    match known.and_then(|known| known.allowed_exactly(request.path())) {
        Some(allowed) => Error::MethodNotAllowed(allowed.to_owned()),
        None => Error::Malformed("Use a UUID as the id in the path.".to_owned()),
    }
}

/// What a query string can be read into.
pub trait QueryFields: DeserializeOwned + 'static {
    /// The names of its parameters.
    const NAMES: &'static [&'static str];
}

impl QueryFields for CallbackFilter {
    const NAMES: &'static [&'static str] = &[
        "from",
        "to",
        "daily_from",
        "daily_to",
        "time_zone",
        "state",
        "service",
        "search_field",
        "search",
        "overdue",
    ];
}

impl QueryFields for PageQuery {
    const NAMES: &'static [&'static str] = &["sort", "limit", "cursor", "page"];
}

impl QueryFields for CountQuery {
    const NAMES: &'static [&'static str] = &["up_to"];
}

impl QueryFields for FindQuery {
    const NAMES: &'static [&'static str] = &["id", "customer_number"];
}

impl QueryFields for AttemptQuery {
    const NAMES: &'static [&'static str] = &["agent"];
}

impl QueryFields for () {
    const NAMES: &'static [&'static str] = &[];
}

/// A query string in two parts, such as a filter and a page.
#[derive(Debug)]
pub struct Query<A, B = ()>(pub A, pub B);

impl<A: QueryFields, B: QueryFields> FromRequest for Query<A, B> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        read(request, ready(read_query(request.query_string())))
    }
}

fn read_query<A: QueryFields, B: QueryFields>(text: &str) -> Result<Query<A, B>, Error> {
    text::check_query(text)?;
    let mut parts = [String::new(), String::new()];
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        let part = match name {
            _ if A::NAMES.contains(&name) => &mut parts[0],
            _ if B::NAMES.contains(&name) => &mut parts[1],
            _ => {
                return Err(Error::invalid(
                    format!("?{name}"),
                    FieldCode::UnknownField,
                    "Unknown parameter.",
                ));
            }
        };
        if !part.is_empty() {
            part.push('&');
        }
        part.push_str(pair);
    }
    Ok(Query(read_part(&parts[0])?, read_part(&parts[1])?))
}

fn read_part<T: QueryFields>(text: &str) -> Result<T, Error> {
    if T::NAMES.is_empty() {
        return serde_json::from_value(serde_json::Value::Null).map_err(Error::internal);
    }
    let form = serde_html_form::Deserializer::from_bytes(text.as_bytes());
    serde_path_to_error::deserialize(form).map_err(|error| {
        let name = error.path().to_string();
        let name = name.split(['.', '[']).next().unwrap_or_default();
        let message = error.inner().to_string();
        Error::invalid(format!("?{name}"), code(&message), message)
    })
}

/// The version that a caller expects, from `If-Match`.
impl FromRequest for Expected {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let expected = match request.headers().get(IF_MATCH) {
            None => Ok(Self::Any),
            Some(value) => match value.to_str().map(str::trim) {
                Ok("*") => Ok(Self::Any),
                Ok(text) => text.trim_matches('"').parse().map(Self::Version).map_err(|_| {
                    Error::Malformed("Send the version in quotes as If-Match, for example \"3\".".to_owned())
                }),
                Err(_) => Err(Error::Malformed("If-Match cannot be read".to_owned())),
            },
        };
        read(request, ready(expected))
    }
}

/// The `Idempotency-Key` header, and what the request is about.
#[derive(Debug)]
pub struct Idempotency {
    key: Option<String>,
    method: String,
    path: String,
    if_match: String,
    access: Option<web::Data<Access>>,
}

impl Idempotency {
    /// The key as this caller's, for this body. The fingerprint is kept, and made with
    /// a key of the server: nobody who reads it can try out bodies.
    pub fn of(self, caller: &Grant, digest: &[u8]) -> Option<IdempotencyKey> {
        let key = self.key?;
        let access = self.access?;
        let mut hash = Hmac::<Sha256>::new_from_slice(access.fingerprint_key()).ok()?;
        for part in [self.method.as_bytes(), self.path.as_bytes(), self.if_match.as_bytes(), digest] {
            hash.update(&part.len().to_le_bytes());
            hash.update(part);
        }
        let fingerprint = hash.finalize().into_bytes().to_vec();
        Some(IdempotencyKey { owner: caller.owner.clone(), key, fingerprint })
    }
}

impl FromRequest for Idempotency {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = match request.headers().get("idempotency-key").map(|value| value.to_str()) {
            None => None,
            Some(Ok(key)) if (1..=KEY_CHARS).contains(&key.len()) && !text::has_control(key) => {
                Some(key.to_owned())
            }
            Some(_) => {
                let detail = format!("Idempotency-Key has 1 to {KEY_CHARS} visible characters");
                return read(request, ready(Err(Error::Malformed(detail))));
            }
        };
        let if_match = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok());
        let read_key = Self {
            key,
            method: request.method().to_string(),
            path: request.path().to_owned(),
            if_match: if_match.unwrap_or_default().to_owned(),
            access: request.app_data::<web::Data<Access>>().cloned(),
        };
        read(request, ready(Ok(read_key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::IntoParams;

    fn names<T: IntoParams>() -> Vec<String> {
        T::into_params(|| None).into_iter().map(|parameter| parameter.name).collect()
    }

    #[test]
    fn every_parameter_of_the_document_is_read() {
        assert_eq!(names::<CallbackFilter>(), CallbackFilter::NAMES);
        assert_eq!(names::<PageQuery>(), PageQuery::NAMES);
        assert_eq!(names::<CountQuery>(), CountQuery::NAMES);
        assert_eq!(names::<FindQuery>(), FindQuery::NAMES);
        assert_eq!(names::<AttemptQuery>(), AttemptQuery::NAMES);
    }

    #[test]
    fn a_query_is_split_between_filter_and_page() {
        let query: Query<CallbackFilter, PageQuery> =
            read_query("state=QUEUED&limit=10&state=ROUTING&search=%2B44+20").unwrap();
        assert_eq!(query.0.state.len(), 2);
        assert_eq!(query.0.search.as_deref(), Some("+44 20"));
        assert_eq!(query.1.limit, Some(10));
    }

    #[test]
    fn a_wrong_query_names_the_parameter() {
        for (text, pointer) in [("colour=red", "?colour"), ("limit=many", "?limit"), ("state=LOST", "?state")]
        {
            let Err(Error::Invalid(errors)) = read_query::<CallbackFilter, PageQuery>(text) else {
                panic!("{text} was read");
            };
            assert_eq!(errors[0].part, Part::from(pointer));
        }
    }
}
