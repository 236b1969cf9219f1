//! What a bulk reschedule would move where, and what became of it.

use std::collections::HashSet;

use ringback_domain::calendar::spread::Placement;
use ringback_domain::callback::Callback;
use ringback_domain::wire::bulk::JobState;
use ringback_domain::wire::bulk_reschedule::{MAX_MOVES, MoveItem, MoveItemsQuery, MoveOutcome, SpreadRange};
use ringback_domain::wire::list::{CountByState, PAGE_LIMIT, Page};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CallbackId, DesiredTime, JobId, Service, StateName, VisibleServices};

use super::Queries;
use super::bulk::Selector;
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::phone;
use crate::spread::plan;
use crate::store::bulk_reschedule::{self as store, Item, Proposal, Selection};
use crate::store::list::ids_by_state;
use crate::store::{Conn, callbacks};

/// The callbacks that are selected, and the ids of those that the caller may not see.
struct Found {
    by_state: CountByState,
    visible: Vec<Callback>,
    hidden: Vec<CallbackId>,
}

async fn find(conn: &mut Conn, selector: &Selector, grant: &Grant) -> Result<Found, Error> {
    let mut by_state = CountByState::default();
    match selector {
        Selector::Named(ids) => {
            let mut visible = callbacks::find_all(conn, ids).await?;
            visible.retain(|callback| grant.visible.contains(callback.request.service_id));
            for callback in &visible {
                *by_state.of(callback.state.name()) += 1;
            }
            let seen: HashSet<CallbackId> = visible.iter().map(|callback| callback.id).collect();
            let hidden = ids.iter().filter(|id| !seen.contains(id)).copied().collect();
            Ok(Found { by_state, visible, hidden })
        }
        Selector::Matching(selection) => {
            let mut scheduled = Vec::new();
            for (state, ids) in ids_by_state(conn, selection).await? {
                *by_state.of(state) = ids.len() as u64;
                if state == StateName::Scheduled {
                    scheduled.extend(ids);
                }
            }
            if scheduled.len() > MAX_MOVES {
                let detail =
                    format!("{} callbacks are SCHEDULED there. Choose at most {MAX_MOVES}.", scheduled.len());
                return Err(Error::invalid("/range", FieldCode::OutOfRange, detail));
            }
            let visible = callbacks::find_all(conn, &scheduled).await?;
            Ok(Found { by_state, visible, hidden: Vec::new() })
        }
    }
}

fn selection(callback: &Callback) -> Selection {
    Selection {
        service: callback.request.service_id,
        customer_number: callback.request.customer_number.as_str().to_owned(),
        was: DesiredTime {
            at: callback.desired_time,
            wall: callback.wall_time.clone(),
            outside_hours: callback.spared_until.is_some(),
        },
        version: callback.version,
    }
}

impl Queries {
    /// What would be moved where, as things are now.
    ///
    /// # Errors
    /// [`Error::Invalid`] if too many are selected; if the database cannot be read.
    pub async fn propose(
        &self,
        selector: &Selector,
        into: SpreadRange,
        grant: &Grant,
    ) -> Result<Proposal, Error> {
        let now = self.clock.now();
        let services = self.directory.services().await?;
        let _room = self.scan().await?;
        let mut conn = self.store.read().await?;
        let Found { by_state, visible, hidden } = find(&mut conn, selector, grant).await?;
        let is_movable = |callback: &Callback| {
            callback.state.name() == StateName::Scheduled && callback.cancellation.is_none()
        };
        let (mut movable, others): (Vec<_>, Vec<_>) = visible.into_iter().partition(is_movable);
        movable.sort_by_key(|callback| {
            let arrived = callback.request.arrived_at.unwrap_or(callback.created_at);
            (callback.desired_time, arrived, callback.id)
        });
        let all: Vec<&Service> = services.all().iter().collect();
        let plan = plan(&mut conn, &all, services.rules(), now, into, &movable).await?;
        let placed = movable.iter().zip(plan.placements).map(|(callback, placement)| {
            let (moved_to, outcome) = match placement {
                Placement::Moves(to) => (Some(to), None),
                Placement::AlreadyThere => (None, Some(MoveOutcome::AlreadyThere)),
                Placement::Stays(reason) => (None, Some(reason.into())),
            };
            (callback.id, Some(selection(callback)), moved_to, outcome)
        });
        let not_scheduled = others
            .iter()
            .map(|callback| (callback.id, Some(selection(callback)), None, Some(MoveOutcome::NotScheduled)));
        let not_permitted = hidden.iter().map(|id| (*id, None, None, Some(MoveOutcome::NotPermitted)));
        let items = (1..).zip(placed.chain(not_scheduled).chain(not_permitted));
        let items = items
            .map(|(number, (callback, selected, moved_to, outcome))| Item {
                number,
                callback,
                selected,
                moved_to,
                outcome,
                undo_outcome: None,
            })
            .collect();
        Ok(Proposal { selected: by_state, items, slots: plan.slots })
    }

