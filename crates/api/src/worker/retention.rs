//! Removes what is kept no longer: records 14 days after their desired time,
//! names of customers some days after the callback is over, answers to
//! idempotency keys after a day, sessions that have ended, reports of
//! bulk cancellations.

use actix_web::web::Data;
use ringback_domain::Actor;
use ringback_domain::retention::RETENTION_DAYS;

use super::{CHUNK, HOLD_REMOVAL};
use crate::app::App;
use crate::error::Error;
use crate::store::{bulk, callbacks, idempotency, name_recordings, queue, sessions};

/// Finishes what was never finished, then removes what is over, a chunk of
/// each. Gives how many.
pub async fn round(app: &Data<App>) -> Result<u64, Error> {
    if !app.clock.is_steady(HOLD_REMOVAL) {
        return Ok(0);
    }
    let now = app.clock.now();
    let expired = app
        .store
        .write(async move |conn| {
            let actor = Actor::system("retention");
            let mut expired = Vec::new();
            for callback in queue::take_unfinished_past_keeping(conn, now, CHUNK).await? {
                let moved =
                    callback.expire(&actor, now).map_err(|refusal| Error::refused(refusal, &callback))?;
                callbacks::save(conn, &moved).await?;
                expired.push(moved);
            }
            Ok::<_, Error>(expired)
        })
        .await?;
    for moved in &expired {
        tracing::warn!(callback.id = %moved.callback.id, "a callback was not made while its record was kept");
        app.announce(moved);
    }
    let removed = app
        .store
        .write(async move |conn| {
            let removed = queue::purge(conn, now, CHUNK).await?;
            name_recordings::purge(conn, now).await?;
            idempotency::purge(conn, now).await?;
            sessions::purge(conn, now).await?;
            // A report names numbers: it is kept as long as a record is.
            bulk::purge(conn, now.plus_seconds(-RETENTION_DAYS * 86_400)).await?;
            Ok::<_, Error>(removed)
        })
        .await?;
    app.metrics.worker_lag("retention", 0.0);
    Ok(removed + expired.len() as u64)
}
