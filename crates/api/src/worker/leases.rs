//! ROUTING → QUEUED, when a reservation ran out: within a second of it.

use actix_web::web::Data;
use ringback_domain::Actor;

use super::{CHUNK, HOLD, seconds_late};
use crate::app::App;
use crate::error::Error;
use crate::store::{callbacks, queue};

/// Gives back what nobody holds any more, a chunk of it. Gives how many.
pub async fn round(app: &Data<App>) -> Result<u64, Error> {
    if !app.clock.is_steady(HOLD) {
        return Ok(0);
    }
    let now = app.clock.now();
    let next = queue::next_lease_end(&mut app.store.read().await?).await?;
    app.metrics.worker_lag("leases", next.map_or(0.0, |end| seconds_late(end, now)));
    if next.is_none_or(|end| end > now) {
        return Ok(0);
    }
    let returned = app
        .store
        .write(async move |conn| {
            let actor = Actor::system("leases");
            let mut returned = Vec::new();
            for callback in queue::take_expired_leases(conn, now, CHUNK).await? {
                let moved = callback
                    .expire_lease(&actor, now)
                    .map_err(|refusal| Error::refused(refusal, &callback))?;
                callbacks::save(conn, &moved).await?;
                returned.push(moved);
            }
            Ok::<_, Error>(returned)
        })
        .await?;
    for moved in &returned {
        app.announce(moved);
    }
    Ok(returned.len() as u64)
}
