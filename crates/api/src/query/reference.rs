//! The tables that the server computes by.

use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::reference::{MAX_TIME_ZONES, ReferenceData, ZoneClock};

use super::Queries;
use crate::error::Error;
use crate::fault::{Fault, Field, Part};
use crate::{phone, time_zone};

const DAY: i64 = 86_400;
/// What lists look back to, in seconds, and more.
const PAST: i64 = 60 * DAY;
/// The farthest horizon of a service, in seconds, and more.
const FUTURE: i64 = 400 * DAY;

impl Queries {
    /// The releases of the tables, and the clocks of the zones of these names that
    /// exist.
    ///
    /// # Errors
    /// [`Error::Invalid`] for too many names.
    pub fn reference_data(&self, names: Vec<String>) -> Result<ReferenceData, Error> {
        if names.len() > MAX_TIME_ZONES {
            let detail = format!("Ask about {MAX_TIME_ZONES} time zones at most.");
            let fault = Fault::new(Part::Parameter(Field::TimeZone), FieldCode::TooLong, detail);
            return Err(Error::Invalid(vec![fault]));
        }
        let now = self.clock.now();
        let (from, until) = (now.plus_seconds(-PAST), now.plus_seconds(FUTURE));
        let clock = |name: String| {
            let offsets = time_zone::offsets(&time_zone::find(&name)?, from, until);
            Some(ZoneClock { name, offsets, until })
        };
        Ok(ReferenceData {
            server: env!("CARGO_PKG_VERSION").to_owned(),
            time_zone_database: time_zone::tables().version.clone(),
            phone_number_tables: phone::TABLES.to_owned(),
            time_zones: names.into_iter().filter_map(clock).collect(),
        })
    }
}
