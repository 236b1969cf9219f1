//! Lists, counts, searches and single records.

use std::sync::Arc;

use ringback_domain::callback::Callback;
use ringback_domain::callback::waiting::WaitingReason;
use ringback_domain::wire::callback::{AttemptView, CallbackView, TimelineEntry};
use ringback_domain::wire::list::{
    CallbackCount, CallbackFilter, CountQuery, FindQuery, NUMBERED_ROWS, PAGE_LIMIT, PageQuery, Sort,
};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CallbackId, DialResult};

use super::view::{self, Viewer};
use super::{Queries, RenderedRow, filter};
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::phone::Sought;
use crate::store::list::{self, Cursor, MIN_INDEXED_DIGITS, Search, Selection, Start};
use crate::store::{callbacks, name_recordings, queue, timeline};

/// A page of a list, as JSON.
#[derive(Debug)]
pub struct RenderedPage {
    /// The rows.
    pub rows: Vec<Arc<RenderedRow>>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<String>,
    /// Cursor of the previous page; `None` on the first.
    pub previous: Option<String>,
}

fn start(query: &PageQuery, limit: u32) -> Result<Start, Error> {
    match (&query.cursor, query.page) {
        (Some(_), Some(_)) => Err(Error::invalid(
            Part::Parameter(Field::Page),
            FieldCode::Conflict,
            "Give either `cursor` or `page`, not both.",
        )),
        (Some(text), None) => Cursor::decode(text).map(Start::At).ok_or_else(|| {
            let detail = "Unknown cursor. Use `next` or `previous` of a page.";
            Error::invalid(Part::Parameter(Field::Cursor), FieldCode::InvalidValue, detail)
        }),
        (None, Some(0)) => Err(Error::invalid(
            Part::Parameter(Field::Page),
            FieldCode::OutOfRange,
            "`page` must be at least 1.",
        )),
        (None, Some(page)) => match (page - 1).checked_mul(limit) {
            Some(rows) if rows < NUMBERED_ROWS => Ok(Start::Skip(rows)),
            _ => {
                let detail =
                    format!("`page` reaches the first {NUMBERED_ROWS} rows. Follow `next` from there.");
                Err(Error::invalid(Part::Parameter(Field::Page), FieldCode::OutOfRange, detail))
            }
        },
        (None, None) => Ok(Start::First),
    }
}

impl Queries {
    /// A page of the callbacks that match.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the filter or the page is invalid.
    pub async fn page(
        &self,
        grant: &Grant,
        filter: &CallbackFilter,
        page: &PageQuery,
    ) -> Result<RenderedPage, Error> {
        let limit = page.limit.unwrap_or(PAGE_LIMIT);
        if !(1..=PAGE_LIMIT).contains(&limit) {
            let detail = format!("`limit` must be between 1 and {PAGE_LIMIT}.");
            return Err(Error::invalid(Part::Parameter(Field::Limit), FieldCode::OutOfRange, detail));
        }
        let (start, now) = (start(page, limit)?, self.clock.now());
        let services = self.directory.services().await?;
        let selection = filter::of_filter(filter, &services, grant, now)?;
        let sort = page.sort.unwrap_or_default();
        let _room = if selection.search.is_some() { Some(self.scan().await?) } else { None };
        let mut conn = self.store.read().await?;
        let rows =
            list::page(&mut conn, &self.row_cache, &selection, sort, start, limit, &services.ids()).await?;
        drop(conn);
        Ok(RenderedPage {
            next: rows.next.map(|cursor| cursor.encode()),
            previous: rows.previous.map(|cursor| cursor.encode()),
            rows: self.rendered(&rows.rows, Viewer::of(grant, now), rows.in_demand).await?,
        })
    }

    /// The number of callbacks that match, by state.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the filter is invalid.
    pub async fn count(
        &self,
        grant: &Grant,
        filter: &CallbackFilter,
        count: &CountQuery,
    ) -> Result<CallbackCount, Error> {
        if count.up_to == Some(0) {
            let detail = "`up_to` must be at least 1.";
            return Err(Error::invalid(Part::Parameter(Field::UpTo), FieldCode::OutOfRange, detail));
        }
        let now = self.clock.now();
        let services = self.directory.services().await?;
        let selection = filter::of_filter(filter, &services, grant, now)?;
        let is_scan = count.up_to.is_none() || selection.search.is_some();
        let _room = if is_scan { Some(self.scan().await?) } else { None };
        let mut conn = self.store.read().await?;
        let number_parts = filter::number_parts(filter, &services, grant);
        Ok(CallbackCount { number_parts, ..list::count(&mut conn, &selection, count.up_to, now).await? })
    }

