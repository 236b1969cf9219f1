//! Puts what the server refused where it belongs.

use leptos::prelude::*;
use ringback_domain::StateName;
use ringback_domain::wire::problem::FieldProblem;

use crate::api::Failure;
use crate::components::field::FieldError;
use crate::messages;

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
        ("/time_zone", "unknown_time_zone") => messages::fault_time_zone(),
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
