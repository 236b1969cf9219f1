//! Fills an empty database with invented callbacks in every state, around now, and
//! keeps a contact centre going over it.
//!
//! Each record goes through the real transitions at invented times, so that its
//! timeline and its metrics look like those of a real day.

mod day;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_domain::calendar::office_hours::ServiceHours;
use ringback_domain::callback::state::{Reservation, State};
use ringback_domain::callback::transition::{Claim, NewCallback, Refusal, Transition};
use ringback_domain::callback::{Callback, Retry};
use ringback_domain::dial::RetryPolicy;
use ringback_domain::do_not_call::Scope;
use ringback_domain::phone::NumberWarning;
use ringback_domain::retention::GIVE_UP_DAYS;
use ringback_domain::service::{DEFAULT_APPOINTMENT_LEAD_SECONDS, LatePolicy, Settings};
use ringback_domain::wire::admin::{CreateUser, EditUser};
use ringback_domain::wire::do_not_call::AddDoNotCall;
use ringback_domain::{
    Actor, ActorKind, AttemptId, CallbackId, CallbackType, DialResult, PhoneNumber, Request, Role, ServiceId,
    Timestamp,
};

use crate::auth::token::new_secret;
use crate::auth::{Grant, password};
use crate::clock::Clock;
use crate::command::{Audit, Commands, Expected, Tx, configuration, do_not_call, users as user_commands};
use crate::configuration::Configuration;
use crate::error::Error;
use crate::store::{Store, services, users};
use crate::telephony::simulator::{self, RARE_FAILURES};

pub use day::{BEHAVIOUR, ROUND, go_on, round};

/// The users of the demo.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user names.
    pub usernames: Vec<String>,
    /// The password of all of them.
    pub password: String,
}

const CALLBACKS: usize = 3_000;

/// Callbacks of each rare kind.
const RARE_OF_EACH: usize = 3;

/// Callbacks per transaction.
const CHUNK: usize = 250;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// User name, role and display name.
const PEOPLE: [(&str, Role, &str); 3] = [
    ("admin", Role::Administrator, "Demo Administrator"),
    ("supervisor", Role::Supervisor, "Demo Supervisor"),
    ("monitor", Role::Monitor, "Demo Monitor"),
];

/// The services and their rules.
const CONFIGURATION: &str = include_str!("configuration.toml");

/// Numbers that are not called, and why.
const BLOCKED: [(&str, &str); 2] =
    [("+442079460999", "Asked not to be called"), ("+498999998000", "Moved abroad, wants letters")];

/// Name, time zone of the customers, language, and the start of a number range that is
/// reserved for fictitious use, with the count of the digits that follow it.
const SERVICES: [(&str, &str, &str, &str, u32); 7] = [
    ("Billing EN", "Europe/London", "en-GB", "+442079460", 3),
    ("Billing DE", "Europe/Berlin", "de-DE", "+493023125", 3),
    ("Claims Intake", "Europe/Berlin", "de-DE", "+4917139200", 2),
    ("Fraud Hotline", "America/New_York", "en-US", "+16465550", 3),
    ("Mortgage Advice", "Europe/Berlin", "de-DE", "+498999998", 3),
    ("Retail Orders", "America/New_York", "en-US", "+12125550", 3),
    ("Tech Support", "Europe/Paris", "fr-FR", "+3363998", 4),
];

