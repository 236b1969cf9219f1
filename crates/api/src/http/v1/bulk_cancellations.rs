//! Bulk cancellations.

use actix_web::http::header::ACCEPT;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::bulk::{
    BulkCancellation, CreateBulkCancellation, MAX_IDS, Matching, ReportFormat, ReportLine, ReportQuery,
    TimeRange,
};
use ringback_domain::wire::callback::Items;
use ringback_domain::wire::list::CallbackFilter;
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CallbackId, JobId, Timestamp};

use crate::auth::{Caller, Grant, permit};
use crate::command::bulk as commands;
use crate::command::{Audit, Tx};
use crate::directory::Services;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::http::extract::{Empty, Idempotency, Json, LARGE_BODY_BYTES, Path, Query, QueryFields};
use crate::http::sheet::{Cell, Heading, Sheet, check_rows};
use crate::http::{Api, Reply, download};
use crate::limits::{Usage, Use};
use crate::query::bulk::Selector;
use crate::query::filter;
use crate::store::bulk;

/// What a request selects, by `ids` or by `range` and what is `matching` of it.
pub(super) fn selector(
    (ids, range, matching): (Option<Vec<CallbackId>>, Option<TimeRange>, Option<Matching>),
    services: &Services,
    caller: &Grant,
    now: Timestamp,
) -> Result<Selector, Error> {
    match (ids, range) {
        (Some(_), _) if matching.is_some() => {
            Err(Error::invalid("/matching", FieldCode::Conflict, "Give `matching` together with `range`."))
        }
        (Some(ids), None) => {
            if ids.is_empty() || ids.len() > MAX_IDS {
                let detail = format!("Name 1 to {MAX_IDS} callbacks.");
                return Err(Error::invalid("/ids", FieldCode::OutOfRange, detail));
            }
            let mut unique = Vec::with_capacity(ids.len());
            let mut seen = std::collections::HashSet::new();
            unique.extend(ids.into_iter().filter(|id| seen.insert(*id)));
            Ok(Selector::Named(unique))
        }
        (None, Some(range)) => {
            if range.from >= range.to {
                return Err(Error::invalid(
                    "/range/to",
                    FieldCode::InvalidValue,
                    "`to` must be after `from`.",
                ));
            }
            let matching = matching.unwrap_or_default();
            let wanted = CallbackFilter {
                state: matching.state,
                service: matching.service,
                search_field: matching.search_field,
                search: matching.search,
                overdue: matching.overdue,
                ..CallbackFilter::from(range)
            };
            let selection = filter::of_filter(&wanted, services, caller, now);
            Ok(Selector::Matching(Box::new(selection.map_err(in_body)?)))
        }
        _ => Err(Error::invalid("/ids", FieldCode::Required, "Give either `ids` or `range`.")),
    }
}

/// Names the part of the body where the filter names a parameter.
fn in_body(fault: Error) -> Error {
    let Error::Invalid(mut faults) = fault else { return fault };
    for fault in &mut faults {
        if let Part::Parameter(field) = &fault.part {
            fault.part = match field {
                Field::DailyTo => "/range/daily/to".into(),
                Field::TimeZone => "/range/daily/time_zone".into(),
                Field::Search => "/matching/search".into(),
                Field::Service => "/matching/service".into(),
                end => format!("/range/{}", <&str>::from(*end)).into(),
            };
        }
    }
    Error::Invalid(faults)
}

/// Cancel many callbacks
///
/// Freezes the selection and cancels it in the background. PROCESSING
/// callbacks are skipped and counted. With `dry_run` nothing is cancelled; the
/// counts say what would be. With `undo_seconds` the job is `pending` until
/// `effective_at`: as soon as this is answered nobody of the selection is called,
/// and until then it can be undone.
#[utoipa::path(
    tag = "Bulk cancellations",
    request_body(content = CreateBulkCancellation, example = json!({
        "range": {"from": "2026-11-24T00:00:00Z", "to": "2026-11-25T00:00:00Z"}, "dry_run": true
    })),
    responses((status = 202, description = "Accepted", body = BulkCancellation,
        headers(("Location" = String, description = "The job")))),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/bulk-cancellations")]
pub async fn create_bulk_cancellation(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    idempotency: Idempotency,
    body: Json<CreateBulkCancellation, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let (dry_run, undo_seconds) = (body.dry_run, body.undo_seconds);
    let services = api.queries.directory.services().await?;
    let body = body.into_inner();
    let named = (body.ids, body.range, body.matching);
    let selector = selector(named, &services, &caller, api.queries.clock.now())?;
    let selected = api.queries.select(&selector, &caller).await?;
    let create = async move |tx: &mut Tx<'_>| {
        let job = commands::create(tx, &selected, dry_run, undo_seconds).await?;
        let reply = Reply::accepted(format!("/api/v1/bulk-cancellations/{}", job.id), &job)?;
        Ok((reply, job.id))
    };
    let audit = Audit::of(AuditAction::BulkCancellationCreate);
    let (reply, id) = api.commands.run(audit, key, &caller, create).await?;
    if undo_seconds.is_some_and(|seconds| seconds > 0) {
        // A repeated request goes on where the first one was cut off.
        let hold = async move |tx: &mut Tx<'_>| commands::hold(tx, id).await;
        while api.commands.change(Audit::None, &caller, hold).await? {}
    }
    Ok(reply.into())
}

