//! Any filtered list as a file, streamed.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, web};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::{CallbackFilter, ExportQuery, Format};

use crate::auth::{Caller, permit};
use crate::command::Audit;
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Query, QueryFields};
use crate::limits::Use;

impl QueryFields for ExportQuery {
    const NAMES: &'static [&'static str] = &["format"];
}

const HEADER: [&str; 16] = [
    "id",
    "service",
    "customer_number",
    "callback_type",
    "state",
    "result",
    "desired_time",
    "overdue",
    "created_at",
    "created_by",
    "updated_at",
    "completed_at",
    "attempts_made",
    "agent",
    "priority",
    "customer_number_extension",
];

/// A writer of RFC 4180 lines.
pub(super) fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

/// Keeps a spreadsheet from taking a text for a formula.
pub(super) fn safe(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// Export callbacks
///
/// Everything that the filter matches, by desired time, however much it is.
#[utoipa::path(
    tag = "Callbacks",
    params(CallbackFilter, ExportQuery),
    responses((status = 200, description = "The file", content(
        (String = "text/csv"), (String = "application/x-ndjson")
    ))),
    extensions(("x-permission" = json!(["view_callbacks", "manage_callbacks"]))),
)]
#[get("/callbacks/export")]
pub async fn export_callbacks(
    api: web::Data<Api>,
    caller: Caller<permit::ExportCallbacks>,
    Query(filter, query): Query<CallbackFilter, ExportQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let format = query.format.unwrap_or_default();
    let usage = api.take(Use::Export, &caller)?;
    let export = api.queries.export(&caller, &filter).await?;
    // What was searched for may be a customer's number.
    let without_search = CallbackFilter { search: None, ..filter };
    let audit = Audit::of(AuditAction::CallbackExport).with("format", format).with("filter", without_search);
    api.commands.keep(audit, &caller).await?;
    let stream = futures_util::stream::try_unfold(
        (api, export, request, true, usage),
        move |(api, mut export, request, first, usage)| async move {
            // A caller who was shut out meanwhile gets no further piece.
            api.access.identify(&request).await?;
            let Some(items) = api.queries.export_page(&mut export).await? else {
                return Ok::<_, Error>(None);
            };
            let text = match format {
                Format::Csv => lines(&items, first)?,
                Format::Ndjson => {
                    let mut text = Vec::new();
                    for item in &items {
                        serde_json::to_writer(&mut text, item).map_err(Error::internal)?;
                        text.push(b'\n');
                    }
                    Bytes::from(text)
                }
            };
            Ok(Some((text, (api, export, request, false, usage))))
        },
    );
    let (media, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"callbacks.csv\""),
        Format::Ndjson => ("application/x-ndjson", "attachment; filename=\"callbacks.ndjson\""),
    };
    Ok(HttpResponse::Ok().content_type(media).insert_header((CONTENT_DISPOSITION, name)).streaming(stream))
}

fn lines(items: &[CallbackView], header: bool) -> Result<Bytes, Error> {
    let mut csv = writer();
    if header {
        csv.write_record(HEADER).map_err(Error::internal)?;
    }
    let text = |text: Option<&str>| safe(text.unwrap_or_default());
    for item in items {
        csv.write_record([
            item.id.to_string(),
            safe(&item.service.name),
            item.customer_number.clone(),
            item.callback_type.as_str().to_owned(),
            item.state.to_string(),
            item.result.map(|result| result.to_string()).unwrap_or_default(),
            item.desired_time.to_string(),
            item.overdue.to_string(),
            item.created_at.to_string(),
            text(item.metrics.created_by.as_deref()),
            item.updated_at.to_string(),
            item.metrics.completed_at.map(|at| at.to_string()).unwrap_or_default(),
            item.metrics.attempts_made.to_string(),
            text(item.metrics.agent.as_deref()),
            item.priority.to_string(),
            item.customer_number_extension.clone().unwrap_or_default(),
        ])
        .map_err(Error::internal)?;
    }
    Ok(Bytes::from(csv.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("csv: {error}")))?))
}
