//! The tables that the server computes by.

use ringback_domain::wire::problem::FieldCode;
use ringback_domain::wire::reference::{MAX_TIME_ZONES, ReferenceData};

use super::Queries;
use crate::error::Error;
use crate::fault::{Fault, Field, Part};
use crate::{phone, time_zone};

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
        let clock = |name: String| time_zone::clock(&name, now).map(|clock| clock.as_ref().clone());
        Ok(ReferenceData {
            server: env!("CARGO_PKG_VERSION").to_owned(),
            time_zone_database: time_zone::tables().version.clone(),
            phone_number_tables: phone::TABLES.to_owned(),
            time_zones: names.into_iter().filter_map(clock).collect(),
        })
    }
}