/// List bulk cancellations
///
/// The caller's own, newest first; for an administrator everybody's.
#[utoipa::path(
    tag = "Bulk cancellations",
    responses((status = 200, description = "The jobs", body = Items<BulkCancellation>)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[get("/bulk-cancellations")]
pub async fn list_bulk_cancellations(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
) -> Result<HttpResponse, Error> {
    let items = bulk::list(&mut api.queries.store.read().await?, caller.whose_jobs()).await?;
    Ok(HttpResponse::Ok().json(Items { items }))
}

/// Read a bulk cancellation
///
/// How far it has got, and the outcomes so far.
#[utoipa::path(
    tag = "Bulk cancellations",
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job", body = BulkCancellation)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[get("/bulk-cancellations/{id}")]
pub async fn get_bulk_cancellation(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<JobId>,
) -> Result<HttpResponse, Error> {
    let job = bulk::find(&mut api.queries.store.read().await?, id, caller.whose_jobs()).await?;
    Ok(HttpResponse::Ok().json(job.ok_or(Error::NotFound("bulk cancellation"))?))
}

/// Stop a bulk cancellation
///
/// Once this is answered nothing more is cancelled. What the job has not come
/// to stays as it is, and is `STOPPED` in the report. A job that is over is
/// answered as it is, so this may be repeated.
#[utoipa::path(
    tag = "Bulk cancellations",
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job, which is over", body = BulkCancellation)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/bulk-cancellations/{id}/stop")]
pub async fn stop_bulk_cancellation(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<JobId>,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, &[]);
    let stop = async move |tx: &mut Tx<'_>| Reply::ok(&commands::stop(tx, id).await?);
    let audit = Audit::about(AuditAction::BulkCancellationStop, id.0);
    let reply = api.commands.run(audit, key, &caller, stop).await?;
    release(&api, &caller, id).await?;
    Ok(reply.into())
}

/// Lets go what a job that was ended holds back. A worker goes on where this is cut off.
async fn release(api: &Api, caller: &Grant, id: JobId) -> Result<(), Error> {
    let release = async move |tx: &mut Tx<'_>| commands::release(tx, id).await;
    while api.commands.change(Audit::None, caller, release).await? {}
    Ok(())
}

/// Undo a bulk cancellation
///
/// Ends a pending job before it takes effect, and lets its callbacks go: they keep
/// their places. It is `stopped` then, as is every line of its report. May be
/// repeated. A job that has taken effect is refused; it can be stopped while it is
/// running.
#[utoipa::path(
    tag = "Bulk cancellations",
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job, which is over", body = BulkCancellation)),
    extensions(("x-permission" = json!("manage_callbacks"))),
)]
#[post("/bulk-cancellations/{id}/undo")]
pub async fn undo_bulk_cancellation(
    api: web::Data<Api>,
    caller: Caller<permit::ManageCallbacks>,
    Path(id): Path<JobId>,
    idempotency: Idempotency,
    _body: Empty,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, &[]);
    let undo = async move |tx: &mut Tx<'_>| Reply::ok(&commands::undo(tx, id).await?);
    let audit = Audit::about(AuditAction::BulkCancellationUndo, id.0);
    let reply = api.commands.run(audit, key, &caller, undo).await?;
    release(&api, &caller, id).await?;
    Ok(reply.into())
}

/// Read the Cancellation Summary Report
///
/// One line for each callback of the selection, with its id and outcome alone where the caller may
/// not see its service any more. In a job of somebody else such callbacks are left out. CSV, or JSON where `Accept`
/// asks for it, or a spreadsheet for people with `format=xlsx`.
#[utoipa::path(
    tag = "Bulk cancellations",
    params(("id" = JobId, Path, description = "The job"), ReportQuery),
    responses((status = 200, description = "The report", content(
        (String = "text/csv"), (Items<ReportLine> = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    ))),
    extensions(("x-permission" = json!(["view_callbacks", "manage_callbacks"]))),
)]
#[get("/bulk-cancellations/{id}/report")]
pub async fn get_report(
    api: web::Data<Api>,
    caller: Caller<permit::ExportCallbacks>,
    Path(id): Path<JobId>,
    Query(query, ()): Query<ReportQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let usage = api.take(Use::Export, &caller)?;
    let mut conn = api.queries.store.read().await?;
    let is_own = bulk::find(&mut conn, id, Some(&caller.owner)).await?.is_some();
    let job = bulk::find(&mut conn, id, caller.whose_jobs()).await?;
    drop(conn);
    let audit = Audit::about(AuditAction::BulkCancellationExport, id.0);
    let job = job.ok_or(Error::NotFound("bulk cancellation"));
    let job = api.commands.checked(&audit, &caller, job).await?;
    api.commands.keep(audit, &caller).await?;
    if query.format == Some(ReportFormat::Xlsx) {
        let sheet = Sheet::new(query.time_zone.as_deref(), &HEADINGS)?;
        return report_sheet(sheet, &api, &job, is_own, &request, usage).await;
    }
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let json = query.format.is_none() && accept.contains("application/json");
    let write = if json { report_json } else { report_csv };
    let name = file_name(&job, "csv");
    // `None` once the last part was written.
    let stream = futures_util::stream::try_unfold(
        (api.clone(), job, request.clone(), Some(0), usage),
        move |(api, job, request, after, usage)| async move {
            let Some(after) = after else { return Ok::<_, Error>(None) };
            // A caller who was shut out meanwhile gets no further part.
            let caller = api.access.identify(&request).await?;
            let (lines, last) = api.queries.report(&job, is_own, after, &caller.visible).await?;
            let next = (!lines.is_empty()).then_some(last);
            Ok(Some((write(&lines, after == 0)?, (api, job, request, next, usage))))
        },
    );
    let (media, name) =
        if json { ("application/json", None) } else { ("text/csv; charset=utf-8", Some(name.as_str())) };
    Ok(download::send(&api, &request, media, name, stream))
}

