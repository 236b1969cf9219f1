//! Rules on the numbers that services call.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use ringback_domain::NumberRuleId;
use ringback_domain::number_rule::NumberRule;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::{Items, ServiceRef};
use ringback_domain::wire::number_rule::{EditNumberRule, NumberRuleView, NumberTestQuery, NumberVerdict};
use ringback_domain::wire::problem::FieldCode;

use super::rules::{Shown, create, edit, list, one, remove};
use crate::auth::{Caller, permit};
use crate::command::{Audit, Expected};
use crate::error::Error;
use crate::fault::Field;
use crate::http::Api;
use crate::http::extract::{Idempotency, Json, LARGE_BODY_BYTES, Path, Query, QueryFields};
use crate::store::rules::Kept;

impl Shown for NumberRule {
    type View = NumberRuleView;
    const PATH: &'static str = "number-rules";

    fn view(kept: &Kept<Self>, used_by: Vec<ServiceRef>) -> NumberRuleView {
        NumberRuleView::of(kept.number_rule_id(), &kept.rule, used_by, kept.version)
    }
}

/// List number rules
///
/// By name, with the services that use them.
#[utoipa::path(
    tag = "Numbers",
    responses((status = 200, description = "The rules", body = Items<NumberRuleView>)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/number-rules")]
pub async fn list_number_rules(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
) -> Result<HttpResponse, Error> {
    list::<NumberRule>(&api, &caller).await
}

impl QueryFields for NumberTestQuery {
    const NAMES: &'static [&'static str] = &["service", "number"];
}

/// Try a number against the rules of a service
///
/// Whether a callback to it would be taken and dialled, and if not, the rule by which.
#[utoipa::path(
    tag = "Numbers",
    params(NumberTestQuery),
    responses((status = 200, description = "What the rules say", body = NumberVerdict)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/number-rules/test")]
pub async fn test_number(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
    Query(query, ()): Query<NumberTestQuery>,
) -> Result<HttpResponse, Error> {
    let services = api.queries.directory.services().await?;
    let service = query.service.and_then(|id| services.visible(id, &caller.visible));
    let unknown = || Error::invalid(Field::Service, FieldCode::Unknown, "There is no such service.");
    let verdict = api.queries.number_verdict(service.ok_or_else(unknown)?, &query.number).await?;
    Ok(HttpResponse::Ok().json(verdict))
}

/// Read a number rule
///
/// With the services that use it.
#[utoipa::path(
    tag = "Numbers",
    params(("id" = NumberRuleId, Path, description = "The rule")),
    responses((status = 200, description = "The rule", body = NumberRuleView)),
    extensions(("x-permission" = json!("view_services"))),
)]
#[get("/number-rules/{id}")]
pub async fn get_number_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ViewServices>,
    Path(id): Path<NumberRuleId>,
) -> Result<HttpResponse, Error> {
    one::<NumberRule>(&api, &caller, id.0).await
}

/// Create a number rule
///
/// It counts for the services that name it among their `number_rules`: when a callback is
/// promised, and again when its turn has come.
#[utoipa::path(
    tag = "Numbers",
    request_body(content = NumberRule, example = json!({
        "name": "Germany and Austria", "kind": "allow_countries", "countries": ["AT", "DE"]
    })),
    responses((status = 201, description = "Created", body = NumberRuleView,
        headers(("Location" = String, description = "The new rule")))),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[post("/number-rules")]
pub async fn create_number_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    idempotency: Idempotency,
    body: Json<NumberRule, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    create::<NumberRule>(&api, &caller, idempotency, AuditAction::NumberRuleCreate, body).await
}

/// Edit a number rule
///
/// What is not named stays. Callbacks that wait and may not be called any more complete as
/// `FAIL_NUMBER_BLOCKED` when their turn has come.
#[utoipa::path(
    tag = "Numbers",
    params(("id" = NumberRuleId, Path, description = "The rule")),
    request_body(content = EditNumberRule, example = json!({"countries": ["AT", "CH", "DE"]})),
    responses((status = 200, description = "Changed", body = NumberRuleView)),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[patch("/number-rules/{id}")]
pub async fn edit_number_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<NumberRuleId>,
    expected: Expected,
    body: Json<EditNumberRule, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error> {
    let audit = Audit::about(AuditAction::NumberRuleEdit, id.0);
    edit::<NumberRule>(&api, &caller, audit, id.0, expected, body).await
}

/// Delete a number rule
///
/// While a service uses it, it cannot be deleted.
#[utoipa::path(
    tag = "Numbers",
    params(("id" = NumberRuleId, Path, description = "The rule")),
    responses((status = 204, description = "Deleted")),
    extensions(("x-permission" = json!("manage_services"))),
)]
#[delete("/number-rules/{id}")]
pub async fn delete_number_rule(
    api: web::Data<Api>,
    caller: Caller<permit::ManageServices>,
    Path(id): Path<NumberRuleId>,
    expected: Expected,
) -> Result<HttpResponse, Error> {
    let audit = Audit::about(AuditAction::NumberRuleDelete, id.0);
    remove::<NumberRule>(&api, &caller, audit, id.0, expected).await
}
