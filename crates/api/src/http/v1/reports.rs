//! Reports over callbacks.

use actix_web::{HttpRequest, HttpResponse, get, web};
use ringback_domain::Timestamp;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::bulk::{CancellationsFormat, CancellationsQuery, ReportLine};
use ringback_domain::wire::list::Page;

use super::bulk_cancellations::{HEADINGS, cells, report_csv};
use crate::auth::{Caller, permit};
use crate::command::Audit;
use crate::error::Error;
use crate::http::extract::{Query, QueryFields};
use crate::http::sheet::Sheet;
use crate::http::{Api, download};
use crate::limits::{Usage, Use};

impl QueryFields for CancellationsQuery {
    const NAMES: &'static [&'static str] =
        &["from", "to", "service", "cancelled_by", "format", "time_zone", "limit", "cursor"];
}

/// The name of a file with the days that it is about, in UTC.
fn file_name(query: &CancellationsQuery, extension: &str) -> String {
    let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
    let from = query.from.map(|from| format!("-from-{}", day(from))).unwrap_or_default();
    // The end is no part of the time.
    let to = query.to.map(|to| format!("-to-{}", day(Timestamp::from_micros(to.micros() - 1))));
    format!("cancellations{from}{}.{extension}", to.unwrap_or_default())
}

/// Report cancellations
///
/// Every callback that was cancelled in a time and is still kept, alone or with
/// others, by whomever, of the services that the caller may see, earliest first.
/// CSV and spreadsheets are whole; JSON comes page by page.
#[utoipa::path(
    tag = "Reports",
    params(CancellationsQuery),
    responses((status = 200, description = "The report", content(
        (Page<ReportLine> = "application/json"), (String = "text/csv"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    ))),
    extensions(("x-permission" = json!(["view_callbacks", "manage_callbacks"]))),
)]
#[get("/reports/cancellations")]
pub async fn report_cancellations(
    api: web::Data<Api>,
    caller: Caller<permit::ExportCallbacks>,
    Query(query, ()): Query<CancellationsQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let format = query.format.unwrap_or_default();
    let usage = api.take(Use::Export, &caller)?;
    // Before anything is sent: a query that is wrong leaves no entry.
    let first = api.queries.cancellations(&caller, &query).await?;
    let audit = Audit::of(AuditAction::CancellationExport).with("from", query.from).with("to", query.to);
    api.commands.keep(audit, &caller).await?;
    match format {
        CancellationsFormat::Json => Ok(HttpResponse::Ok().json(first)),
        CancellationsFormat::Xlsx => sheet(&api, query, first, &request, usage).await,
        CancellationsFormat::Csv => {
            let name = file_name(&query, "csv");
            let stream = futures_util::stream::try_unfold(
                (api.clone(), query, request.clone(), Some(first), true, usage),
                move |(api, mut query, request, page, begins, usage)| async move {
                    let Some(page) = page else { return Ok::<_, Error>(None) };
                    let text = report_csv(&page.items, begins)?;
                    let next = following(&api, &mut query, page.next, &request).await?;
                    Ok(Some((text, (api, query, request, next, false, usage))))
                },
            );
            Ok(download::send(&api, &request, "text/csv; charset=utf-8", Some(&name), stream))
        }
    }
}

/// The page after another one, for a caller who was not shut out meanwhile.
async fn following(
    api: &Api,
    query: &mut CancellationsQuery,
    cursor: Option<String>,
    request: &HttpRequest,
) -> Result<Option<Page<ReportLine>>, Error> {
    if cursor.is_none() {
        return Ok(None);
    }
    query.cursor = cursor;
    let caller = api.access.identify(request).await?;
    api.queries.cancellations(&caller, query).await.map(Some)
}

async fn sheet(
    api: &Api,
    mut query: CancellationsQuery,
    first: Page<ReportLine>,
    request: &HttpRequest,
    usage: Usage,
) -> Result<HttpResponse, Error> {
    let mut sheet = Sheet::new(query.time_zone.as_deref(), &HEADINGS)?;
    let mut page = Some(first);
    while let Some(Page { items, next, .. }) = page {
        for line in items {
            sheet.add(cells(line))?;
        }
        page = following(api, &mut query, next, request).await?;
    }
    sheet.send(api, request, usage, &file_name(&query, "xlsx")).await
}
