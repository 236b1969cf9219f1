//! The OpenAPI document, made from the handlers.

use std::collections::BTreeMap;

use ringback_domain::Timestamp;
use ringback_domain::wire::problem::Problem;
use serde_json::Value;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ArrayItems, KnownFormat, SchemaFormat, SchemaType};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, Response, ResponseBuilder,
    Schema, Type,
};
use utoipa::{OpenApi, ToSchema};
use utoipa_actix_web::AppExt;

use super::extract::AUDIO;

/// What the handlers cannot say.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringback",
        description = "Callback management for contact centres. A callback that was promised is never lost, \
            and nobody is called twice for one request.",
        contact(name = "Ringback"),
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "Credentials", description = "Logging in, and who the caller is"),
        (name = "Callbacks", description = "Callback records: lists, single records, commands, events"),
        (name = "Bulk cancellations", description = "Cancelling many callbacks at once"),
        (name = "Bulk reschedules", description = "Moving many callbacks at once"),
        (name = "Reports", description = "What became of callbacks"),
        (name = "Router", description = "What an ACD, a dialler or an agent desktop calls"),
        (name = "Services", description = "Virtual queues and their settings"),
        (name = "Numbers", description = "Which numbers services call"),
        (name = "Office hours", description = "When services are open, and how much they can promise"),
        (name = "Users", description = "People who may log in"),
        (name = "API keys", description = "Keys of machines"),
        (name = "Audit", description = "Who did what"),
        (name = "Operations", description = "For those who run the server"),
    ),
    // The collector leaves out what only a query names.
    components(schemas(
        Problem,
        ringback_domain::wire::audit::AuditAction,
        ringback_domain::wire::bulk::CancellationsFormat,
        ringback_domain::wire::calendar::IncludeSlots,
        ringback_domain::wire::bulk::ReportFormat,
        ringback_domain::wire::list::Format,
        ringback_domain::wire::list::Sort,
        ringback_domain::wire::list::SearchField
    )),
)]
struct Base;

/// The document of this program.
pub fn document() -> Document {
    let (_, mut document) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(crate::http::routes)
        .split_for_parts();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    add_security(&mut document);
    refer_to_items(&mut document);
    name_values(&mut document);
    say_which_texts_are_taken(&mut document);
    for item in document.paths.paths.values_mut() {
        item.post.iter_mut().filter(|operation| takes_key(operation)).for_each(add_idempotency_key);
        for operation in operations(item) {
            describe_recording(operation);
            add_links(operation);
            complete(operation);
        }
    }
    document
}

