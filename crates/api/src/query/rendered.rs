//! Rows of the list as JSON, cached: most of a page stays the same from one
//! request to the next, and writing it takes longer than finding it.

use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;
use ringback_domain::CallbackId;
use ringback_domain::callback::rules;
use sonic_rs::{OwnedLazyValue, to_lazyvalue};

use super::view::{self, Viewer};
use super::{Positions, Queries};
use crate::directory::Services;
use crate::error::Error;
use crate::store::list::Summary;

/// Cached rows: a hundred pages, some 25 MB.
const MAX_ROWS: usize = 25_000;

/// Inputs of a row's JSON, beside the viewer's rights: a cached row is used only
/// if all of them match.
#[derive(Debug)]
struct RenderKey {
    version: i64,
    overdue: bool,
    place: (Option<u32>, Option<u32>),
    service: String,
}

/// A row as it is sent.
#[derive(Debug)]
pub struct Rendered {
    key: RenderKey,
    /// A `CallbackView`.
    pub text: OwnedLazyValue,
}

/// Rows that were sent lately, for viewers who may command callbacks and for
/// others. A text is used only for exactly what it tells.
pub(super) struct RenderedRows(Cache<(CallbackId, bool), Arc<Rendered>>);

impl Default for RenderedRows {
    fn default() -> Self {
        Self(Cache::new(MAX_ROWS))
    }
}

impl fmt::Debug for RenderedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedRows").field("rows", &self.0.len()).finish()
    }
}

impl RenderedRows {
    fn row(
        &self,
        row: &Summary,
        services: &Services,
        places: Option<&Positions>,
        viewer: Viewer,
        keep: bool,
    ) -> Result<Arc<Rendered>, Error> {
        let service = services.get(row.service_id).map_or("", |service| service.name.as_str());
        let place = view::place(row, places);
        let overdue =
            rules::is_overdue(row.state, row.desired_time, row.desired_window_seconds, viewer.now());
        let cached = (row.id, viewer.manages());
        if let Some(known) = self.0.get(&cached)
            && known.key.version == row.version
            && known.key.overdue == overdue
            && known.key.place == place
            && known.key.service == service
        {
            return Ok(known);
        }
        let key = RenderKey { version: row.version, overdue, place, service: service.to_owned() };
        let text = to_lazyvalue(&view::of_summary(row, services, places, viewer)).map_err(Error::internal)?;
        let rendered = Arc::new(Rendered { key, text });
        if keep {
            self.0.insert(cached, Arc::clone(&rendered));
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
    ) -> Result<Vec<Arc<Rendered>>, Error> {
        let services = self.directory.services().await?;
        let places = view::places_of(self, rows).await?;
        rows.iter().map(|row| self.rendered.row(row, &services, places.as_deref(), viewer, keep)).collect()
    }
}
