//! A list as a file.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use ringback_domain::CallbackId;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::{CallbackFilter, PAGE_LIMIT};
use uuid::Uuid;

use super::view::{self, Viewer};
use super::{Queries, filter};
use crate::auth::Grant;
use crate::error::Error;
use crate::store::list::{self, Selection};

/// Bytes of an id.
const ID_BYTES: u64 = 16;

/// A list in order of time as it was when the export began, to be read page by page to its end.
#[derive(Debug)]
pub struct Export {
    selection: Selection,
    viewer: Viewer,
    /// The ids of its rows, in a temporary file: there may be millions. `None` after the last page.
    ids: Option<BufReader<File>>,
}

impl Export {
    /// The ids of the next page.
    fn next_ids(&mut self) -> std::io::Result<Option<Vec<CallbackId>>> {
        let Some(file) = &mut self.ids else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(u64::from(PAGE_LIMIT) * ID_BYTES).read_to_end(&mut bytes)?;
        let (ids, _) = bytes.as_chunks();
        if ids.len() < PAGE_LIMIT as usize {
            self.ids = None;
        }
        Ok(Some(ids.iter().map(|id| CallbackId(Uuid::from_bytes(*id))).collect()))
    }
}

impl Queries {
    /// Starts an export of the callbacks that match now.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the filter is invalid; [`Error::NoTemporaryRoom`].
    pub async fn export(&self, grant: &Grant, filter: &CallbackFilter) -> Result<Export, Error> {
        let now = self.clock.now();
        let services = self.directory.services().await?;
        let mut selection = filter::of_filter(filter, &services, grant, now)?;
        // A service that is made while the export runs is no part of it.
        selection.services.get_or_insert_with(|| filter::snapshot(&services, grant));
        let failed = |error: std::io::Error| Error::temporary_file(error.kind(), error);
        let mut ids = BufWriter::new(tempfile::tempfile().map_err(failed)?);
        let mut written = Ok(());
        let _turn = self.export_turn().await?;
        let mut conn = self.store.read().await?;
        let write = |id: CallbackId| {
            if written.is_ok() {
                written = ids.write_all(id.0.as_bytes());
            }
        };
        list::each_id(&mut conn, &selection, write).await?;
        let rewound = written.and_then(|()| ids.into_inner().map_err(std::io::Error::from));
        let mut ids = rewound.map_err(failed)?;
        ids.rewind().map_err(failed)?;
        Ok(Export { selection, viewer: Viewer::of(grant, now), ids: Some(BufReader::new(ids)) })
    }

    /// The next rows of an export as they are now, without those that do not match any more; `None`
    /// after the last.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn export_page(&self, export: &mut Export) -> Result<Option<Vec<CallbackView>>, Error> {
        let Some(ids) = export.next_ids().map_err(Error::internal)? else { return Ok(None) };
        let _turn = self.export_turn().await?;
        let mut conn = self.store.read().await?;
        let rows = list::still_selected(&mut conn, &export.selection, &ids).await?;
        drop(conn);
        Ok(Some(view::of_summaries(self, &rows, export.viewer).await?))
    }
}
