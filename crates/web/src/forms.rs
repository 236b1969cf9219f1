//! Sends the forms of dialogs, and shows problems at the fields they are about.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::StateName;
use ringback_domain::wire::endpoint::Endpoint;
use ringback_domain::wire::problem::{FieldCode, FieldProblem};
use serde::de::DeserializeOwned;

use crate::api::{Command, Failure, HttpRequest};
use crate::client::Client;
use crate::components::dialog::DialogHandle;
use crate::components::field::FieldError;
use crate::components::toast::{Toast, Toasts};
use crate::messages;

/// Sends the form of a dialog.
#[derive(Clone, Copy)]
pub(crate) struct Submission {
    dialog: DialogHandle,
    client: Client,
    toasts: Toasts,
    /// The last command, while its outcome is unknown.
    unanswered: StoredValue<Option<(HttpRequest, Command)>>,
}

impl Submission {
    /// For the form of this dialog.
    pub(crate) fn of(dialog: DialogHandle) -> Self {
        let unanswered = StoredValue::new(None);
        Self { dialog, client: Client::here(), toasts: Toasts::here(), unanswered }
    }

    /// Sends a command. While its outcome is unknown, the same request is sent
    /// with the same key, so that it is carried out once.
    pub(crate) async fn command<E: Endpoint>(
        self,
        endpoint: E,
        version: Option<i64>,
    ) -> Result<E::Response, Failure> {
        self.send(HttpRequest::of(&endpoint, None)?, version).await
    }

    /// Sends a CSV file as a command.
    pub(crate) async fn upload<E: Endpoint>(self, endpoint: E, file: String) -> Result<E::Response, Failure> {
        self.send(HttpRequest::of(&endpoint, None)?.with_csv(file), None).await
    }

    async fn send<T: DeserializeOwned>(
        self,
        request: HttpRequest,
        version: Option<i64>,
    ) -> Result<T, Failure> {
        let same = |(unanswered, command): &(HttpRequest, Command)| {
            *unanswered == request && command.version == version
        };
        let before = self.unanswered.with_value(|unanswered| unanswered.clone().filter(same));
        let command = before.map_or_else(|| Command::new(version), |(_, command)| command);
        self.unanswered.set_value(Some((request.clone(), command.clone())));
        let response = self.client.send(request.with_command(command)).await;
        if response.as_ref().err().is_none_or(|failure| !failure.outcome_is_unknown()) {
            self.unanswered.try_set_value(None);
        }
        response
    }

    /// Runs the work of the form and calls `done` or `refused`. After a failure
    /// the first invalid field gets the focus; if the dialog has been closed
    /// meanwhile, a toast reports the failure.
    pub(crate) fn run<T: 'static>(
        self,
        work: impl Future<Output = Result<T, Failure>> + 'static,
        done: impl FnOnce(T) + 'static,
        refused: impl FnOnce(Failure) + 'static,
    ) {
        self.dialog.busy.set(true);
        spawn_local(async move {
            let response = work.await;
            let closed = self.dialog.busy.try_set(false).is_some();
            match response {
                Ok(response) if !closed => done(response),
                Ok(_) => {}
                Err(failure) if !closed => {
                    refused(failure);
                    self.dialog.focus_first_error();
                }
                Err(failure) => {
                    let why = show_problems(&failure, &[]).unwrap_or_default();
                    self.toasts.show(Toast::error(self.dialog.title, why));
                }
            }
        });
    }
}