/// The document as it is committed and served.
pub fn json() -> String {
    // Through a map, so that keys are in order and the text is stable.
    let value = serde_json::to_value(document()).unwrap_or_default();
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// The desired time of the examples in the committed document.
const EXAMPLE_TIME: &str = "2030-01-01T09:00:00Z";

/// The document with examples that the server accepts at this time: a desired time
/// lies ahead, and within the horizon of its service.
pub fn as_of(document: &str, now: Timestamp) -> String {
    document.replace(EXAMPLE_TIME, &now.plus_seconds(86_400).to_string())
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// Lets lists refer to what they list, which the macro writes out once more.
fn refer_to_items(document: &mut Document) {
    let components = document.components.get_or_insert_default();
    for (name, schema) in &mut components.schemas {
        if let Some((_, item)) = name.split_once('_')
            && let RefOr::T(Schema::Object(list)) = schema
            && let Some(RefOr::T(Schema::Array(items))) = list.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

/// Gives the values of enumerations names for generated clients: a value such as
/// `-desired_time` is no name in any language.
fn name_values(document: &mut Document) {
    for schema in document.components.get_or_insert_default().schemas.values_mut() {
        if let RefOr::T(Schema::Object(schema)) = schema
            && let Some(values) = &schema.enum_values
        {
            let names: Vec<String> = values.iter().filter_map(Value::as_str).map(variant_name).collect();
            let names = ExtensionsBuilder::new().add("x-enum-varnames", names).build();
            schema.extensions.get_or_insert_default().merge(names);
        }
    }
}

/// No control characters; `text.rs` refuses them everywhere but in a customer's own data.
const TEXT_PATTERN: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";

/// The same with something to see in it.
const NAME_PATTERN: &str =
    r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$";

/// Says of every text that comes in which characters it may have.
fn say_which_texts_are_taken(document: &mut Document) {
    let mut names = Vec::new();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter
                && let Some(schema) = &mut parameter.schema
            {
                restrict_texts(schema, &mut names);
            }
        }
        for content in operation.request_body.iter().flat_map(|body| match body {
            RefOr::T(body) => body.content.values().collect(),
            RefOr::Ref(_) => Vec::new(),
        }) {
            if let RefOr::T(content) = content
                && let Some(RefOr::Ref(reference)) = &content.schema
            {
                names.push(reference.ref_location.clone());
            }
        }
    }
    let components = document.components.get_or_insert_default();
    let mut seen = 0;
    while let Some(name) = names.get(seen).map(|location| last(location).to_owned()) {
        seen += 1;
        if !names[..seen - 1].iter().any(|before| last(before) == name)
            && let Some(schema) = components.schemas.get_mut(&name)
        {
            restrict_texts(schema, &mut names);
        }
    }
}

/// The name in `#/components/schemas/name`.
fn last(location: &str) -> &str {
    location.rsplit('/').next().unwrap_or_default()
}

/// Gives a pattern to every text without one, and collects what the schema refers to.
fn restrict_texts(schema: &mut RefOr<Schema>, names: &mut Vec<String>) {
    let schema = match schema {
        RefOr::Ref(reference) => return names.push(reference.ref_location.clone()),
        RefOr::T(schema) => schema,
    };
    match schema {
        Schema::Object(object) => {
            object.properties.values_mut().for_each(|property| restrict_texts(property, names));
            let is_text = match &object.schema_type {
                SchemaType::Type(kind) => *kind == Type::String,
                SchemaType::Array(kinds) => kinds.contains(&Type::String),
                SchemaType::AnyValue => false,
            };
            if is_text && object.format.is_none() && object.enum_values.is_none() && object.pattern.is_none()
            {
                let pattern = if object.min_length == Some(1) { NAME_PATTERN } else { TEXT_PATTERN };
                object.pattern = Some(pattern.to_owned());
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                restrict_texts(items, names);
            }
        }
        Schema::OneOf(parts) => parts.items.iter_mut().for_each(|part| restrict_texts(part, names)),
        Schema::AnyOf(parts) => parts.items.iter_mut().for_each(|part| restrict_texts(part, names)),
        Schema::AllOf(parts) => parts.items.iter_mut().for_each(|part| restrict_texts(part, names)),
        _ => {}
    }
}

/// `-desired_time` as `DesiredTimeDescending`, `SCHEDULED` as `Scheduled`.
fn variant_name(value: &str) -> String {
    let words = value.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut name = String::new();
    for word in words {
        name.push_str(word.get(..1).unwrap_or_default().to_ascii_uppercase().as_str());
        name.push_str(word.get(1..).unwrap_or_default().to_ascii_lowercase().as_str());
    }
    if value.starts_with('-') { name + "Descending" } else { name }
}

/// Describes the content of a recording as bytes, and every media type that it may
/// come back with. A request names one only, since some generators of clients send
/// the last of several whatever the recording is.
fn describe_recording(operation: &mut Operation) {
    let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
    let bytes = ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build();
    let content = ContentBuilder::new().schema(Some(bytes)).build();
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(sent) = body.content.get_mut("audio/wav")
    {
        *sent = content.clone().into();
    }
    if let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200")
        && answer.content.contains_key("audio/wav")
    {
        let media_types = AUDIO.iter().map(|(media_type, ..)| (*media_type).to_owned());
        answer.content.extend(media_types.map(|media_type| (media_type, content.clone().into())));
    }
}

fn add_security(document: &mut Document) {
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A person's access token, from `POST /api/v1/session`"))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let key = ApiKeyValue::with_description("x-api-key", "A machine's key, from `POST /api/v1/api-keys`");
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    let cookie = ApiKeyValue::with_description(
        "ringback_refresh",
        "The refresh cookie, set by the log-in; `__Host-ringback_refresh` if the public URL is https",
    );
    components.add_security_scheme("refresh_cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
}

fn problem(description: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
        .into()
}

fn is_guarded(operation: &Operation) -> bool {
    operation.extensions.as_ref().is_some_and(|known| known.contains_key("x-permission"))
}

/// Whether an answer is kept: not that of a new password, after which the same
/// request is wrong, nor the permissions as of now.
fn takes_key(operation: &Operation) -> bool {
    let kept_by_none = ["change_password", "reload_session", "try_gates"];
    is_guarded(operation) && !operation.operation_id.as_deref().is_some_and(|id| kept_by_none.contains(&id))
}

fn header(name: &str, description: &str, pattern: &str) -> RefOr<Parameter> {
    let schema =
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).min_length(Some(1)).build();
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema));
    RefOr::T(parameter.build())
}

