//! How a service reads a number, before a callback is created.

use ringback_domain::callback::Callback;
use ringback_domain::wire::callback::ServiceRef;
use ringback_domain::wire::number_rule::{NumberRuleRef, NumberVerdict};
use ringback_domain::wire::reference::{NumberReading, OpenCallback};
use ringback_domain::{Permission, PhoneNumber, Service};

use super::Queries;
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::numbers::NumberRules;
use crate::phone::{self, Reading};
use crate::store::{do_not_call, list};

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
        let read = read(service, text)?;
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
        let (refused_by, do_not_call) = self.refused_by(service, &read.number).await?;
        Ok(NumberReading {
            formatted: phone::format(read.number.as_str()),
            customer_number: read.number.as_str().to_owned(),
            extension: read.extension.map(|extension| extension.as_str().to_owned()),
            country,
            kind,
            possible_only: !is_valid,
            warning: read.warning,
            refused_by,
            do_not_call,
            open_callbacks,
        })
    }

    /// What the rules of the service say of a number.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not a number to call.
    pub async fn number_verdict(&self, service: &Service, text: &str) -> Result<NumberVerdict, Error> {
        let number = read(service, text)?.number;
        let (country, kind, _) = phone::describe(&number);
        let (rule, do_not_call) = self.refused_by(service, &number).await?;
        Ok(NumberVerdict {
            formatted: phone::format(number.as_str()),
            customer_number: number.as_str().to_owned(),
            country,
            kind,
            allowed: rule.is_none() && !do_not_call,
            rule,
            do_not_call,
        })
    }

    /// The rule that refuses the number, and whether it is on the do-not-call list.
    async fn refused_by(
        &self,
        service: &Service,
        number: &PhoneNumber,
    ) -> Result<(Option<NumberRuleRef>, bool), Error> {
        let (mut conn, now) = (self.store.read().await?, self.clock.now());
        let rules = NumberRules::of(&mut conn, std::slice::from_ref(service)).await?;
        let found = rules.matching(service, number);
        let entries = do_not_call::of_numbers(&mut conn, std::iter::once(number)).await?;
        let is_listed = entries.iter().any(|entry| entry.forbids(service.id, number, now));
        let refused_by =
            found.map(|kept| NumberRuleRef { id: kept.number_rule_id(), name: kept.rule.name.clone() });
        Ok((refused_by, is_listed))
    }
}

/// Reads a number of a query as a new callback of the service would have it.
fn read(service: &Service, text: &str) -> Result<Reading, Error> {
    phone::read(&phone::of_query(text), &service.default_country)
        .map_err(|error| Error::invalid(Part::Parameter(Field::Number), error.code(), error.to_string()))
}
