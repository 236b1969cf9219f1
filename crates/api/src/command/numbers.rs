//! Whether a number may be called: asked when a callback is promised, and again when its
//! turn has come.

use std::iter;

use ringback_domain::callback::Callback;
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{PhoneNumber, Service};

use super::tx::Tx;
use crate::error::Error;
use crate::fault::Field;
use crate::numbers::NumberRules;
use crate::store::do_not_call;

/// Makes sure that the service calls this number.
pub(super) async fn check(tx: &mut Tx<'_>, service: &Service, number: &PhoneNumber) -> Result<(), Error> {
    let refuse = |code, detail| Err(Error::invalid(Field::CustomerNumber, code, detail));
    let rules = NumberRules::of(tx.read(), std::slice::from_ref(service)).await?;
    if let Some((_, rule)) = rules.matching(service, number) {
        let detail = format!("This service does not call this number, by the rule “{}”.", rule.name);
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

/// Gives those up whose numbers may not be called any more. Gives how many.
pub(super) async fn give_up_blocked(
    tx: &mut Tx<'_>,
    rules: &NumberRules,
    services: &[Service],
    callbacks: &[Callback],
) -> Result<usize, Error> {
    let (mut given_up, now) = (0, tx.now());
    let numbers = callbacks.iter().map(|callback| &callback.request.customer_number);
    let entries = do_not_call::of_numbers(tx.read(), numbers).await?;
    for callback in callbacks {
        let (id, number) = (callback.request.service_id, &callback.request.customer_number);
        let service = services.iter().find(|service| service.id == id);
        let rule = service.and_then(|service| rules.matching(service, number)).map(|(_, rule)| &*rule.name);
        let listed = || entries.iter().any(|entry| entry.forbids(id, number, now)).then_some(LISTED);
        let Some(why) = rule.or_else(listed) else { continue };
        let moved = callback.block_number(why, tx.actor(), now);
        tx.save(moved.map_err(|refusal| Error::refused(refusal, callback))?);
        given_up += 1;
    }
    Ok(given_up)
}
