//! Calendars of office hours, and capacity rules.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use ringback_domain::calendar::office_hours::Standing;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::calendar::{
    CapacityRule, CapacityRuleView, EditCapacityRule, EditOfficeHours, HolidaySet, ImportedCalendar,
    OfficeHoursCalendar, OfficeHoursView, OpenQuery, OpenState,
};
use ringback_domain::wire::callback::{Items, ServiceRef};
use ringback_domain::{CalendarId, CapacityRuleId};

use super::rules::{Shown, create, edit, list, one, read, remove};
use crate::auth::{Caller, permit};
use crate::command::{Audit, Expected, Tx, ics};
use crate::error::Error;
use crate::holiday_sets;
use crate::hours::office_hours;
use crate::http::extract::{File, FileKind, Idempotency, Json, LARGE_BODY_BYTES, Path, Query, QueryFields};
use crate::http::{Api, Reply};
use crate::store::rules::Kept;
use crate::time_zone;

/// iCalendar.
#[derive(Debug)]
pub struct CalendarFile;

impl FileKind for CalendarFile {
    const MEDIA_TYPE: &'static str = "text/calendar";
}

impl Shown for OfficeHoursCalendar {
    type View = OfficeHoursView;
    const PATH: &'static str = "office-hours";

    fn view(kept: &Kept<Self>, used_by: Vec<ServiceRef>) -> OfficeHoursView {
        OfficeHoursView::of(kept.calendar_id(), &kept.rule, used_by, kept.version)
    }
}

impl Shown for CapacityRule {
    type View = CapacityRuleView;
    const PATH: &'static str = "capacity-rules";

    fn view(kept: &Kept<Self>, used_by: Vec<ServiceRef>) -> CapacityRuleView {
        CapacityRuleView::of(kept.capacity_rule_id(), &kept.rule, used_by, kept.version)
    }
}

/// List calendars
///
/// Calendars of office hours, by name.
#[utoipa::path(
    tag = "Office hours",
    responses((status = 200, description = "The calendars", body = Items<OfficeHoursView>)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/office-hours")]
pub async fn list_calendars(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
) -> Result<HttpResponse, Error> {
    list::<OfficeHoursCalendar>(&api, &caller).await
}

/// Read a calendar
///
/// With the services that use it.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CalendarId, Path, description = "The calendar")),
    responses((status = 200, description = "The calendar", body = OfficeHoursView)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/office-hours/{id}")]
pub async fn get_calendar(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
    Path(id): Path<CalendarId>,
) -> Result<HttpResponse, Error> {
    one::<OfficeHoursCalendar>(&api, &caller, id.0).await
}

/// Create a calendar
///
/// It counts for the services that name it among their `open_calendars` or
/// `closed_calendars`.
#[utoipa::path(
    tag = "Office hours",
    request_body(content = OfficeHoursCalendar, example = json!({
        "name": "Berlin office", "time_zone": "Europe/Berlin",
        "weekly": {"mon": [{"from": "09:00", "to": "12:30"}, {"from": "13:30", "to": "18:00"}]},
        "exceptions": [{"date": "2026-12-25", "closed": true, "label": "Christmas Day"}]
    })),
    responses((status = 201, description = "Created", body = OfficeHoursView,
        headers(("Location" = String, description = "The new calendar")))),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[post("/office-hours")]
pub async fn create_calendar(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    idempotency: Idempotency,
    body: Json<OfficeHoursCalendar, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    create::<OfficeHoursCalendar>(&api, &caller, idempotency, AuditAction::CalendarCreate, body).await
}

/// Edit a calendar
///
/// What is not named stays; `weekly` and `exceptions` are replaced as a whole. What is
/// booked stays booked.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CalendarId, Path, description = "The calendar")),
    request_body(content = EditOfficeHours, example = json!({"weekly": {"fri": [{"from": "22:00", "to": "02:00"}]}})),
    responses((status = 200, description = "Changed", body = OfficeHoursView)),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[patch("/office-hours/{id}")]
pub async fn edit_calendar(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<CalendarId>,
    expected: Expected,
    body: Json<EditOfficeHours, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    let audit = Audit::about(AuditAction::CalendarEdit, id.0);
    edit::<OfficeHoursCalendar>(&api, &caller, audit, id.0, expected, body).await
}

/// Delete a calendar
///
/// While a service uses it, it cannot be deleted.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CalendarId, Path, description = "The calendar")),
    responses((status = 204, description = "Deleted")),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[delete("/office-hours/{id}")]
pub async fn delete_calendar(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<CalendarId>,
    expected: Expected,
) -> Result<HttpResponse, Error> {
    let audit = Audit::about(AuditAction::CalendarDelete, id.0);
    remove::<OfficeHoursCalendar>(&api, &caller, audit, id.0, expected).await
}

/// Ask whether a calendar is open
///
/// Now, or at another instant.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CalendarId, Path, description = "The calendar"), OpenQuery),
    responses((status = 200, description = "Whether it is open", body = OpenState)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/office-hours/{id}/open")]
pub async fn get_open_state(
    api: web::Data<Api>,
    _caller: Caller<permit::ViewServices>,
    Path(id): Path<CalendarId>,
    Query(query, ()): Query<OpenQuery>,
) -> Result<HttpResponse, Error> {
    let kept = read::<OfficeHoursCalendar>(&api, id.0).await?;
    let now = api.queries.clock.now();
    let clock = time_zone::clock(&kept.rule.time_zone, now).ok_or(Error::NotFound("calendar"))?;
    let (hours, at) = (office_hours(&kept.rule), query.at.unwrap_or(now));
    let Standing { open, since, until } = hours.standing(&clock, at);
    let label = hours.label(&clock, at).map(str::to_owned);
    Ok(HttpResponse::Ok().json(OpenState { open, since, until, label }))
}

/// Import a calendar file
///
/// The all-day events of an iCalendar file (RFC 5545) become exceptions, on whose dates the calendar is
/// closed; their source is `ics:` and the UID. An event that was imported before takes its new dates.
/// Other exceptions stay and count before an event. What is left out is listed with the reason.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CalendarId, Path, description = "The calendar")),
    request_body(content = String, content_type = "text/calendar", example = json!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:move@example.com\r\nDTSTART;VALUE=DATE:20261130\r\n\
         SUMMARY:Move\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )),
    responses((status = 200, description = "Taken in", body = ImportedCalendar,
        headers(("ETag" = String, description = "The version of the calendar")))),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[post("/office-hours/{id}/import")]
pub async fn import_calendar(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<CalendarId>,
    expected: Expected,
    idempotency: Idempotency,
    body: File<CalendarFile>,
) -> Result<HttpResponse, Error> {
    let key = idempotency.of(&caller, body.digest());
    let import = async move |tx: &mut Tx<'_>| {
        let (kept, imported) = ics::import(tx, id, expected, body.bytes()).await?;
        Ok(Reply::ok(&imported)?.of_version(kept.version))
    };
    let audit = Audit::about(AuditAction::CalendarImport, id.0);
    Ok(api.commands.run(audit, key, &caller, import).await?.into())
}

/// Export a calendar
///
/// Its exceptions as an iCalendar file of all-day events. Those with hours of their own have them as
/// `X-RINGBACK-HOURS`, which an import reads.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CalendarId, Path, description = "The calendar")),
    responses((status = 200, description = "The file", content((String = "text/calendar")))),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/office-hours/{id}/export")]
pub async fn export_calendar(
    api: web::Data<Api>,
    _caller: Caller<permit::ViewServices>,
    Path(id): Path<CalendarId>,
) -> Result<HttpResponse, Error> {
    let kept = read::<OfficeHoursCalendar>(&api, id.0).await?;
    let file = ics::export(id, &kept.rule, api.queries.clock.now());
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"office-hours.ics\""))
        .body(file))
}

