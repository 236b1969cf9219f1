//! Sends the forms of dialogs, and shows problems at the fields they are about.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::StateName;
use ringback_domain::wire::endpoint::Endpoint;
use ringback_domain::wire::problem::FieldProblem;

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
        let request = HttpRequest::of(&endpoint, None)?;
        let same = |(unanswered, command): &(HttpRequest, Command)| {
            *unanswered == request && command.version == version
        };
        let before = self.unanswered.with_value(|unanswered| unanswered.clone().filter(same));
        let command = before.map_or_else(|| Command::new(version), |(_, command)| command);
        self.unanswered.set_value(Some((request, command.clone())));
        let response = self.client.command(&endpoint, &command).await;
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
        match fields.iter().find(|(pointer, _)| *pointer == error.pointer) {
            Some((_, field)) => field.set(Some(field_message(error))),
            None => texts.push(field_message(error)),
        }
    }
    if problem.errors.is_empty() {
        let state = problem.state.map(|state: StateName| messages::is_now(state));
        texts.push(failure.message());
        texts.extend(state);
        texts.extend(failure.reference().map(messages::reference));
    }
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// A text for a problem: in the person's language if the problem is known, else
/// the text of the server.
fn field_message(error: &FieldProblem) -> String {
    let text = match (error.pointer.as_str(), error.code.as_str()) {
        ("/service_id", "unknown") => messages::fault_unknown_service(),
        ("/service_id", "not_accepting") => messages::fault_not_accepting(),
        ("/customer_number", "malformed_number") => messages::fault_malformed_number(),
        ("/customer_number", "impossible_number") => messages::fault_impossible_number(),
        ("/time_zone" | "/customer_time_zone", "unknown_time_zone") => messages::fault_time_zone(),
        ("/language", "malformed_language") => messages::fault_language(),
        ("/priority", "out_of_range") => messages::fault_priority(),
        ("/default_country", "unknown_country") => messages::fault_country(),
        ("/desired_window_seconds", "out_of_range") => messages::fault_window(),
        ("/desired_time", "in_the_past") => messages::time_in_past(),
        ("/desired_time", "required") => messages::enter_time(),
        _ => return sentence(&error.detail),
    };
    text.to_owned()
}

/// A text of the server as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

/// Marks a field that is empty. `true` if it is filled in.
pub(crate) fn require(value: RwSignal<String>, error: FieldError, message: &'static str) -> bool {
    let filled = value.with_untracked(|value| !value.trim().is_empty());
    if !filled {
        error.set(Some(message.to_owned()));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn the_servers_words_become_a_sentence() {
        assert_eq!(sentence("there is no such service"), "There is no such service.");
        assert_eq!(sentence("Ask again?"), "Ask again?");
        assert_eq!(sentence(""), "");
    }
}
