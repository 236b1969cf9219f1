//! Version 1 of the API.

pub mod api_keys;
pub mod attempts;
pub mod audit;
pub mod bulk_cancellations;
pub mod bulk_reschedules;
pub mod calendars;
pub mod callbacks;
pub mod do_not_call;
pub mod events;
pub mod export;
pub mod gates;
pub mod holds;
pub mod me;
pub mod name_recordings;
pub mod number_rules;
pub mod reference;
pub mod reports;
mod rules;
pub mod saved_views;
pub mod services;
pub mod session;
pub mod users;

use ringback_domain::wire::problem::FieldProblem;

use crate::fault::{Fault, Field, Part, Step};

/// A fault as version 1 writes it: a value by its JSON pointer, a parameter as
/// `?name`.
pub fn field_problem(fault: &Fault) -> FieldProblem {
    let name = |field: &Field| <&'static str>::from(field);
    let pointer = match &fault.part {
        Part::Whole => String::new(),
        Part::Field(field) => format!("/{}", name(field)),
        Part::Item(list, index) => format!("/{}/{index}", name(list)),
        Part::FieldOfItem(list, index, field) => format!("/{}/{index}/{}", name(list), name(field)),
        Part::Path(steps) => steps.iter().fold(String::new(), |pointer, step| match step {
            Step::Field(field) => format!("{pointer}/{}", name(field)),
            Step::Name(name) => format!("{pointer}/{name}"),
            Step::Index(index) => format!("{pointer}/{index}"),
        }),
        Part::Parameter(field) => format!("?{}", name(field)),
        Part::Place(pointer) => pointer.clone(),
    };
    FieldProblem { pointer, code: fault.code, detail: fault.detail.clone() }
}
