//! How a service reads a number, before a callback is created.

use ringback_domain::callback::Callback;
use ringback_domain::wire::callback::ServiceRef;
use ringback_domain::wire::reference::{NumberReading, OpenCallback};
use ringback_domain::{Permission, Service};

use super::Queries;
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::phone;
use crate::store::list;

/// Open callbacks that are named.
const MAX_OPEN: u32 = 10;

impl Queries {
    /// Reads a number as a new callback of the service would have it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not a number to call.
    pub async fn number_reading(
        &self,
        grant: &Grant,
        service: &Service,
        text: &str,
    ) -> Result<NumberReading, Error> {
        let read = phone::read(&phone::of_query(text), &service.default_country).map_err(|error| {
            Error::invalid(Part::Parameter(Field::Number), error.code(), error.to_string())
        })?;
        let services = self.directory.services().await?;
        let mut open_callbacks = Vec::new();
        if grant.may(Permission::ViewCallbacks) {
            let visible = super::filter::visible(&services, grant);
            let mut conn = self.store.read().await?;
            let found = list::open_of_number(&mut conn, &read.number, visible.as_deref(), MAX_OPEN).await?;
            open_callbacks.extend(found.iter().map(|callback: &Callback| {
                let service = services.get(callback.request.service_id);
                OpenCallback {
                    id: callback.id,
                    state: callback.state.name(),
                    desired_time: callback.desired_time,
                    service: ServiceRef {
                        id: callback.request.service_id,
                        name: service.map(|service| service.name.clone()).unwrap_or_default(),
                    },
                }
            }));
        }
        let (country, kind, is_valid) = phone::describe(&read.number);
        Ok(NumberReading {
            formatted: phone::format(read.number.as_str()),
            customer_number: read.number.as_str().to_owned(),
            extension: read.extension.map(|extension| extension.as_str().to_owned()),
            country,
            kind,
            possible_only: !is_valid,
            warning: read.warning,
            open_callbacks,
        })
    }
}