    /// *Callback Search*: the callback with this id, or all with this number or, if
    /// there are none, with this part of their number, latest desired time first.
    ///
    /// # Errors
    /// [`Error::Invalid`] if neither an id nor a number is given, or both.
    pub async fn search(&self, grant: &Grant, query: &FindQuery) -> Result<Vec<Arc<RenderedRow>>, Error> {
        filter::check_length(Field::Id, query.id.as_deref())?;
        filter::check_length(Field::CustomerNumber, query.customer_number.as_deref())?;
        let services = self.directory.services().await?;
        let (id, sought) = match (&query.id, &query.customer_number) {
            (Some(id), None) => {
                let detail = "Give the whole callback ID, a UUID.";
                let id = id.trim().parse().map_err(|_| {
                    Error::invalid(Part::Parameter(Field::Id), FieldCode::InvalidValue, detail)
                })?;
                (Some(id), Sought::default())
            }
            (None, Some(text)) => {
                let mut sought = filter::number(text, &services, grant);
                sought.parts.retain(|part| part.len() >= MIN_INDEXED_DIGITS);
                if sought.parts.is_empty() {
                    let detail = format!(
                        "Give a phone number or at least {MIN_INDEXED_DIGITS} digits of one, for example +44 20 7946 0318."
                    );
                    return Err(Error::invalid(
                        Part::Parameter(Field::CustomerNumber),
                        FieldCode::MalformedNumber,
                        detail,
                    ));
                }
                (None, sought)
            }
            _ => {
                return Err(Error::invalid(
                    Part::Parameter(Field::Id),
                    FieldCode::Required,
                    "Give either `id` or `customer_number`.",
                ));
            }
        };
        let visible = filter::visible(&services, grant);
        let mut conn = self.store.read().await?;
        let (cache, numbers) = (&self.row_cache, &sought.numbers);
        let mut rows = list::find(&mut conn, cache, numbers, id, visible.as_deref(), PAGE_LIMIT).await?;
        drop(conn);
        if rows.is_empty() && !sought.parts.is_empty() {
            let selection = Selection {
                services: visible,
                search: Some(Search::of_number(sought.parts)),
                ..Selection::default()
            };
            let _room = self.scan().await?;
            let mut conn = self.store.read().await?;
            let sort = Sort::DesiredTimeDescending;
            let found = list::page(&mut conn, cache, &selection, sort, Start::First, PAGE_LIMIT, &[]).await?;
            rows = found.rows;
        }
        self.rendered(&rows, Viewer::of(grant, self.clock.now()), true).await
    }

    /// A full record, with its current position in the queue, its dial results
    /// and its name recording.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist or is not visible.
    pub async fn record(&self, grant: &Grant, id: CallbackId) -> Result<CallbackView, Error> {
        let viewer = Viewer::of(grant, self.clock.now());
        // Both may take a connection, so they come before this one is taken:
        // requests that hold one and wait for another would block each other.
        let services = self.directory.services().await?;
        let positions = self.positions().await?;
        let conn = &mut self.store.read().await?;
        let callback = callbacks::find(conn, id, &grant.visible).await?.ok_or(Error::NotFound("callback"))?;
        let is_called = queue::is_called(conn, id).await?;
        let mut view = view::of_callback(&callback, is_called, &services, viewer);
        if view.waiting_for.is_some_and(|waiting| waiting.reason == WaitingReason::Agent) {
            let position = queue::ahead_of(conn, &callback, viewer.now()).await? + 1;
            view.metrics.position_in_queue = Some(position);
            view.metrics.estimated_wait_seconds =
                positions.estimated_wait_seconds(callback.request.service_id, position);
        }
        view.name_recording = name_recordings::describe(conn, &callback).await?;
        let attempts = timeline::attempts(conn, callback.id).await?;
        view.metrics.dial_results =
            attempts.into_iter().filter_map(|attempt| attempt.dial_result).collect::<Vec<DialResult>>();
        Ok(view)
    }

    /// Every change of a callback, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist or is not visible.
    pub async fn timeline(&self, grant: &Grant, id: CallbackId) -> Result<Vec<TimelineEntry>, Error> {
        let conn = &mut self.store.read().await?;
        callbacks::find(conn, id, &grant.visible).await?.ok_or(Error::NotFound("callback"))?;
        Ok(timeline::of_callback(conn, id).await?)
    }

    /// Every reservation of a callback, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist or is not visible.
    pub async fn attempts(&self, grant: &Grant, id: CallbackId) -> Result<Vec<AttemptView>, Error> {
        let conn = &mut self.store.read().await?;
        callbacks::find(conn, id, &grant.visible).await?.ok_or(Error::NotFound("callback"))?;
        Ok(timeline::attempts(conn, id).await?)
    }

    /// What the caller holds as a router, in the order of the reservations.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn open_attempts(&self, grant: &Grant, agent: Option<&str>) -> Result<Vec<Callback>, Error> {
        let mut open = queue::open_of(&mut self.store.read().await?, &grant.owner).await?;
        open.retain(|callback| {
            let held = callback.state.reservation();
            grant.visible.contains(callback.request.service_id)
                && agent.is_none_or(|agent| held.is_some_and(|held| held.agent == agent))
        });
        Ok(open)
    }
}
