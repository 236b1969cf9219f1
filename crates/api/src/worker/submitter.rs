//! SCHEDULED → QUEUED, when the desired time has come.

use actix_web::web::Data;
use ringback_domain::Actor;

use super::{CHUNK, HOLD, seconds_late};
use crate::app::App;
use crate::error::Error;
use crate::store::{callbacks, queue};

/// Submits what is due, a chunk of it. Gives how many.
pub async fn round(app: &Data<App>) -> Result<u64, Error> {
    if !app.clock.is_steady(HOLD) {
        return Ok(0);
    }
    let now = app.clock.now();
    let next = queue::next_due(&mut app.store.read().await?).await?;
    app.metrics.worker_lag("submitter", next.map_or(0.0, |due| seconds_late(due, now)));
    if next.is_none_or(|due| due > now) {
        return Ok(0);
    }
    let submitted = app
        .store
        .write(async move |conn| {
            let actor = Actor::system("scheduler");
            let mut submitted = Vec::new();
            for callback in queue::take_due(conn, now, CHUNK).await? {
                let moved =
                    callback.submit(&actor, now).map_err(|refusal| Error::refused(refusal, &callback))?;
                callbacks::save(conn, &moved).await?;
                submitted.push(moved);
            }
            Ok::<_, Error>(submitted)
        })
        .await?;
    for moved in &submitted {
        app.announce(moved);
    }
    Ok(submitted.len() as u64)
}
