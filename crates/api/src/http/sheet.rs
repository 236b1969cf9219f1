//! Spreadsheets for people. Every text is a text cell, so that nothing in it is a formula.

use std::any::Any;
use std::error::Error as _;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::try_unfold;
use jiff::tz::TimeZone;
use ringback_domain::Timestamp;
use ringback_domain::wire::list::MAX_SHEET_ROWS;
use ringback_domain::wire::problem::FieldCode;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::{Api, download};
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::limits::Usage;
use crate::time_zone;

/// Its media type.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Bytes of the file that are sent at once.
const PIECE_BYTES: u64 = 64 * 1024;

/// The date of spreadsheets on the first day of Unix.
const UNIX_EPOCH: f64 = 25_569.0;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// A cell of a row.
pub enum Cell {
    /// A text.
    Text(String),
    /// A time.
    Time(Option<Timestamp>),
    /// A count.
    Count(u32),
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.unwrap_or_default())
    }
}

/// A heading: its text, the width of its column in characters, and whether it is of times.
pub type Heading = (&'static str, u8, bool);

/// A spreadsheet in the making. Its rows are in a temporary file.
pub struct Sheet {
    workbook: Workbook,
    rows: u32,
    zone: TimeZone,
    time: Format,
}

/// Refuses more rows than a spreadsheet may have.
///
/// # Errors
/// [`Error::Invalid`], which names CSV as the way for more.
pub fn check_rows(rows: u64) -> Result<(), Error> {
    if rows <= MAX_SHEET_ROWS.into() {
        return Ok(());
    }
    let detail = format!(
        "A spreadsheet holds at most {MAX_SHEET_ROWS} rows. Use `format=csv`, or choose a shorter time range."
    );
    Err(Error::invalid("?format", FieldCode::OutOfRange, detail))
}

impl Sheet {
    /// An empty one, with times as the clocks in this zone show them; in UTC unless told.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the zone is unknown.
    pub fn new(zone: Option<&str>, headings: &[Heading]) -> Result<Self, Error> {
        let name = zone.unwrap_or("UTC");
        let zone = time_zone::find(name).ok_or_else(|| {
            Error::invalid(Part::Parameter(Field::TimeZone), FieldCode::UnknownTimeZone, time_zone::UNKNOWN)
        })?;
        let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let mut sheet = Self { workbook: Workbook::new(), rows: 0, zone, time };
        step(|| sheet.begin(name, headings))?;
        Ok(sheet)
    }

    fn begin(&mut self, zone: &str, headings: &[Heading]) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, (text, width, is_time)) in (0..).zip(headings) {
            sheet.set_column_width(column, *width)?;
            let text = if *is_time { format!("{text} ({zone})") } else { (*text).to_owned() };
            sheet.write_string_with_format(0, column, text, &bold)?;
        }
        Ok(())
    }

    /// Adds a row.
    ///
    /// # Errors
    /// As [`check_rows`]; [`Error::NoTemporaryRoom`].
    pub fn add<const N: usize>(&mut self, cells: [Cell; N]) -> Result<(), Error> {
        self.rows += 1;
        check_rows(self.rows.into())?;
        step(|| self.write(cells))
    }

    fn write<const N: usize>(&mut self, cells: [Cell; N]) -> Result<(), XlsxError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) if text.is_empty() => {}
                Cell::Text(text) => {
                    sheet.write_string(self.rows, column, text)?;
                }
                Cell::Time(None) => {}
                Cell::Time(Some(at)) => {
                    let date = date(at, &self.zone);
                    sheet.write_number_with_format(self.rows, column, date, &self.time)?;
                }
                Cell::Count(count) => {
                    sheet.write_number(self.rows, column, count)?;
                }
            }
        }
        Ok(())
    }

    /// Answers a request with the file, which is one use of its caller until it was sent.
    ///
    /// # Errors
    /// [`Error::NoTemporaryRoom`].
    pub async fn send(
        mut self,
        api: &Api,
        request: &HttpRequest,
        usage: Usage,
        name: &str,
    ) -> Result<HttpResponse, Error> {
        // Compressing it takes a second for a hundred thousand rows.
        let file = web::block(move || step(|| self.save())).await.map_err(Error::internal)??;
        let pieces = try_unfold((file, usage), async |(mut file, usage)| {
            let mut piece = Vec::new();
            (&mut file).take(PIECE_BYTES).read_to_end(&mut piece).map_err(Error::internal)?;
            Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (file, usage))))
        });
        Ok(download::send(api, request, MEDIA_TYPE, Some(name), pieces))
    }

    fn save(&mut self) -> Result<File, XlsxError> {
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut file)?;
        file.rewind()?;
        Ok(file)
    }
}

/// Takes a step of the library, which panics where it cannot write its temporary file.
fn step<T>(work: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| Error::temporary_file(kind_of(&error), error)),
        Err(panic) => Err(of_panic(panic.as_ref())),
    }
}

fn kind_of(error: &XlsxError) -> ErrorKind {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error.kind(),
        other => other
            .source()
            .and_then(|source| source.downcast_ref::<io::Error>())
            .map_or(ErrorKind::Other, io::Error::kind),
    }
}

/// The library unwraps errors, so that the text of the panic shows the error.
fn of_panic(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
    let kind = full.into_iter().find(|kind| text.contains(&format!("{kind:?}")));
    Error::temporary_file(kind.unwrap_or(ErrorKind::Other), anyhow::anyhow!("a spreadsheet: {text}"))
}

/// A time as spreadsheets count them: days, on the clock of a zone.
#[expect(clippy::cast_precision_loss, reason = "seconds of our times have far less than 52 bits")]
fn date(at: Timestamp, zone: &TimeZone) -> f64 {
    let seconds = at.micros().div_euclid(1_000_000);
    let ahead = jiff::Timestamp::from_second(seconds).map_or(0, |at| zone.to_offset(at).seconds());
    UNIX_EPOCH + (seconds + i64::from(ahead)) as f64 / SECONDS_PER_DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_on_the_clock_of_its_zone() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let berlin = time_zone::find("Europe/Berlin").unwrap();
        // 24 November 2026 is day 46,350 of spreadsheets.
        assert!((date(at("2026-11-24T12:00:00Z"), &TimeZone::UTC) - 46_350.5).abs() < 1e-9);
        assert!((date(at("2026-11-24T11:00:00Z"), &berlin) - 46_350.5).abs() < 1e-9);
        assert!((date(at("2026-07-01T22:00:00Z"), &berlin) - 46_205.0).abs() < 1e-9);
    }

    #[test]
    fn too_many_rows_are_refused_and_the_way_is_named() {
        assert!(check_rows(100_000).is_ok());
        let Err(Error::Invalid(faults)) = check_rows(100_001) else { panic!("accepted") };
        assert!(faults[0].detail.contains("format=csv"), "{}", faults[0].detail);
    }
}
