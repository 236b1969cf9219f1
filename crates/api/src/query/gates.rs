//! Why a callback is not called now, and whether a number could be.

use ringback_domain::calendar::called_party::{CalledParty, ZoneSource};
use ringback_domain::callback::Callback;
use ringback_domain::callback::gates::{Answer, Case, Gate, NumberStanding, ServiceStanding, Standing};
use ringback_domain::callback::waiting::WaitingReason;
use ringback_domain::do_not_call::Entry;
use ringback_domain::phone::Extension;
use ringback_domain::wire::gates::{DryRun, GateRule, GateView, Gates};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CallbackId, PhoneNumber, Service, Timestamp};

use super::Queries;
use crate::auth::Grant;
use crate::called_party::Customer;
use crate::directory::Services;
use crate::error::Error;
use crate::fault::Field;
use crate::numbers::NumberRules;
use crate::store::{Conn, callbacks, do_not_call, queue};
use crate::{phone, time_zone};

/// How far ahead somebody can ask, in days: as far as clocks are known.
const MAX_DAYS_AHEAD: i64 = 366;

/// Everything that the gates of a callback, or of a number, look at.
struct Asked<'a> {
    service: &'a Service,
    services: &'a Services,
    number: &'a PhoneNumber,
    extension: Option<&'a Extension>,
    callback: Option<&'a Callback>,
    party: Option<CalledParty>,
    now: Timestamp,
    /// The moment that it is asked for.
    at: Timestamp,
}

impl Queries {
    /// The gates of a callback, in their order.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist or is not visible.
    pub async fn gates(&self, grant: &Grant, id: CallbackId) -> Result<Gates, Error> {
        let (services, now) = (self.directory.services().await?, self.clock.now());
        let conn = &mut self.store.read().await?;
        let callback = callbacks::find(conn, id, &grant.visible).await?.ok_or(Error::NotFound("callback"))?;
        let service = services.get(callback.request.service_id).ok_or(Error::NotFound("callback"))?;
        let asked = Asked {
            service,
            services: &services,
            number: &callback.request.customer_number,
            extension: callback.request.customer_number_extension.as_ref(),
            callback: Some(&callback),
            party: Customer::from(&callback).called_by(service, now),
            now,
            at: now,
        };
        asked.answer(conn).await
    }

    /// The gates that a callback to this number would have.
    ///
    /// # Errors
    /// [`Error::Invalid`] with a service that does not exist or is not visible, a text that
    /// is not a number, an unknown zone, or a time that has passed or is too far ahead.
    pub async fn dry_run(&self, grant: &Grant, body: &DryRun) -> Result<Gates, Error> {
        let (services, now) = (self.directory.services().await?, self.clock.now());
        let service = services.visible(body.service_id, &grant.visible);
        let unknown = || Error::invalid(Field::ServiceId, FieldCode::Unknown, "There is no such service.");
        let service = service.ok_or_else(unknown)?;
        let time_zone = body.customer_time_zone.as_deref();
        if time_zone.is_some_and(|zone| !time_zone::is_known(zone)) {
            let zone = Field::CustomerTimeZone;
            return Err(Error::invalid(zone, FieldCode::UnknownTimeZone, time_zone::UNKNOWN));
        }
        let read = phone::read(&body.customer_number, &service.default_country)
            .map_err(|error| Error::invalid(Field::CustomerNumber, error.code(), error.to_string()))?;
        let at = body.at.unwrap_or(now);
        if at < now {
            return Err(Error::invalid(Field::At, FieldCode::InThePast, "`at` must not be in the past."));
        }
        if at > now.plus_seconds(MAX_DAYS_AHEAD * 86_400) {
            let detail = format!("`at` must be within the next {MAX_DAYS_AHEAD} days.");
            return Err(Error::invalid(Field::At, FieldCode::OutOfRange, detail));
        }
        let customer = Customer { number: read.number.as_str(), time_zone, spared_until: None };
        let asked = Asked {
            service,
            services: &services,
            number: &read.number,
            extension: read.extension.as_ref(),
            callback: None,
            party: customer.called_by(service, now),
            now,
            at,
        };
        asked.answer(&mut self.store.read().await?).await
    }
}