/// Fills the database if it has neither users nor services, and returns how to
/// log in. A demo database from an earlier start gets a new password. `None` if
/// the database is not a demo.
///
/// # Errors
/// If the database is not available.
pub async fn fill(store: &Store, clock: &Clock) -> Result<Option<Credentials>, Error> {
    let mut conn = store.read().await?;
    let empty = users::is_empty(&mut conn).await? && services::list(&mut conn).await?.is_empty();
    drop(conn);
    let password: String = new_secret().chars().filter(char::is_ascii_alphanumeric).take(14).collect();
    let hash = password::hash(password.clone()).await?;
    let usernames = PEOPLE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let credentials = Credentials { usernames, password };
    let (commands, grant) = (Commands::for_set_up(store.clone(), clock.clone())?, Grant::operator());
    if !empty {
        return renew_passwords(&commands, &grant, credentials, hash).await;
    }
    let configure = async |tx: &mut Tx<'_>| {
        configuration::apply(tx, &configured(tx.now()), false).await?;
        let services = services::list(tx.read()).await?;
        let id = |name: &str| services.iter().find(|service| service.name == name).map(|service| service.id);
        for (number, reason) in BLOCKED {
            let body = AddDoNotCall {
                number: Some(number.to_owned()),
                prefix: None,
                scope: Scope::All,
                reason: reason.to_owned(),
                source: None,
                until: None,
            };
            do_not_call::add(tx, &body).await?;
        }
        Ok(SERVICES.iter().filter_map(|(name, ..)| id(name)).collect())
    };
    let ids: Vec<ServiceId> = commands.change(Audit::None, &grant, configure).await?;
    let called = Arc::default();
    for chunk in 0..CALLBACKS.div_ceil(CHUNK) {
        let (ids, clock, called) = (ids.clone(), clock.clone(), Arc::clone(&called));
        let create_callbacks = async move |tx: &mut Tx<'_>| {
            let rng = StdRng::seed_from_u64(chunk as u64);
            let mut history = History {
                rng,
                clock: clock.clone(),
                now: tx.now(),
                drawn: HashSet::new(),
                called: Arc::clone(&called),
            };
            for _ in 0..CHUNK {
                history.add_callback(tx, &ids);
            }
            if chunk < RARE_OF_EACH {
                history.add_rare_callbacks(tx, &ids);
            }
            Ok(())
        };
        commands.change(Audit::None, &grant, create_callbacks).await?;
    }
    // Users come last, so that a database with users is a complete demo.
    let password = credentials.password.clone();
    let create_people = async move |tx: &mut Tx<'_>| {
        for (name, role, display_name) in PEOPLE {
            let body = CreateUser {
                username: name.to_owned(),
                display_name: Some(display_name.to_owned()),
                password: password.clone(),
                role,
                services: None,
            };
            user_commands::create(tx, &body, &hash).await?;
        }
        Ok(())
    };
    commands.change(Audit::None, &grant, create_people).await?;
    Ok(Some(credentials))
}

/// The services and their rules, with the holidays of the years to come.
fn configured(now: Timestamp) -> Configuration {
    let wanted = Configuration::from_toml(CONFIGURATION).expect("the configuration can be read");
    configuration::check(wanted, now).expect("the configuration is right")
}

/// Sets a new password: only its hash is stored, so the last one is lost.
async fn renew_passwords(
    commands: &Commands,
    grant: &Grant,
    credentials: Credentials,
    hash: String,
) -> Result<Option<Credentials>, Error> {
    let password = credentials.password.clone();
    let renew = async move |tx: &mut Tx<'_>| {
        let body = EditUser { password: Some(password.clone()), ..EditUser::default() };
        let mut renewed = 0;
        for (name, _, display_name) in PEOPLE {
            if let Some(user) = users::find_by_username(tx.read(), name).await?
                && user.display_name == display_name
            {
                user_commands::edit(tx, user.id, Expected::Any, &body, Some(&hash)).await?;
                renewed += 1;
            }
        }
        Ok(renewed == PEOPLE.len())
    };
    Ok(commands.change(Audit::None, grant, renew).await?.then_some(credentials))
}

/// Invents callbacks and what happened to them until now.
struct History {
    rng: StdRng,
    clock: Clock,
    now: Timestamp,
    /// Numbers of this transaction: what it writes of different callbacks is written together.
    drawn: HashSet<PhoneNumber>,
    /// Numbers that may be in a call still: each is in one at a time.
    called: Arc<Mutex<HashSet<PhoneNumber>>>,
}

impl History {
    fn called(&self) -> MutexGuard<'_, HashSet<PhoneNumber>> {
        self.called.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn between(&mut self, min: i64, max: i64) -> i64 {
        self.rng.random_range(min..=max)
    }