async fn report_sheet(
    mut sheet: Sheet,
    api: &Api,
    job: &BulkCancellation,
    is_own: bool,
    request: &HttpRequest,
    usage: Usage,
) -> Result<HttpResponse, Error> {
    check_rows(job.progress.total)?;
    let mut after = 0;
    loop {
        let caller = api.access.identify(request).await?;
        let (lines, last) = api.queries.report(job, is_own, after, &caller.visible).await?;
        if lines.is_empty() {
            return sheet.send(api, request, usage, &file_name(job, "xlsx")).await;
        }
        for line in lines {
            sheet.add(cells(line))?;
        }
        after = last;
    }
}

/// A line of the report in a spreadsheet.
pub(super) fn cells(line: ReportLine) -> [Cell; 8] {
    [
        Cell::Text(line.callback_id.to_string()),
        line.service.into(),
        line.customer_number_formatted.into(),
        Cell::Time(line.desired_time),
        line.state_before.map(|state| state.to_string()).into(),
        line.outcome.map(|outcome| outcome.as_str().to_owned()).into(),
        Cell::Time(line.cancelled_at),
        line.cancelled_by.into(),
    ]
}

/// The name of a report's file, with the time of its request in UTC.
fn file_name(job: &BulkCancellation, extension: &str) -> String {
    let at: String = job.created_at.to_string().chars().take(16).filter(|letter| *letter != ':').collect();
    format!("cancellation-summary-report-{at}.{extension}")
}

/// The columns of the report as a spreadsheet.
pub(super) const HEADINGS: [Heading; 8] = [
    ("Callback ID", 38, false),
    ("Service", 24, false),
    ("Customer number", 22, false),
    ("Desired time", 28, true),
    ("State before", 14, false),
    ("Outcome", 24, false),
    ("Cancelled", 28, true),
    ("Cancelled by", 18, false),
];

impl QueryFields for ReportQuery {
    const NAMES: &'static [&'static str] = &["format", "time_zone"];
}

/// A part of the report as [`Items`]; one without lines is the end.
fn report_json(lines: &[ReportLine], first: bool) -> Result<Bytes, Error> {
    let mut json = String::from(if first { r#"{"items":["# } else { "" });
    for (index, line) in lines.iter().enumerate() {
        if index > 0 || !first {
            json.push(',');
        }
        json.push_str(&serde_json::to_string(line).map_err(Error::internal)?);
    }
    if lines.is_empty() {
        json.push_str("]}");
    }
    Ok(json.into())
}

pub(super) fn report_csv(lines: &[ReportLine], header: bool) -> Result<Bytes, Error> {
    let mut csv = super::export::writer();
    if header {
        csv.write_record([
            "callback_id",
            "service",
            "customer_number",
            "desired_time",
            "state_before",
            "outcome",
            "cancelled_at",
            "cancelled_by",
        ])
        .map_err(Error::internal)?;
    }
    for line in lines {
        csv.write_record([
            line.callback_id.to_string(),
            super::export::safe(line.service.as_deref().unwrap_or_default()),
            // A number begins with a plus sign by nature, and is digits after it.
            line.customer_number.clone().unwrap_or_default(),
            line.desired_time.map(|at| at.to_string()).unwrap_or_default(),
            line.state_before.map(|state| state.to_string()).unwrap_or_default(),
            line.outcome.map(|outcome| outcome.as_str().to_owned()).unwrap_or_default(),
            line.cancelled_at.map(|at| at.to_string()).unwrap_or_default(),
            super::export::safe(line.cancelled_by.as_deref().unwrap_or_default()),
        ])
        .map_err(Error::internal)?;
    }
    Ok(Bytes::from(csv.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("csv: {error}")))?))
}
