//! Whether a service takes one more callback for a customer: its limits, and what becomes of a
//! number that has an open callback. The answer holds until the transaction ends.

use ringback_domain::callback::state::StateName;
use ringback_domain::service::DuplicatePolicy;
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::zone::Span;
use ringback_domain::{Callback, CallbackId, CallbackType, Service};

use super::tx::Tx;
use crate::error::Error;
use crate::fault::Field;
use crate::store::open::{self, Customer};
use crate::time_zone;

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Admission {
    /// A callback is made, in place of these, which are cancelled.
    InPlaceOf(Vec<Callback>),
    /// It is answered with this one.
    Existing(Box<Callback>),
}

/// Decides by the callbacks that the customer and the service have.
///
/// # Errors
/// [`Error::OpenCallback`] where the customer has one; [`Error::Invalid`] where a limit is reached.
pub(super) async fn admit(
    tx: &mut Tx<'_>,
    service: &Service,
    customer: Customer<'_>,
    kind: CallbackType,
) -> Result<Admission, Error> {
    let (policy, limits) = (service.settings.duplicate_policy, service.settings.limits);
    // Most who repeat themselves see it here, without waiting for each other.
    if matches!(policy, DuplicatePolicy::Refuse | DuplicatePolicy::ReturnExisting)
        && let Admission::Existing(existing) = duplicates(tx, policy, customer).await?
    {
        return Ok(Admission::Existing(existing));
    }
    if policy != DuplicatePolicy::Allow || limits.per_number_per_day.is_some() {
        open::lock_customer(tx.write()?, customer).await?;
    }
    let replaced = match duplicates(tx, policy, customer).await? {
        Admission::InPlaceOf(replaced) => replaced,
        existing @ Admission::Existing(_) => return Ok(existing),
    };
    if let Some(most) = limits.per_number_per_day {
        let today = today(tx, service)?;
        if open::made(tx.read(), customer, today).await? >= u64::from(most) {
            let detail = format!(
                "The service takes {most} callbacks a day for a number (`limits.per_number_per_day`)."
            );
            return Err(Error::invalid(Field::CustomerNumber, FieldCode::LimitReached, detail));
        }
    }
    if kind == CallbackType::Immediate
        && let Some(longest) = limits.longest_wait_seconds
        && tx.expected_wait_seconds(service.id).is_some_and(|wait| wait > longest)
    {
        let detail = format!(
            "The estimated wait is longer than {longest} seconds (`limits.longest_wait_seconds`). \
             Schedule the callback."
        );
        return Err(Error::invalid(Field::CallbackType, FieldCode::LimitReached, detail));
    }
    if let Some(most) = limits.pending {
        let (now, freed) = (tx.now(), ids(&replaced));
        open::lock_service(tx.write()?, service.id).await?;
        if open::pending(tx.read(), service.id, now, &freed).await? >= u64::from(most) {
            let detail = format!("The service has {most} pending callbacks already (`limits.pending`).");
            return Err(Error::invalid(Field::ServiceId, FieldCode::LimitReached, detail));
        }
    }
    Ok(Admission::InPlaceOf(replaced))
}

/// The ids of callbacks.
pub(super) fn ids(callbacks: &[Callback]) -> Vec<CallbackId> {
    callbacks.iter().map(|callback| callback.id).collect()
}

async fn duplicates(
    tx: &mut Tx<'_>,
    policy: DuplicatePolicy,
    customer: Customer<'_>,
) -> Result<Admission, Error> {
    if policy == DuplicatePolicy::Allow {
        return Ok(Admission::InPlaceOf(Vec::new()));
    }
    let now = tx.now();
    let mut open = open::of_customer(tx.read(), customer, now).await?;
    let is_called =
        |callback: &Callback| matches!(callback.state.name(), StateName::Routing | StateName::Processing);
    match policy {
        DuplicatePolicy::Replace => match open.iter().find(|callback| is_called(callback)) {
            Some(called) => Err(Error::OpenCallback(called.id)),
            None => Ok(Admission::InPlaceOf(open)),
        },
        _ if open.is_empty() => Ok(Admission::InPlaceOf(open)),
        DuplicatePolicy::ReturnExisting => Ok(Admission::Existing(Box::new(open.swap_remove(0)))),
        DuplicatePolicy::Refuse | DuplicatePolicy::Allow => Err(Error::OpenCallback(open[0].id)),
    }
}

/// The day of the service's clock that it is now.
fn today(tx: &Tx<'_>, service: &Service) -> Result<Span, Error> {
    let zone = time_zone::find(&service.time_zone)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the zone of service {} is unknown", service.id)))?;
    time_zone::day(tx.now(), &zone)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("it is not a day that can be computed with")))
}