impl Asked<'_> {
    async fn answer(&self, conn: &mut Conn) -> Result<Gates, Error> {
        let (service, at) = (self.service, self.at);
        let rules = NumberRules::of(conn, std::slice::from_ref(service)).await?;
        let blocked_by = rules.refusal(service, self.number);
        let entries = do_not_call::of_numbers(conn, std::iter::once(self.number)).await?;
        let listed_by = entries.iter().find(|entry| entry.forbids(service.id, self.number, at));
        let is_called = match self.callback {
            Some(callback) => queue::is_called(conn, callback.id).await?,
            None => queue::is_number_called(conn, self.number, self.extension).await?,
        };
        let hours = self.services.rules().hours(service);
        let standing = ServiceStanding::of(service.settings.dial_pending, &hours, at);
        let case = Case {
            callback: self.callback.map(Standing::from),
            // What the lists say as well.
            service: if at == self.now { self.services.standing(service.id) } else { standing },
            number: NumberStanding { is_blocked: blocked_by.is_some(), is_listed: listed_by.is_some() },
            is_called,
            party: self.party.as_ref(),
        };
        let shown = |(gate, answer): (Gate, Answer)| {
            let rule = match gate {
                _ if answer.is_open() => None,
                Gate::NumberRules => blocked_by.clone(),
                Gate::DoNotCall => listed_by.map(entry_rule),
                Gate::OfficeHours => self.services.rules().closing(service, at),
                Gate::CalledPartyHours => self.party.as_ref().and_then(|party| rule_set(party, at)),
                _ => None,
            };
            let detail = self.detail(gate, answer, rule.as_ref());
            GateView::of(gate, answer, rule, detail)
        };
        let gates: Vec<GateView> = case.answers(at).map(shown).collect();
        let opens_at = if gates.is_empty() { None } else { case.opens_at(&hours, at) };
        Ok(Gates { gates, opens_at })
    }

    /// What a gate says, in words.
    fn detail(&self, gate: Gate, answer: Answer, rule: Option<&GateRule>) -> String {
        let by = rule.map(|rule| format!(", by “{}”", rule.name)).unwrap_or_default();
        let text = match answer {
            Answer::Ends(result, at) => format!("It is cancelled at {at} as {result}."),
            Answer::Never(result) if gate == Gate::DoNotCall => {
                format!("The number is on the do-not-call list. The callback ends as {result}.")
            }
            Answer::Never(result) => {
                format!("The service does not call this number{by}. The callback ends as {result}.")
            }
            Answer::Until(reason, at) => match reason {
                WaitingReason::DesiredTime => format!("Its desired time is {at}."),
                WaitingReason::Closed => format!("The service is closed until {at}{by}."),
                WaitingReason::CalledPartyHours => {
                    format!("The customer is not called before {at}{by}. {}", self.zones())
                }
                _ => format!("The pause after the last attempt ends at {at}. {}", self.attempts()),
            },
            Answer::Waiting(reason) => match reason {
                WaitingReason::Submission => "It is due, and is put into the queue next.".to_owned(),
                WaitingReason::Decision => "It was set aside, and waits for a person to decide.".to_owned(),
                WaitingReason::Connection => {
                    "It was offered to an agent, who is not connected yet.".to_owned()
                }
                WaitingReason::Dialling => "The service hands no callbacks out.".to_owned(),
                WaitingReason::Closed => format!("The service is closed for 60 days and longer{by}."),
                WaitingReason::CalledPartyHours => {
                    format!("The customer is not called in the next 60 days{by}. {}", self.zones())
                }
                WaitingReason::OtherCall => "The customer is being called for another callback.".to_owned(),
                _ => "It waits for an agent.".to_owned(),
            },
            Answer::Open => self.open(gate),
        };
        text.trim_end().to_owned()
    }

    /// Why a gate is open, in words.
    fn open(&self, gate: Gate) -> String {
        match gate {
            Gate::State if self.callback.is_none() => "There is no callback yet.".to_owned(),
            Gate::State => "It is in the queue.".to_owned(),
            Gate::Dialling => "The service hands callbacks out.".to_owned(),
            Gate::NumberRules => "No rule of the service refuses the number.".to_owned(),
            Gate::DoNotCall => "The number is not on the do-not-call list.".to_owned(),
            Gate::OfficeHours => "The service is open.".to_owned(),
            Gate::CalledPartyHours => match &self.party {
                None => "The service calls people at any hour.".to_owned(),
                Some(party) => match party.spared_until.filter(|_| party.is_spared(self.at)) {
                    Some(until) => format!("The customer asked for it, until {until}. {}", self.zones()),
                    None => format!("The customer may be called. {}", self.zones()),
                },
            },
            Gate::Attempts => self.attempts(),
            Gate::OtherCall => "The customer is not being called for another callback.".to_owned(),
            Gate::Agent => "An agent is reserved.".to_owned(),
        }
    }

    fn attempts(&self) -> String {
        let made = self.callback.map_or(0, Callback::attempts_made);
        format!("{made} of {} attempts were made.", self.service.settings.retry_policy.max_attempts)
    }

    /// By which clock the customer is called, and how that is known.
    fn zones(&self) -> String {
        let Some(party) = &self.party else { return String::new() };
        let zones: Vec<&str> = party.clocks.iter().map(|clock| clock.name.as_str()).collect();
        let zones = zones.join(", ");
        match party.source {
            ZoneSource::Customer => format!("The request names the time zone {zones}."),
            ZoneSource::Number => format!("By the number, the customer is in {zones}."),
            ZoneSource::Service => format!("The time zone is the service's, {zones}."),
        }
    }
}

/// An entry of the do-not-call list, as a rule.
fn entry_rule(entry: &Entry) -> GateRule {
    GateRule { id: entry.id.to_string(), name: entry.reason.clone(), version: None, source_url: None }
}

/// The rule set by which it is no hour to call.
fn rule_set(party: &CalledParty, at: Timestamp) -> Option<GateRule> {
    let (set, _) = party.refusing(at)?;
    Some(GateRule {
        id: set.id.as_str().to_owned(),
        name: set.name.to_owned(),
        version: None,
        source_url: Some(set.source_url.to_owned()),
    })
}
