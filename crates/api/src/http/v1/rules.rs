//! What calendars, capacity rules and number rules have in common.

use actix_web::HttpResponse;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::callback::{Items, ServiceRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::auth::Grant;
use crate::command::rules::Managed;
use crate::command::{Audit, Expected, Tx, rules as commands};
use crate::directory::Services;
use crate::error::Error;
use crate::http::extract::{Idempotency, Json, LARGE_BODY_BYTES};
use crate::http::{Api, Reply};
use crate::store::rules::{self, Kept};

/// A kind of rule as version 1 shows it.
pub(super) trait Shown: Managed + Send + Sync + 'static {
    type View: Serialize + DeserializeOwned;
    const PATH: &'static str;

    fn view(kept: &Kept<Self>, used_by: Vec<ServiceRef>) -> Self::View;
}

/// The services that use a rule, of those that the caller may see.
fn used_by<R: Shown>(id: Uuid, services: &Services, caller: &Grant) -> Vec<ServiceRef> {
    let uses = services.all().iter().filter(|service| R::is_used_by(id, service));
    let seen = uses.filter(|service| caller.visible.contains(service.id));
    seen.map(|service| ServiceRef { id: service.id, name: service.name.clone() }).collect()
}

pub(super) async fn list<R: Shown>(api: &Api, caller: &Grant) -> Result<HttpResponse, Error> {
    let services = api.queries.directory.services().await?;
    let kept = rules::list::<R>(&mut api.queries.store.read().await?).await?;
    let items = kept.iter().map(|kept| R::view(kept, used_by::<R>(kept.id, &services, caller))).collect();
    Ok(HttpResponse::Ok().json(Items::<R::View> { items }))
}

pub(super) async fn read<R: Shown>(api: &Api, id: Uuid) -> Result<Kept<R>, Error> {
    rules::find::<R>(&mut api.queries.store.read().await?, id).await?.ok_or(Error::NotFound(R::NOUN))
}

pub(super) async fn one<R: Shown>(api: &Api, caller: &Grant, id: Uuid) -> Result<HttpResponse, Error> {
    let services = api.queries.directory.services().await?;
    let kept = read::<R>(api, id).await?;
    let view = R::view(&kept, used_by::<R>(id, &services, caller));
    Ok(Reply::ok(&view)?.of_version(kept.version).into())
}

pub(super) async fn create<R: Shown>(
    api: &Api,
    caller: &Grant,
    idempotency: Idempotency,
    action: AuditAction,
    body: Json<R, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error>
where
    R::Edit: Default,
{
    let key = idempotency.of(caller, body.digest());
    let create = async move |tx: &mut Tx<'_>| {
        let kept = commands::create::<R>(tx, &body).await?;
        let location = format!("/api/v1/{}/{}", R::PATH, kept.id);
        Ok(Reply::created(location, &R::view(&kept, Vec::new()))?.of_version(kept.version))
    };
    Ok(api.commands.run(Audit::of(action), key, caller, create).await?.into())
}

pub(super) async fn edit<R: Shown>(
    api: &Api,
    caller: &Grant,
    audit: Audit,
    id: Uuid,
    expected: Expected,
    body: Json<R::Edit, LARGE_BODY_BYTES>,
) -> Result<HttpResponse, Error>
where
    R::Edit: Send + Sync + 'static,
{
    let services = api.queries.directory.services().await?;
    let used_by = used_by::<R>(id, &services, caller);
    let edit = async move |tx: &mut Tx<'_>| {
        let kept = commands::edit::<R>(tx, id, expected, &body).await?;
        Ok(Reply::ok(&R::view(&kept, used_by.clone()))?.of_version(kept.version))
    };
    Ok(api.commands.run(audit, None, caller, edit).await?.into())
}

pub(super) async fn remove<R: Shown>(
    api: &Api,
    caller: &Grant,
    audit: Audit,
    id: Uuid,
    expected: Expected,
) -> Result<HttpResponse, Error> {
    let delete = async move |tx: &mut Tx<'_>| commands::delete::<R>(tx, id, expected).await;
    api.commands.change(audit, caller, delete).await?;
    Ok(HttpResponse::NoContent().finish())
}
