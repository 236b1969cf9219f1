//! Rows of the list as JSON, cached: most of a page stays the same from one
//! request to the next, and writing it takes longer than finding it.

use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;
use ringback_domain::CallbackId;
use ringback_domain::callback::rules;
use ringback_domain::callback::waiting::WaitingFor;
use sonic_rs::{OwnedLazyValue, to_lazyvalue};

use super::Queries;
use super::view::{self, Viewer};
use crate::directory::Services;
use crate::error::Error;
use crate::positions::Positions;
use crate::store::list::Summary;

/// Cached rows: a hundred pages, some 25 MB.
const MAX_ROWS: usize = 25_000;

/// Inputs of a row's JSON, beside the viewer's rights: a cached row is used only
/// if all of them match.
#[derive(Debug)]
struct RenderKey {
    version: i64,
    overdue: bool,
    waiting_for: Option<WaitingFor>,
    position: Option<u32>,
    wait: Option<u32>,
    service: String,
    max_attempts: u32,
}

/// A row of a list as JSON.
#[derive(Debug)]
pub struct RenderedRow {
    key: RenderKey,
    /// The JSON of a `CallbackView`.
    pub json: OwnedLazyValue,
}

/// Recently rendered rows, separately for viewers who may manage callbacks and
/// for others.
pub(super) struct RenderCache(Cache<(CallbackId, bool), Arc<RenderedRow>>);

impl Default for RenderCache {
    fn default() -> Self {
        Self(Cache::new(MAX_ROWS))
    }
}

impl fmt::Debug for RenderCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderCache").field("rows", &self.0.len()).finish()
    }
}

impl RenderCache {
    fn row(
        &self,
        row: &Summary,
        services: &Services,
        positions: Option<&Positions>,
        viewer: Viewer,
        keep: bool,
    ) -> Result<Arc<RenderedRow>, Error> {
        let service = services.get(row.service_id).map_or("", |service| service.name.as_str());
        let max_attempts = view::max_attempts(services, row.service_id);
        let waiting_for = view::waiting_for(row, services, positions, viewer.now());
        let (position, wait) = view::position_and_wait(row, waiting_for, positions);
        let overdue =
            rules::is_overdue(row.state, row.desired_time, row.desired_window_seconds, viewer.now());
        let cache_key = (row.id, viewer.manages());
        if let Some(cached) = self.0.get(&cache_key)
            && cached.key.version == row.version
            && cached.key.overdue == overdue
            && cached.key.waiting_for == waiting_for
            && cached.key.position == position
            && cached.key.wait == wait
            && cached.key.service == service
            && cached.key.max_attempts == max_attempts
        {
            return Ok(cached);
        }
        let key = RenderKey {
            version: row.version,
            overdue,
            waiting_for,
            position,
            wait,
            service: service.to_owned(),
            max_attempts,
        };
        let json =
            to_lazyvalue(&view::of_summary(row, services, positions, viewer)).map_err(Error::internal)?;
        let rendered = Arc::new(RenderedRow { key, json });
        if keep {
            self.0.insert(cache_key, Arc::clone(&rendered));
        }
        Ok(rendered)
    }
}

impl Queries {
    /// Rows of a list as the caller sees them, as JSON; cached if `keep` is set.
    pub async fn rendered(
        &self,
        rows: &[Arc<Summary>],
        viewer: Viewer,
        keep: bool,
    ) -> Result<Vec<Arc<RenderedRow>>, Error> {
        let services = self.directory.services().await?;
        let positions = view::positions_for(self, rows).await?;
        let positions = positions.as_deref();
        rows.iter().map(|row| self.render_cache.row(row, &services, positions, viewer, keep)).collect()
    }
}