    fn person(&mut self) -> Actor {
        let name = ["admin", "supervisor"][self.rng.random_range(0..2)];
        Actor { kind: ActorKind::User, name: name.to_owned() }
    }

    fn creator(&mut self) -> Actor {
        if self.rng.random_bool(0.5) { self.person() } else { website() }
    }

    fn new_callback(&mut self, services: &[ServiceId], desired: Option<Timestamp>) -> NewCallback {
        let index = self.rng.random_range(0..SERVICES.len());
        self.new_callback_of(index, services[index], desired)
    }

    /// A request to the service that has this place in [`SERVICES`].
    fn new_callback_of(
        &mut self,
        index: usize,
        service_id: ServiceId,
        desired: Option<Timestamp>,
    ) -> NewCallback {
        let (_, zone, language, range, digits) = SERVICES[index];
        let is_long = self.rng.random_bool(0.02);
        let digits = digits + if is_long { 3 } else { 0 };
        let customer_number = loop {
            let number = self.rng.random_range(0..10_u32.pow(digits));
            let text = format!("{range}{number:0width$}", width = digits as usize);
            let number = PhoneNumber::try_from(text).expect("the ranges above give E.164 numbers");
            if !self.called().contains(&number) && self.drawn.insert(number.clone()) {
                break number;
            }
        };
        NewCallback {
            id: CallbackId(self.clock.new_id()),
            desired_time: desired.map(Into::into),
            desired_window_seconds: Settings::default().desired_window_seconds,
            request: Request {
                service_id,
                customer_number,
                customer_number_extension: None,
                number_warning: is_long.then_some(NumberWarning::UnknownLength),
                callback_type: if desired.is_some() {
                    CallbackType::Scheduled
                } else {
                    CallbackType::Immediate
                },
                arrived_at: None,
                customer_time_zone: Some(zone.to_owned()),
                language: Some(language.to_owned()),
                priority: if self.rng.random_bool(0.1) { 5 } else { 0 },
                user_data: None,
            },
        }
    }

    /// Adds one callback between five days ago and a week ahead.
    fn add_callback(&mut self, tx: &mut Tx<'_>, services: &[ServiceId]) {
        let creator = self.creator();
        let in_future = self.rng.random_bool(0.3);
        let (desired, created) = if in_future {
            let desired = self.now.plus_seconds(self.between(10 * MINUTE, 7 * DAY));
            (Some(desired), self.now.plus_seconds(-self.between(MINUTE, 3 * DAY)))
        } else {
            // A tenth is recent, so that the queue is not empty.
            let max_age = if self.rng.random_bool(0.1) { 8 * MINUTE } else { 5 * DAY };
            let due = self.now.plus_seconds(-self.between(5, max_age));
            let scheduled = self.rng.random_bool(0.5);
            let lead = self.between(HOUR, DAY);
            if scheduled { (Some(due), due.plus_seconds(-lead)) } else { (None, due) }
        };
        let callback = schedule(tx, self.new_callback(services, desired), &creator, created);
        if in_future {
            if self.rng.random_bool(0.05) {
                let at = created.plus_seconds(30);
                let by = self.person();
                save(tx, callback.cancel(&by, at));
            }
            return;
        }
        self.route(tx, &callback);
    }

    /// Adds a callback of each kind that few are of: set aside, too late, given up,
    /// and overdue.
    fn add_rare_callbacks(&mut self, tx: &mut Tx<'_>, services: &[ServiceId]) {
        let system = Actor::system("scheduler");
        let late = |history: &mut Self, tx: &mut Tx<'_>, ago: i64, policy: LatePolicy| {
            let desired = history.now.plus_seconds(-ago);
            let new = history.new_callback(services, Some(desired));
            let at = desired.plus_seconds(HOUR / 2);
            let callback = schedule(tx, new, &history.creator(), desired.plus_seconds(-HOUR));
            save(tx, callback.submit_late(policy, DEFAULT_APPOINTMENT_LEAD_SECONDS, &system, at))
        };
        let ago = self.between(HOUR, DAY);
        late(self, tx, ago, LatePolicy::Ask);
        late(self, tx, ago, LatePolicy::Close);
        let given_up = late(self, tx, GIVE_UP_DAYS * DAY + ago, LatePolicy::Ask);
        save(tx, given_up.expire(&Actor::system("retention"), self.now.plus_seconds(-HOUR / 2)));