    /// A page of the callbacks of a job. What the reader may not see is left out; in a job of
    /// their own, whose ids they know, such lines have the id and the outcomes only.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such job that the caller may see; [`Error::Invalid`] if
    /// the query is invalid.
    pub async fn move_items(
        &self,
        id: JobId,
        grant: &Grant,
        query: &MoveItemsQuery,
    ) -> Result<Page<MoveItem>, Error> {
        let limit = query.limit.unwrap_or(PAGE_LIMIT);
        if !(1..=PAGE_LIMIT).contains(&limit) {
            let detail = format!("`limit` must be between 1 and {PAGE_LIMIT}.");
            return Err(Error::invalid(Part::Parameter(Field::Limit), FieldCode::OutOfRange, detail));
        }
        let mut after = match query.cursor.as_deref().map(str::parse::<u32>) {
            None => 0,
            Some(Ok(number)) => u64::from(number),
            Some(Err(_)) => {
                let cursor = Part::Parameter(Field::Cursor);
                let detail = "Use `next` of a page as `cursor`.";
                return Err(Error::invalid(cursor, FieldCode::InvalidValue, detail));
            }
        };
        let mut conn = self.store.read().await?;
        let found = store::find(&mut conn, id, grant.whose_jobs()).await?;
        let found = found.ok_or(Error::NotFound("bulk reschedule"))?;
        let is_own = found.owner == grant.owner;
        let mut page = Vec::new();
        loop {
            let items = store::items(&mut conn, id, after, PAGE_LIMIT).await?;
            let is_last = items.len() < PAGE_LIMIT as usize;
            for item in items {
                if page.len() == limit as usize {
                    return Ok(Page { items: page, next: Some(after.to_string()), previous: None });
                }
                after = item.number;
                page.extend(
                    view(item, found.job.state, is_own, &grant.visible)
                        .filter(|item| !query.stayed.unwrap_or_default() || stayed(item)),
                );
            }
            if is_last {
                return Ok(Page { items: page, next: None, previous: None });
            }
        }
    }
}

/// Whether a callback is not where the job, or undoing it, was to move it.
fn stayed(item: &MoveItem) -> bool {
    let last = item.undo_outcome.or(item.outcome);
    last.is_some_and(|outcome| outcome != MoveOutcome::Moved)
}

fn view(item: Item, state: JobState, is_own: bool, visible: &VisibleServices) -> Option<MoveItem> {
    let shown = item.selected.filter(|one| visible.contains(one.service));
    if shown.is_none() && !is_own {
        return None;
    }
    let stopped = (state == JobState::Stopped).then_some(MoveOutcome::Stopped);
    let outcome = item.outcome.or(stopped);
    let stays = matches!(outcome, Some(outcome) if outcome != MoveOutcome::Moved);
    let number = shown.as_ref().map(|one| one.customer_number.clone());
    Some(MoveItem {
        callback_id: item.callback,
        service_id: shown.as_ref().map(|one| one.service),
        customer_number_formatted: number.as_deref().map(phone::format),
        customer_number: number,
        from: shown.as_ref().map(|one| one.was.at),
        to: item.moved_to.filter(|_| shown.is_some() && !stays),
        outcome,
        undo_outcome: item.undo_outcome,
    })
}
