//! Who did what.

use actix_web::{HttpResponse, get, web};
use ringback_domain::wire::audit::{AuditPage, AuditQuery};

use crate::auth::{Caller, permit};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Query, QueryFields};

impl QueryFields for AuditQuery {
    const NAMES: &'static [&'static str] = &["from", "to", "actor", "action", "object", "limit", "cursor"];
}

/// List the audit
///
/// Every command of people, machines and the operator, and every refusal of one, newest first;
/// an entry is in the list within a second. What routers do with a callback is on its timeline.
#[utoipa::path(
    tag = "Audit",
    params(AuditQuery),
    responses((status = 200, description = "The page", body = AuditPage, example = json!({
        "items": [{
            "number": 4211,
            "at": "2026-11-24T09:00:00Z",
            "actor": {"kind": "user", "id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2", "name": "supervisor"},
            "address": "192.0.2.7",
            "request_id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c3",
            "action": "callback.cancel",
            "object": {"kind": "callback", "id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c4"},
            "result": "accepted",
            "reason": null,
            "details": {},
            "previous_hash": "8c0dbb2a5a5bd5d8b6e2f3a7e4c1908f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d",
            "hash": "1f7c3a9e5b2d4c6f8e0a1b3c5d7e9f0a2b4c6d8e0f1a3b5c7d9e0f2a4b6c8d0e"
        }],
        "next": null
    }))),
    extensions(("x-permission" = json!("view_audit"))),
)]
#[get("/audit")]
pub async fn list_audit(
    api: web::Data<Api>,
    _caller: Caller<permit::ViewAudit>,
    Query(query, ()): Query<AuditQuery>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(api.queries.audit(&query).await?))
}
