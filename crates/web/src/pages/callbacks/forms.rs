//! Puts what the server refused where it belongs.

use leptos::prelude::*;
use ringback_domain::StateName;

use crate::api::Failure;
use crate::components::field::FieldError;
use crate::messages;

/// Marks the fields that a refusal is about. What belongs to no field comes
/// back as a summary.
pub(super) fn place(failure: &Failure, fields: &[(&str, FieldError)]) -> Option<String> {
    let Failure::Problem(problem) = failure else { return Some(failure.sentence()) };
    let mut rest = Vec::new();
    for error in &problem.errors {
        match fields.iter().find(|(pointer, _)| *pointer == error.pointer) {
            Some((_, field)) => field.set(Some(error.detail.clone())),
            None => rest.push(error.detail.clone()),
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

/// Marks a field unless it is filled in; `true` if it is.
pub(super) fn require(value: RwSignal<String>, error: FieldError, message: &'static str) -> bool {
    let filled = value.with_untracked(|value| !value.trim().is_empty());
    if !filled {
        error.set(Some(message.to_owned()));
    }
    filled
}