        let desired = self.now.plus_seconds(-self.between(3 * MINUTE, 10 * MINUTE));
        let new = self.new_callback(services, Some(desired));
        let callback = schedule(tx, new, &website(), desired.plus_seconds(-HOUR));
        self.hesitate(tx, &callback, desired.plus_seconds(-MINUTE));
    }

    /// The customer calls the callback off, but is to confirm it: until then it is
    /// not put into the queue, and becomes overdue.
    fn hesitate(&mut self, tx: &mut Tx<'_>, callback: &Callback, at: Timestamp) {
        let until = self.now.plus_seconds(self.between(30 * MINUTE, HOUR));
        save(tx, callback.request_cancellation(until, None, &website(), at));
    }

    /// Invents attempts for a callback that is due.
    fn route(&mut self, tx: &mut Tx<'_>, callback: &Callback) {
        let system = Actor::system("scheduler");
        let router = Actor::system("simulator");
        let mut at = callback.desired_time;
        let (policy, hours) = (RetryPolicy::default(), ServiceHours::default());
        let retry = Retry { policy: &policy, hours: &hours, party: None };
        let mut callback = save(tx, callback.submit(DEFAULT_APPOINTMENT_LEAD_SECONDS, &system, at));
        if self.rng.random_bool(0.08) {
            at = at.plus_seconds(self.between(10, 50));
            let by = self.person();
            save(tx, callback.cancel(&by, at));
            return;
        }
        loop {
            at = at.plus_seconds(self.between(5, 6 * MINUTE));
            if at >= self.now {
                return;
            }
            if at > self.now.plus_seconds(-HOUR) {
                self.called().insert(callback.request.customer_number.clone());
            }
            let agent = simulator::agent_name(self.rng.random_range(1..=24));
            let reservation = Reservation {
                attempt_id: AttemptId(self.clock.new_id()),
                lease_token: new_secret(),
                agent,
                holder: router.name.clone(),
                reserved_at: at,
                // A call that is still ringing now goes on for another minute.
                lease_expires_at: self.now.plus_seconds(MINUTE),
            };
            callback = save(tx, callback.reserve(reservation.clone(), &router, at));
            let claim = Claim { attempt_id: reservation.attempt_id, lease_token: &reservation.lease_token };
            at = at.plus_seconds(self.between(4, 25));
            if at >= self.now {
                return;
            }
            if self.rng.random_bool(0.25) {
                let result = match self.rng.random_range(0..10) {
                    0..4 => DialResult::Busy,
                    4..8 => DialResult::NoAnswer,
                    _ => RARE_FAILURES[self.rng.random_range(0..RARE_FAILURES.len())],
                };
                let failed = callback.fail_attempt(claim, result, retry, &router, at);
                callback = save(tx, failed);
                let State::Queued(queued) = &callback.state else { return };
                at = queued.retry_at.unwrap_or(at);
                continue;
            }
            callback = save(tx, callback.connect(claim, &router, at));
            at = at.plus_seconds(self.between(30, 9 * MINUTE));
            if at < self.now {
                let finished = callback.finish(claim, None, Some("solved".to_owned()), &router, at);
                save(tx, finished);
            }
            return;
        }
    }
}

/// What the requests of customers come from.
fn website() -> Actor {
    Actor { kind: ActorKind::ApiKey, name: "website".to_owned() }
}

fn schedule(tx: &mut Tx<'_>, new: NewCallback, creator: &Actor, at: Timestamp) -> Callback {
    save(tx, Callback::schedule(new, creator, at))
}

/// Saves a transition that the history has made sure is allowed.
fn save(tx: &mut Tx<'_>, transition: Result<Transition, Refusal>) -> Callback {
    tx.save(transition.expect("an invented transition is allowed in its state"))
}
