//! The tables that the server computes by.

use actix_web::{HttpResponse, get, web};
use ringback_domain::wire::reference::{ReferenceData, ReferenceQuery};

use crate::auth::{Caller, permit};
use crate::error::Error;
use crate::http::Api;
use crate::http::extract::{Query, QueryFields};

impl QueryFields for ReferenceQuery {
    const NAMES: &'static [&'static str] = &["time_zone"];
}

/// Read reference data
///
/// The releases of the server's tables, and what clocks in these time zones show by
/// them. A client whose own tables may be older shows the same wall times with it.
/// Names that the tables lack are left out.
#[utoipa::path(
    tag = "Operations",
    params(ReferenceQuery),
    responses((status = 200, description = "The tables", body = ReferenceData)),
)]
#[get("/reference-data")]
pub async fn get_reference_data(
    api: web::Data<Api>,
    _caller: Caller<permit::Anyone>,
    Query(query, ()): Query<ReferenceQuery>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(api.queries.reference_data(query.time_zone)?))
}
