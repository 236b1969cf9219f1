//! What a bulk cancellation selects, and its report.

use std::collections::{HashMap, HashSet};

use ringback_domain::wire::bulk::{BulkCancellation, JobState, Outcome, ReportLine};
use ringback_domain::{CallbackId, VisibleServices};

use super::Queries;
use crate::auth::Grant;
use crate::error::Error;
use crate::phone;
use crate::store::bulk::{self, Item, Selected};
use crate::store::callbacks;
use crate::store::list::{Selection, ids_by_state};

/// Lines of a report that are read at once.
const REPORT_LINES: usize = 1_000;

/// What a request selects.
#[derive(Clone, Debug)]
pub enum Selector {
    /// These callbacks.
    Named(Vec<CallbackId>),
    /// Everything that matches.
    Matching(Box<Selection>),
}

impl Queries {
    /// The callbacks that are selected now.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn select(&self, selector: &Selector, grant: &Grant) -> Result<Selected, Error> {
        let _room = self.scan().await?;
        let mut conn = self.store.read().await?;
        let mut selected = Selected::default();
        match selector {
            Selector::Matching(selection) => {
                for (state, ids) in ids_by_state(&mut conn, selection).await? {
                    *selected.by_state.of(state) = ids.len() as u64;
                    selected.permitted.extend(ids);
                }
            }
            Selector::Named(ids) => {
                let found = callbacks::find_all(&mut conn, ids).await?;
                let states: HashMap<CallbackId, _> = found
                    .iter()
                    .filter(|callback| grant.visible.contains(callback.request.service_id))
                    .map(|callback| (callback.id, callback.state.name()))
                    .collect();
                (selected.permitted, selected.not_permitted) =
                    ids.iter().copied().partition(|id| states.contains_key(id));
                for state in states.into_values() {
                    *selected.by_state.of(state) += 1;
                }
            }
        }
        Ok(selected)
    }

    /// The next lines of the report after this number, with the number of the
    /// last: first what was selected, then what the caller may not cancel. No
    /// lines are left if there are none. What the reader may not see is left out;
    /// in a job of their own, whose ids they know, such lines have the id and the
    /// outcome only.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn report(
        &self,
        job: &BulkCancellation,
        is_own: bool,
        mut after: u64,
        visible: &VisibleServices,
    ) -> Result<(Vec<ReportLine>, u64), Error> {
        loop {
            let (mut lines, last) = self.report_lines(job, after).await?;
            let is_end = lines.is_empty();
            let hidden = self.hidden(&lines, visible).await?;
            for line in &mut lines {
                if hidden.contains(&line.callback_id) {
                    *line = ReportLine { outcome: line.outcome, ..ReportLine::of_id(line.callback_id) };
                }
                line.customer_number_formatted = line.customer_number.as_deref().map(phone::format);
            }
            if !is_own {
                lines.retain(|line| !hidden.contains(&line.callback_id));
            }
            if is_end || !lines.is_empty() {
                return Ok((lines, last));
            }
            after = last;
        }
    }

    /// The callbacks of these lines that a reader may not see, or that do not exist any more so
    /// that nobody can say.
    async fn hidden(
        &self,
        lines: &[ReportLine],
        visible: &VisibleServices,
    ) -> Result<HashSet<CallbackId>, Error> {
        let services = self.directory.services().await?;
        let (seen, unseen): (Vec<_>, Vec<_>) =
            services.all().iter().partition(|service| visible.contains(service.id));
        if unseen.is_empty() {
            return Ok(HashSet::new());
        }
        // A line keeps the name that its service had; one of what its owner could not cancel has none.
        let seen_names: HashSet<&str> = seen.iter().map(|service| service.name.as_str()).collect();
        let is_seen =
            |line: &&ReportLine| line.service.as_deref().is_some_and(|name| seen_names.contains(name));
        let doubtful: Vec<CallbackId> =
            lines.iter().filter(|line| !is_seen(line)).map(|line| line.callback_id).collect();
        if doubtful.is_empty() {
            return Ok(HashSet::new());
        }
        let found = callbacks::find_all(&mut self.store.read().await?, &doubtful).await?;
        let mut hidden: HashSet<CallbackId> = doubtful.into_iter().collect();
        for callback in found.iter().filter(|callback| visible.contains(callback.request.service_id)) {
            hidden.remove(&callback.id);
        }
        Ok(hidden)
    }

    async fn report_lines(
        &self,
        job: &BulkCancellation,
        after: u64,
    ) -> Result<(Vec<ReportLine>, u64), Error> {
        let services = self.directory.services().await?;
        let _turn = self.export_turn().await?;
        let mut conn = self.store.read().await?;
        let items = bulk::settled(&mut conn, job.id, after, REPORT_LINES).await?;
        let adjacent = (after + 1..).zip(items).take_while(|(number, item)| item.number == *number);
        let settled: Vec<ReportLine> = adjacent.map(|(_, Item { line, .. })| line).collect();
        if !settled.is_empty() {
            let last = after + settled.len() as u64;
            return Ok((settled, last));
        }
        // What the job has not come to is shown as it is now.
        let ids = bulk::selected(&mut conn, job.id, after, REPORT_LINES).await?;
        let found = callbacks::find_all(&mut conn, &ids).await?;
        let found: HashMap<CallbackId, _> =
            found.into_iter().map(|callback| (callback.id, callback)).collect();
        let outcome = (job.state == JobState::Stopped).then_some(Outcome::Stopped);
        let line = |id: &CallbackId| {
            let line = found.get(id).map(|callback| services.report_line(callback));
            ReportLine { outcome, ..line.unwrap_or(ReportLine::of_id(*id)) }
        };
        Ok((ids.iter().map(line).collect(), after + ids.len() as u64))
    }
}
