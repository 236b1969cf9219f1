//! The do-not-call list.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use ringback_domain::DoNotCallId;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::do_not_call::{AddDoNotCall, DoNotCallEntry, DoNotCallQuery, ImportedEntries};
use ringback_domain::wire::list::Page;

use crate::auth::{Caller, permit};
use crate::command::{Audit, Tx, do_not_call as commands};
use crate::error::Error;
use crate::http::extract::{File, FileKind, Idempotency, Json, Path, Query, QueryFields};
use crate::http::v1::export::{safe, writer};
use crate::http::{Api, Reply, download};
use crate::limits::Use;

/// CSV.
#[derive(Debug)]
pub struct CsvFile;

impl FileKind for CsvFile {
    const MEDIA_TYPE: &'static str = "text/csv";
}

impl QueryFields for DoNotCallQuery {
    const NAMES: &'static [&'static str] = &["search", "limit", "cursor"];
}

/// List numbers that must not be called
///
/// Those of every service, and of the services that the caller may see, in the order of the
/// numbers. Ended entries stay until they are removed.
#[utoipa::path(
    tag = "Numbers",
    params(DoNotCallQuery),
    responses((status = 200, description = "A page of the list", body = Page<DoNotCallEntry>)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/do-not-call")]
pub async fn list_do_not_call(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
    Query(query, ()): Query<DoNotCallQuery>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(api.queries.do_not_call(&caller, &query).await?))
}

/// Add numbers that must not be called
///
/// One number, or all that begin alike. It counts at once, for new callbacks and for those
/// that wait: these complete as `FAIL_NUMBER_BLOCKED` when their turn has come. An entry for the
/// same numbers and scope takes the new reason, source and end.
#[utoipa::path(
    tag = "Numbers",
    request_body(content = AddDoNotCall, example = json!({
        "number": "+44 20 7946 0318", "scope": "all", "reason": "Asked not to be called"
    })),
    responses((status = 201, description = "Added", body = DoNotCallEntry)),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[post("/do-not-call")]
pub async fn add_do_not_call(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    idempotency: Idempotency,
    body: Json<AddDoNotCall>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let add = async move |tx: &mut Tx<'_>| {
        let entry = commands::add(tx, &body).await?;
        Reply::created(format!("/api/v1/do-not-call/{}", entry.id), &DoNotCallEntry::from(entry))
    };
    Ok(api.commands.run(Audit::of(AuditAction::DoNotCallAdd), key, &caller, add).await?.into())
}

/// Remove an entry
///
/// Its numbers are called again, unless another entry covers them.
#[utoipa::path(
    tag = "Numbers",
    params(("id" = DoNotCallId, Path, description = "The entry")),
    responses((status = 204, description = "Removed")),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[delete("/do-not-call/{id}")]
pub async fn remove_do_not_call(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<DoNotCallId>,
) -> Result<HttpResponse, Error> {
    let remove = async move |tx: &mut Tx<'_>| commands::remove(tx, id).await;
    api.commands.change(Audit::about(AuditAction::DoNotCallRemove, id.0), &caller, remove).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Import numbers that must not be called
///
/// A CSV file whose first line names its columns: `number`, which is a prefix where it ends
/// with `*`, `scope`, `reason`, `source` and `until`. All of its lines are taken in, or none.
#[utoipa::path(
    tag = "Numbers",
    request_body(content = String, content_type = "text/csv", example = json!(
        "number,scope,reason\r\n+442079460318,all,Asked not to be called\r\n+4490*,all,Premium\r\n"
    )),
    responses((status = 200, description = "Taken in", body = ImportedEntries)),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[post("/do-not-call/import")]
pub async fn import_do_not_call(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    idempotency: Idempotency,
    body: File<CsvFile>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let import = async move |tx: &mut Tx<'_>| Reply::ok(&commands::import(tx, body.bytes()).await?);
    Ok(api.commands.run(Audit::of(AuditAction::DoNotCallImport), key, &caller, import).await?.into())
}

/// Export the numbers that must not be called
///
/// As a CSV file that can be imported.
#[utoipa::path(
    tag = "Numbers",
    responses((status = 200, description = "The list", content((String = "text/csv")))),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[get("/do-not-call/export")]
pub async fn export_do_not_call(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let usage = api.take(Use::Export, &caller)?;
    api.commands.keep(Audit::of(AuditAction::DoNotCallExport), &caller).await?;
    let start = (api.clone(), request.clone(), Some(DoNotCallQuery::default()), usage);
    let stream = futures_util::stream::try_unfold(start, |(api, request, query, usage)| async move {
        let Some(query) = query else { return Ok::<_, Error>(None) };
        // Whoever was shut out meanwhile gets no more.
        let caller = api.access.identify(&request).await?;
        let page = api.queries.do_not_call(&caller, &query).await?;
        let lines = csv(&page.items, query.cursor.is_none())?;
        let next = page.next.map(|cursor| DoNotCallQuery { cursor: Some(cursor), ..query });
        Ok(Some((lines, (api, request, next, usage))))
    });
    Ok(download::send(&api, &request, "text/csv; charset=utf-8", Some("do-not-call.csv"), stream))
}

fn csv(entries: &[DoNotCallEntry], heading: bool) -> Result<web::Bytes, Error> {
    let mut csv = writer();
    if heading {
        csv.write_record(commands::COLUMNS).map_err(Error::internal)?;
    }
    for entry in entries {
        let number = match (&entry.number, &entry.prefix) {
            (Some(number), _) => number.as_str().to_owned(),
            (None, prefix) => {
                prefix.as_ref().map(|prefix| format!("{}*", prefix.as_str())).unwrap_or_default()
            }
        };
        let until = entry.until.map(|until| until.to_string()).unwrap_or_default();
        csv.write_record([number, entry.scope.to_string(), safe(&entry.reason), safe(&entry.source), until])
            .map_err(Error::internal)?;
    }
    Ok(web::Bytes::from(csv.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("csv: {error}")))?))
}