/// 1 to 255 visible characters, with spaces between them.
const KEY_PATTERN: &str = "^[!-~]([ -~]{0,253}[!-~])?$";

/// A version, in quotes as `ETag` has it, or any.
const VERSION_PATTERN: &str = r#"^(\*|"?[0-9]{1,18}"?)$"#;

/// What a client may go on with after it created something: the operation that created
/// it, the status, and the operations on its id.
const LINKS: [(&str, &str, &[&str]); 5] = [
    (
        "create_callback",
        "201",
        &["get_callback", "reschedule_callback", "cancel_callback", "undo_cancel_callback"],
    ),
    (
        "create_bulk_cancellation",
        "202",
        &["get_bulk_cancellation", "stop_bulk_cancellation", "undo_bulk_cancellation", "get_report"],
    ),
    (
        "create_bulk_reschedule",
        "202",
        &["get_bulk_reschedule", "stop_bulk_reschedule", "undo_bulk_reschedule", "list_move_items"],
    ),
    ("create_service", "201", &["get_service", "edit_service"]),
    ("create_user", "201", &["get_user", "edit_user"]),
];

fn add_links(operation: &mut Operation) {
    let links = LINKS.iter().find(|(id, ..)| operation.operation_id.as_deref() == Some(id));
    let Some((_, status, targets)) = links else { return };
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(*status) {
        for target in *targets {
            let link = Link::builder().operation_id(*target).parameter("id", "$response.body#/id").build();
            response.links.insert((*target).to_owned(), link.into());
        }
    }
}

fn add_idempotency_key(operation: &mut Operation) {
    let description = "The same request with the same key within 24 hours gets the same answer and has no \
        second effect; 1 to 255 visible characters";
    operation.parameters.get_or_insert_default().push(header("Idempotency-Key", description, KEY_PATTERN));
    let taken = || problem("A request with the same idempotency key is still running");
    operation.responses.responses.entry("409".to_owned()).or_insert_with(taken);
}

/// Whether a status tells a client that the request is at fault.
fn is_refusal(status: &str) -> bool {
    status.starts_with('4')
}

/// Adds what is the same for every operation of a kind: who may call it, and
/// the problems that it may answer with.
fn complete(operation: &mut Operation) {
    if operation.security.is_none() {
        let empty: [&str; 0] = [];
        operation.security =
            Some(vec![SecurityRequirement::new("bearer", empty), SecurityRequirement::new("api_key", empty)]);
    }
    let commands = [
        "cancel_callback",
        "reschedule_callback",
        "recreate_callback",
        "undo_cancel_callback",
        "requeue_callback",
        "close_callback",
        "edit_service",
        "edit_user",
    ];
    if operation.operation_id.as_deref() == Some("cancel_callback")
        && let Some(RefOr::T(body)) = &mut operation.request_body
    {
        body.required = Some(Required::False);
    }
    let is_command = operation.operation_id.as_deref().is_some_and(|id| commands.contains(&id));
    if is_command {
        let description = "The version that is expected, as in `ETag`; any if not given";
        operation.parameters.get_or_insert_default().push(header("If-Match", description, VERSION_PATTERN));
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let in_path = parameters
        .iter()
        .any(|one| matches!(one, RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Path)));
    let has_input = !parameters.is_empty() || operation.request_body.is_some();
    let guarded = is_guarded(operation);
    let mut add: BTreeMap<&str, &str> = BTreeMap::new();
    let open_to_all = ["get_me", "get_reference_data"].map(Some);
    if guarded || open_to_all.contains(&operation.operation_id.as_deref()) {
        add.insert("401", "No credentials, or none in force");
    }
    if guarded {
        add.insert("403", "The caller's role or scopes lack the permission");
    }
    if in_path {
        add.insert("404", "Absent, or not visible to the caller");
    }
    if has_input {
        add.insert("400", "The request cannot be read");
        add.insert("422", "Well-formed, but invalid");
    }
    if operation.request_body.is_some() {
        add.insert("413", "The body is too large");
        add.insert("415", "The body is of another media type");
    }
    if is_command {
        add.insert("409", "The state or a taken name forbids it");
        add.insert("412", "The version in If-Match is not the current one");
    }
    if !operation.responses.responses.keys().map(String::as_str).chain(add.keys().copied()).any(is_refusal) {
        add.insert("4XX", "The request is refused");
    }
    add.insert("default", "Any other problem");
    for (status, description) in add {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem(description));
    }
}
