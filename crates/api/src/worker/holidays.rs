//! Brings calendars up to date with their holiday sets: each day those of another day are near.

use std::time::Duration;

use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::calendar::{MAX_EXCEPTIONS, OfficeHoursCalendar};

use super::Workers;
use crate::auth::Grant;
use crate::command::{Audit, Tx, rules};
use crate::error::Error;
use crate::holiday_sets;
use crate::store::rules as kept;

/// How often calendars are looked at: a day may begin in any zone.
pub const INTERVAL: Duration = Duration::from_mins(1);

/// Changes the calendars that lack a holiday. Gives how many.
///
/// # Errors
/// If the database is not available.
pub async fn round(workers: &Workers) -> Result<u64, Error> {
    let calendars = kept::list::<OfficeHoursCalendar>(&mut workers.store.read().await?).await?;
    let (now, mut changed) = (workers.clock.now(), 0);
    for calendar in calendars.iter().filter(|calendar| !calendar.rule.holiday_sets.is_empty()) {
        let mut current = calendar.rule.clone();
        holiday_sets::follow(&mut current, now);
        if current.exceptions.len() > MAX_EXCEPTIONS {
            tracing::warn!(calendar = calendar.rule.name, "a calendar has no room for its holidays");
        } else if current != calendar.rule {
            let id = calendar.id;
            let audit = Audit::about(AuditAction::CalendarEdit, id);
            let follow = async move |tx: &mut Tx<'_>| rules::follow_holidays(tx, id).await;
            workers.commands.change(audit, &Grant::system("holidays"), follow).await?;
            changed += 1;
        }
    }
    Ok(changed)
}