/// Shows the problems at their fields. Returns those that belong to no field,
/// as one text.
pub(crate) fn show_problems(failure: &Failure, fields: &[(&str, FieldError)]) -> Option<String> {
    let Failure::Problem(problem) = failure else { return Some(failure.message()) };
    let mut texts = Vec::new();
    for error in &problem.errors {
        match fields.iter().find(|(pointer, _)| is_about(&error.pointer, pointer)) {
            Some((_, field)) => field.set(Some(field_message(error))),
            None => texts.push(field_message(error)),
        }
    }
    if problem.errors.is_empty() {
        let state = problem.state.map(|state: StateName| messages::is_now(state));
        texts.push(match problem.existing {
            Some(_) => messages::fault_open_callback().to_owned(),
            None => failure.message(),
        });
        texts.extend(state);
        texts.extend(failure.reference().map(messages::reference));
    }
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// Whether a problem is about a field: at its pointer, or at an item of its list.
fn is_about(pointer: &str, field: &str) -> bool {
    let rest = pointer.strip_prefix(field);
    rest.is_some_and(|rest| {
        let index = rest.strip_prefix('/');
        rest.is_empty() || index.is_some_and(|index| index.parse::<usize>().is_ok())
    })
}

/// A text for a problem, in the person's language.
pub(crate) fn field_message(error: &FieldProblem) -> String {
    use FieldCode as C;
    let text = match (error.code, error.pointer.as_str()) {
        (C::OutOfRange, "/priority") => messages::fault_priority(),
        (C::InThePast, "/desired_time" | "/desired_local") => messages::time_in_past(),
        (C::Required, "/desired_time") => messages::enter_time(),
        (C::InvalidValue, "/username") => messages::fault_username(),
        (C::InvalidValue, "/name") => messages::fault_label(),
        (C::Unknown, place) if is_chosen_rule(place) => messages::fault_unknown_rule(),
        (C::UnknownCountry, list) if list.starts_with("/countries/") => messages::fault_countries(),
        (C::AmbiguousLocalTime, _) => messages::fault_ambiguous_time(),
        (C::SkippedLocalTime, _) => messages::fault_skipped_time(),
        (C::Closed, "/callback_type") => messages::fault_closed_now(),
        (C::Closed, _) => messages::fault_closed(),
        (C::Exception, _) => messages::fault_exception(),
        (C::Full, _) => messages::fault_full(),
        (C::Held, _) => messages::fault_held(),
        (C::LimitReached, "/customer_number") => messages::fault_number_limit(),
        (C::LimitReached, "/callback_type") => messages::fault_wait_limit(),
        (C::LimitReached, _) => messages::fault_pending_limit(),
        (C::NoCapacity, _) => messages::fault_no_capacity(),
        (C::OutsidePermittedHours, _) => messages::fault_outside_hours(),
        (C::BlockedNumber, _) => messages::fault_blocked_number(),
        (C::DoNotCall, _) => messages::fault_do_not_call(),
        (C::TooSoon, _) => messages::fault_too_soon(),
        (C::BeyondHorizon, _) => messages::fault_beyond_horizon(),
        (C::Conflict, _) => messages::fault_conflict(),
        (C::ControlCharacter, _) => messages::fault_control_character(),
        (C::ImpossibleNumber, _) => messages::fault_impossible_number(),
        (C::InThePast, _) => messages::fault_in_the_past(),
        (C::InTheFuture, _) => messages::fault_in_the_future(),
        (C::InvalidValue | C::UnknownValue | C::WrongType, _) => messages::fault_invalid_value(),
        (C::MalformedLanguage, _) => messages::fault_language(),
        (C::MalformedNumber, _) => messages::fault_malformed_number(),
        (C::NotAccepting, _) => messages::fault_not_accepting(),
        (C::NotAllowed | C::UnknownField, _) => messages::fault_not_allowed(),
        (C::NotAnObject, _) => messages::fault_user_data(),
        (C::NotAudio, _) => messages::fault_not_audio(),
        (C::NotEnabled, _) => messages::fault_not_enabled(),
        (C::NotForImmediate, _) => messages::fault_not_for_immediate(),
        (C::NotPermitted, _) => messages::fault_not_permitted(),
        (C::OutOfRange, _) => messages::fault_out_of_range(),
        (C::Required, _) => messages::fault_required(),
        (C::SeveralNumbers, _) => messages::fault_several_numbers(),
        (C::TooEarly, _) => messages::fault_too_early(),
        (C::TooLarge | C::TooLong, _) => messages::fault_too_long(),
        (C::Unknown, _) => messages::fault_unknown_service(),
        (C::UnknownCountry, _) => messages::fault_country(),
        (C::UnknownTimeZone, _) => messages::fault_time_zone(),
        (C::WrongPassword, _) => messages::fault_wrong_password(),
        (C::WeakPassword, _) => messages::fault_weak_password(),
    };
    text.to_owned()
}

/// Whether it is a calendar or a rule that a service has chosen.
fn is_chosen_rule(pointer: &str) -> bool {
    ["/open_calendars", "/closed_calendars", "/capacity_rule", "/number_rules"]
        .iter()
        .any(|field| is_about(pointer, field))
}

/// Marks a field that is empty. `true` if it is filled in.
pub(crate) fn require(value: RwSignal<String>, error: FieldError, message: &'static str) -> bool {
    let filled = value.with_untracked(|value| !value.trim().is_empty());
    if !filled {
        error.set(Some(message.to_owned()));
    }
    filled
}