/// List holiday sets
///
/// The public holidays of countries and their parts that a calendar can name as its `holiday_sets`, by
/// code.
#[utoipa::path(
    tag = "Office hours",
    responses((status = 200, description = "The sets", body = Items<HolidaySet>)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/holiday-sets")]
pub async fn list_holiday_sets(_caller: Caller<permit::ViewServices>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(Items { items: holiday_sets::list() }))
}

impl QueryFields for OpenQuery {
    const NAMES: &'static [&'static str] = &["at"];
}

/// List capacity rules
///
/// How many callbacks can be promised for each slot of the day, by name.
#[utoipa::path(
    tag = "Office hours",
    responses((status = 200, description = "The capacity rules", body = Items<CapacityRuleView>)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/capacity-rules")]
pub async fn list_capacity_rules(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
) -> Result<HttpResponse, Error> {
    list::<CapacityRule>(&api, &caller).await
}

/// Read a capacity rule
///
/// With the services that use it.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CapacityRuleId, Path, description = "The capacity rule")),
    responses((status = 200, description = "The capacity rule", body = CapacityRuleView)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/capacity-rules/{id}")]
pub async fn get_capacity_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
    Path(id): Path<CapacityRuleId>,
) -> Result<HttpResponse, Error> {
    one::<CapacityRule>(&api, &caller, id.0).await
}

/// Create a capacity rule
///
/// It counts for the services that name it as their `capacity_rule`, which share it.
#[utoipa::path(
    tag = "Office hours",
    request_body(content = CapacityRule, example = json!({
        "name": "Sales pool", "time_zone": "Europe/Berlin", "slot_minutes": 15,
        "weekly": {"mon": [{"from": "09:00", "to": "12:00", "capacity": 4}]},
        "exceptions": [{"date": "2026-12-24", "slots": [{"from": "09:00", "to": "12:00", "capacity": 1}]}]
    })),
    responses((status = 201, description = "Created", body = CapacityRuleView,
        headers(("Location" = String, description = "The new capacity rule")))),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[post("/capacity-rules")]
pub async fn create_capacity_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    idempotency: Idempotency,
    body: Json<CapacityRule, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    create::<CapacityRule>(&api, &caller, idempotency, AuditAction::CapacityRuleCreate, body).await
}

/// Edit a capacity rule
///
/// What is not named stays; `weekly` and `exceptions` are replaced as a whole. What is
/// booked stays booked, also where that is more than the slot can hold then.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CapacityRuleId, Path, description = "The capacity rule")),
    request_body(content = EditCapacityRule, example = json!({"weekly": {"fri": [{"from": "09:00", "to": "18:00", "capacity": 2}]}})),
    responses((status = 200, description = "Changed", body = CapacityRuleView)),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[patch("/capacity-rules/{id}")]
pub async fn edit_capacity_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<CapacityRuleId>,
    expected: Expected,
    body: Json<EditCapacityRule, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    let audit = Audit::about(AuditAction::CapacityRuleEdit, id.0);
    edit::<CapacityRule>(&api, &caller, audit, id.0, expected, body).await
}

/// Delete a capacity rule
///
/// While a service uses it, it cannot be deleted.
#[utoipa::path(
    tag = "Office hours",
    params(("id" = CapacityRuleId, Path, description = "The capacity rule")),
    responses((status = 204, description = "Deleted")),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[delete("/capacity-rules/{id}")]
pub async fn delete_capacity_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<CapacityRuleId>,
    expected: Expected,
) -> Result<HttpResponse, Error> {
    let audit = Audit::about(AuditAction::CapacityRuleDelete, id.0);
    remove::<CapacityRule>(&api, &caller, audit, id.0, expected).await
}
