//! Any filtered list as a file, streamed.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, web};
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::{CallbackFilter, CountQuery, ExportQuery, Format, MAX_SHEET_ROWS};

use crate::auth::{Caller, permit};
use crate::command::Audit;
use crate::error::Error;
use crate::http::extract::{Query, QueryFields};
use crate::http::sheet::{Cell, Heading, Sheet, check_rows};
use crate::http::{Api, download};
use crate::limits::{Usage, Use};
use crate::query::export::Export;

impl QueryFields for ExportQuery {
    const NAMES: &'static [&'static str] = &["format"];
}

const HEADER: [&str; 19] = [
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
    "first_attempted_at",
    "attempted_on_time",
    "connected_on_time",
];

/// A writer of RFC 4180 lines.
pub(super) fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

/// Keeps a spreadsheet from taking a text, or a part of it where `;` or a tab separates cells, for a
/// formula.
pub(super) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut begins = true;
    for letter in text.chars() {
        if begins && matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠') {
            safe.push('\'');
        }
        safe.push(letter);
        // What quotes a cell is no part of it.
        begins = matches!(letter, ';' | '\t' | '\r' | '\n') || (begins && matches!(letter, '"' | ' '));
    }
    safe
}

/// The columns of a spreadsheet.
const HEADINGS: [Heading; 19] = [
    ("ID", 38, false),
    ("Service", 24, false),
    ("Customer number", 22, false),
    ("Extension", 10, false),
    ("Type", 12, false),
    ("State", 14, false),
    ("Result", 24, false),
    ("Desired time", 28, true),
    ("Overdue", 10, false),
    ("Created", 28, true),
    ("Created by", 18, false),
    ("Updated", 28, true),
    ("Completed", 28, true),
    ("Attempts", 10, false),
    ("Agent", 18, false),
    ("Priority", 10, false),
    ("First attempt", 28, true),
    ("Attempted on time", 18, false),
    ("Connected on time", 18, false),
];

fn cells(item: &CallbackView) -> [Cell; 19] {
    [
        Cell::Text(item.id.to_string()),
        Cell::Text(item.service.name.clone()),
        Cell::Text(item.customer_number_formatted.clone()),
        item.customer_number_extension.clone().into(),
        Cell::Text(item.callback_type.as_str().to_owned()),
        Cell::Text(item.state.to_string()),
        item.result.map(|result| result.to_string()).into(),
        Cell::Time(Some(item.desired_time)),
        Cell::Text(item.overdue.to_string()),
        Cell::Time(Some(item.created_at)),
        item.metrics.created_by.clone().into(),
        Cell::Time(Some(item.updated_at)),
        Cell::Time(item.metrics.completed_at),
        Cell::Count(item.metrics.attempts_made),
        item.metrics.agent.clone().into(),
        Cell::Text(item.priority.to_string()),
        Cell::Time(item.metrics.first_attempted_at),
        item.metrics.attempted_on_time.map(|on_time| on_time.to_string()).into(),
        item.metrics.connected_on_time.map(|on_time| on_time.to_string()).into(),
    ]
}

/// Export callbacks
///
/// Everything that the filter matches when the export begins, by desired time as of then, however
/// much it is; without what does not match any more once its row is read. CSV and JSON lines are for programs, a spreadsheet is for people: it shows times as the clocks in `time_zone` do, in
/// UTC unless told, and has 100,000 rows at most.
#[utoipa::path(
    tag = "Callbacks",
    params(CallbackFilter, ExportQuery),
    responses((status = 200, description = "The file", content(
        (String = "text/csv"), (String = "application/x-ndjson"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    ))),
    extensions(("x-permission" = json!(["view_callbacks", "manage_callbacks"]))),
)]
#[get("/callbacks/export")]
pub async fn export_callbacks(
    api: web::Data<Api>,
    caller: Caller<permit::ExportCallbacks>,
    Query(mut filter, query): Query<CallbackFilter, ExportQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let format = query.format.unwrap_or_default();
    let usage = api.take(Use::Export, &caller)?;
    let sheet = if format == Format::Xlsx {
        let sheet = Sheet::new(filter.time_zone.as_deref(), &HEADINGS)?;
        // Without hours of the day the zone is not one of the filter.
        filter.time_zone.take_if(|_| filter.daily_from.is_none() && filter.daily_to.is_none());
        let up_to = CountQuery { up_to: Some(MAX_SHEET_ROWS + 1) };
        check_rows(api.queries.count(&caller, &filter, &up_to).await?.total)?;
        Some(sheet)
    } else {
        None
    };
    let export = api.queries.export(&caller, &filter).await?;
    // What was searched for may be a customer's number.
    let without_search = CallbackFilter { search: None, ..filter };
    let audit = Audit::of(AuditAction::CallbackExport).with("format", format).with("filter", without_search);
    api.commands.keep(audit, &caller).await?;
    if let Some(sheet) = sheet {
        return fill(sheet, &api, export, &request, usage).await;
    }
    let stream = futures_util::stream::try_unfold(
        (api.clone(), export, request.clone(), true, usage),
        move |(api, mut export, request, first, usage)| async move {
            // A caller who was shut out meanwhile gets no further piece.
            api.access.identify(&request).await?;
            let Some(items) = api.queries.export_page(&mut export).await? else {
                return Ok::<_, Error>(None);
            };
            let text = match format {
                Format::Csv | Format::Xlsx => lines(&items, first)?,
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
        Format::Csv | Format::Xlsx => ("text/csv; charset=utf-8", "callbacks.csv"),
        Format::Ndjson => ("application/x-ndjson", "callbacks.ndjson"),
    };
    Ok(download::send(&api, &request, media, Some(name), stream))
}

/// Writes every row of an export into a spreadsheet.
async fn fill(
    mut sheet: Sheet,
    api: &Api,
    mut export: Export,
    request: &HttpRequest,
    usage: Usage,
) -> Result<HttpResponse, Error> {
    while let Some(items) = api.queries.export_page(&mut export).await? {
        // A caller who was shut out meanwhile gets nothing.
        api.access.identify(request).await?;
        for item in &items {
            sheet.add(cells(item))?;
        }
    }
    sheet.send(api, request, usage, "callbacks.xlsx").await
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
            item.metrics.first_attempted_at.map(|at| at.to_string()).unwrap_or_default(),
            item.metrics.attempted_on_time.map(|on_time| on_time.to_string()).unwrap_or_default(),
            item.metrics.connected_on_time.map(|on_time| on_time.to_string()).unwrap_or_default(),
        ])
        .map_err(Error::internal)?;
    }
    Ok(Bytes::from(csv.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("csv: {error}")))?))
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn no_part_of_a_text_is_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("a;=1+1", "a;'=1+1"),
            ("a; \"@x", "a; \"'@x"),
            ("a\n+1", "a\n'+1"),
            ("＝1", "'＝1"),
            ("a-b = c", "a-b = c"),
        ] {
            assert_eq!(safe(text), expected);
        }
    }
}
