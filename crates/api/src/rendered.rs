//! Rows of the list as JSON. Most of a page stays the same from one look to the
//! next, and writing it takes longer than finding it, so a row is written once
//! for all it depends on.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use quick_cache::sync::Cache;
use ringback_domain::CallbackId;
use ringback_domain::callback::rules;
use serde::Serialize;
use sonic_rs::{OwnedLazyValue, to_lazyvalue};

use crate::app::{App, Services};
use crate::error::Error;
use crate::queue_view::Places;
use crate::store::list::Summary;
use crate::view::{self, Viewer};

/// Rows that are kept: a hundred pages, some 25 MB.
const MOST: usize = 25_000;

/// What the text of a row depends on, beside the viewer's rights.
#[derive(Debug)]
struct Told {
    version: i64,
    overdue: bool,
    place: (Option<u32>, Option<u32>),
    service: String,
}

/// A row as it is sent.
#[derive(Debug)]
pub struct Rendered {
    told: Told,
    /// A `CallbackView`.
    pub text: OwnedLazyValue,
}

/// Rows that were sent lately, for viewers who may command callbacks and for
/// others. A text is used only for exactly what it tells.
pub struct RenderedRows(Cache<(CallbackId, bool), Arc<Rendered>>);

impl Default for RenderedRows {
    fn default() -> Self {
        Self(Cache::new(MOST))
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
        places: Option<&Places>,
        viewer: Viewer,
        keep: bool,
    ) -> Result<Arc<Rendered>, Error> {
        let service = services.get(row.service_id).map_or("", |service| service.name.as_str());
        let place = view::place(row, places);
        let overdue =
            rules::is_overdue(row.state, row.desired_time, row.desired_window_seconds, viewer.now());
        let key = (row.id, viewer.manages());
        if let Some(known) = self.0.get(&key)
            && known.told.version == row.version
            && known.told.overdue == overdue
            && known.told.place == place
            && known.told.service == service
        {
            return Ok(known);
        }
        let told = Told { version: row.version, overdue, place, service: service.to_owned() };
        let text = to_lazyvalue(&view::of_summary(row, services, places, viewer)).map_err(Error::internal)?;
        let rendered = Arc::new(Rendered { told, text });
        if keep {
            self.0.insert(key, Arc::clone(&rendered));
        }
        Ok(rendered)
    }
}

impl App {
    /// Rows of a list as the caller sees them, ready to send, and kept from now
    /// on where `keep` says so.
    pub async fn rendered(
        &self,
        rows: &[Arc<Summary>],
        viewer: Viewer,
        keep: bool,
    ) -> Result<Vec<Arc<Rendered>>, Error> {
        let services = self.services().await?;
        let places = view::places_of(self, rows).await?;
        rows.iter().map(|row| self.rendered.row(row, &services, places.as_deref(), viewer, keep)).collect()
    }
}

/// An answer with so many rows.
pub fn answer(body: &impl Serialize, rows: usize) -> Result<HttpResponse, Error> {
    // A whole page has a quarter of a megabyte: growing to it costs more copies
    // than writing it.
    let mut text = Vec::with_capacity(rows * 1_200 + 200);
    sonic_rs::to_writer(&mut text, body).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(text))
}
