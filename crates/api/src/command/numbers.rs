//! Whether a number may be called: asked when a callback is promised, and again when its
//! turn has come, as its other gates are.

use std::iter;

use ringback_domain::callback::Callback;
use ringback_domain::callback::gates::{Answer, Case, NumberStanding, ServiceStanding, Standing};
use ringback_domain::callback::waiting::WaitingReason;
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CallbackId, PhoneNumber, Service, Timestamp};

use super::tx::Tx;
use crate::called_party::Customer;
use crate::error::Error;
use crate::fault::Field;
use crate::numbers::NumberRules;
use crate::store::{do_not_call, queue, services};

/// Makes sure that the service calls this number.
pub(super) async fn check(tx: &mut Tx<'_>, service: &Service, number: &PhoneNumber) -> Result<(), Error> {
    let refuse = |code, detail| Err(Error::invalid(Field::CustomerNumber, code, detail));
    let rules = NumberRules::of(tx.read(), std::slice::from_ref(service)).await?;
    if let Some(kept) = rules.matching(service, number) {
        let detail = format!("This service does not call this number, by the rule “{}”.", kept.rule.name);
        return refuse(FieldCode::BlockedNumber, detail);
    }
    let (entries, now) = (do_not_call::of_numbers(tx.read(), iter::once(number)).await?, tx.now());
    if entries.iter().any(|entry| entry.forbids(service.id, number, now)) {
        return refuse(FieldCode::DoNotCall, "This number is on the do-not-call list.".to_owned());
    }
    Ok(())
}

/// What the timeline says of a number that is on the list.
const LISTED: &str = "do-not-call list";

/// When a callback is looked at again whose customer is not called in the days that are
/// looked at, in seconds.
const LOOK_AGAIN_SECONDS: i64 = 86_400;

/// Asks the gates once more about callbacks whose turn has come. Gives those up whose numbers
/// may not be called any more, and passes those over whose customers are not called at this
/// hour. Gives the others.
pub(super) async fn ask_gates(
    tx: &mut Tx<'_>,
    rules: &NumberRules,
    services: &[Service],
    callbacks: Vec<Callback>,
) -> Result<Vec<Callback>, Error> {
    let now = tx.now();
    let numbers = callbacks.iter().map(|callback| &callback.request.customer_number);
    let entries = do_not_call::of_numbers(tx.read(), numbers).await?;
    let (mut ready, mut deferred) = (Vec::with_capacity(callbacks.len()), Vec::new());
    for callback in callbacks {
        let (id, number) = (callback.request.service_id, &callback.request.customer_number);
        let Some(service) = services.iter().find(|service| service.id == id) else {
            ready.push(callback);
            continue;
        };
        let rule = rules.matching(service, number).map(|kept| &*kept.rule.name);
        let is_listed = entries.iter().any(|entry| entry.forbids(id, number, now));
        let party = Customer::from(&callback).called_by(service, now);
        let case = Case {
            callback: Some(Standing::from(&callback)),
            // The queue was read for services that are open and call.
            service: ServiceStanding { dials: true, closed: None },
            number: NumberStanding { is_blocked: rule.is_some(), is_listed },
            is_called: false,
            party: party.as_ref(),
        };
        match case.answers(now).map(|(_, answer)| answer).find(|answer| !answer.is_open()) {
            Some(Answer::Never(_)) => {
                let moved = callback.block_number(rule.unwrap_or(LISTED), tx.actor(), now);
                tx.save(moved.map_err(|refusal| Error::refused(refusal, &callback))?);
            }
            Some(Answer::Until(WaitingReason::CalledPartyHours, until)) => {
                deferred.push((service, callback.id, until));
            }
            Some(Answer::Waiting(WaitingReason::CalledPartyHours)) => {
                deferred.push((service, callback.id, now.plus_seconds(LOOK_AGAIN_SECONDS)));
            }
            _ => ready.push(callback),
        }
    }
    defer(tx, &deferred).await?;
    Ok(ready)
}

/// Passes callbacks over, unless the rules of their services change at this moment: then the
/// hand-out begins anew.
async fn defer(tx: &mut Tx<'_>, deferred: &[(&Service, CallbackId, Timestamp)]) -> Result<(), Error> {
    if deferred.is_empty() {
        return Ok(());
    }
    let mut held: Vec<&Service> = deferred.iter().map(|(service, ..)| *service).collect();
    held.sort_unstable_by_key(|service| service.id);
    held.dedup_by_key(|service| service.id);
    for service in held {
        services::hold(tx.write()?, service).await?;
    }
    let until: Vec<_> = deferred.iter().map(|(_, id, until)| (*id, *until)).collect();
    Ok(queue::defer(tx.write()?, &until).await?)
}
