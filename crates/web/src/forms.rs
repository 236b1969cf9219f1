//! Forms in dialogs: sends them, and puts what the server refused where it
//! belongs.

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

/// The form of a dialog on its way to the server.
#[derive(Clone, Copy)]
pub(crate) struct Sending {
    dialog: DialogHandle,
    client: Client,
    toasts: Toasts,
    /// What was asked for, while nobody knows what became of it.
    asked: StoredValue<Option<(HttpRequest, Command)>>,
}

impl Sending {
    /// For the form of this dialog.
    pub(crate) fn of(dialog: DialogHandle) -> Self {
        let asked = StoredValue::new(None);
        Self { dialog, client: Client::here(), toasts: Toasts::here(), asked }
    }

    /// Gives a command. While nobody knows what became of it the same request is
    /// the same command, and carried out once.
    pub(crate) async fn command<E: Endpoint>(
        self,
        endpoint: E,
        version: Option<i64>,
    ) -> Result<E::Response, Failure> {
        let request = HttpRequest::of(&endpoint, None)?;
        let same =
            |(asked, command): &(HttpRequest, Command)| *asked == request && command.version == version;
        let before = self.asked.with_value(|asked| asked.clone().filter(same));
        let command = before.map_or_else(|| Command::new(version), |(_, command)| command);
        self.asked.set_value(Some((request, command.clone())));
        let answer = self.client.command(&endpoint, &command).await;
        if answer.as_ref().err().is_none_or(|failure| !failure.leaves_open()) {
            self.asked.try_set_value(None);
        }
        answer
    }

    /// Does what the form asks for. Then either `done` is told, or `refused`,
    /// and the first field that is wrong has the focus. Where the dialog was
    /// closed meanwhile, a toast says that it failed.
    pub(crate) fn send<T: 'static>(
        self,
        work: impl Future<Output = Result<T, Failure>> + 'static,
        done: impl FnOnce(T) + 'static,
        refused: impl FnOnce(Failure) + 'static,
    ) {
        self.dialog.busy.set(true);
        spawn_local(async move {
            let answer = work.await;
            let gone = self.dialog.busy.try_set(false).is_some();
            match answer {
                Ok(answer) if !gone => done(answer),
                Ok(_) => {}
                Err(failure) if !gone => {
                    refused(failure);
                    self.dialog.focus_first_error();
                }
                Err(failure) => {
                    let why = place(&failure, &[]).unwrap_or_default();
                    self.toasts.show(Toast::failed(self.dialog.title, why));
                }
            }
        });
    }
}

/// Marks the fields that a refusal is about. What belongs to no field comes
/// back as a summary.
pub(crate) fn place(failure: &Failure, fields: &[(&str, FieldError)]) -> Option<String> {
    let Failure::Problem(problem) = failure else { return Some(failure.sentence()) };
    let mut rest = Vec::new();
    for error in &problem.errors {
        match fields.iter().find(|(pointer, _)| *pointer == error.pointer) {
            Some((_, field)) => field.set(Some(fault(error))),
            None => rest.push(fault(error)),
        }
    }
    if problem.errors.is_empty() {
        let state = problem.state.map(|state: StateName| messages::is_now(state));
        rest.push(failure.sentence());
        rest.extend(state);
        rest.extend(failure.reference().map(messages::reference));
    }
    (!rest.is_empty()).then(|| rest.join(" "))
}

/// What is wrong, in words of ours where the fault is known.
fn fault(error: &FieldProblem) -> String {
    let known = match (error.pointer.as_str(), error.code.as_str()) {
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
    known.to_owned()
}

/// The server's words as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

/// Marks a field unless it is filled in; `true` if it is.
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
