//! Imports a file into the do-not-call list, and says what became of its lines.

use leptos::html;
use leptos::prelude::*;
use ringback_domain::wire::do_not_call::ImportedEntries;
use ringback_domain::wire::endpoint::ImportDoNotCall;
use ringback_domain::wire::problem::FieldProblem;

use super::Numbers;
use crate::api::Failure;
use crate::browser;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::field::{Field, FieldIds};
use crate::components::icon::Icon;
use crate::forms::{Submission, field_message, show_problems};
use crate::messages;

/// What the server did with the file.
#[derive(Clone)]
enum Outcome {
    Imported(ImportedEntries),
    /// Nothing was taken in, because of these lines.
    Refused(Vec<(u64, String)>),
}

/// The line of a file, and what is wrong with it. The heading is line 1.
fn refused_line(error: &FieldProblem) -> Option<(u64, String)> {
    let (index, field) = error.pointer.strip_prefix("/lines/")?.split_once('/')?;
    let inner = FieldProblem { pointer: format!("/{field}"), ..error.clone() };
    Some((index.parse::<u64>().ok()? + 2, format!("{field}: {}", field_message(&inner))))
}

/// The dialog. It stays open with the result.
#[component]
pub(super) fn ImportDialog(numbers: Numbers, importing: RwSignal<bool>) -> impl IntoView {
    let handle = DialogHandle::new(messages::import_numbers());
    let submission = Submission::of(handle);
    let (ids, error) = (FieldIds::new(), RwSignal::new(None));
    let node = NodeRef::<html::Input>::new();
    let outcome = RwSignal::new(None::<Outcome>);
    let submit = move |()| {
        let Some(file) = node.get_untracked().and_then(|input| browser::chosen_file(&input)) else {
            error.set(Some(messages::choose_file().to_owned()));
            return handle.focus_first_error();
        };
        outcome.set(None);
        let work = async move {
            // A file that has gone meanwhile reads as none, which the server refuses.
            let text = browser::text_of(&file).await.unwrap_or_default();
            submission.upload(ImportDoNotCall, text).await
        };
        let done = move |imported| {
            outcome.set(Some(Outcome::Imported(imported)));
            numbers.list_changed();
        };
        submission.run(work, done, move |failure| {
            let lines = match &failure {
                Failure::Problem(problem) => problem.errors.iter().filter_map(refused_line).collect(),
                Failure::Unreachable | Failure::Unreadable(_) => Vec::new(),
            };
            if lines.is_empty() {
                handle.problem.set(show_problems(&failure, &[]));
            } else {
                outcome.set(Some(Outcome::Refused(lines)));
            }
        });
    };
    view! {
        <Dialog
            handle
            class="dialog--medium"
            on_close=move |()| importing.set(false)
            on_submit=submit
            action=handle.submit(messages::import())
        >
            <Field ids label=messages::csv_file() hint=messages::csv_file_hint().to_owned() error>
                <input
                    id=ids.control()
                    node_ref=node
                    type="file"
                    class="input input--large file-input"
                    accept=".csv,text/csv"
                    autofocus=true
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=move || ids.described_by(true, error.with(Option::is_some))
                    on:change=move |_| {
                        error.set(None);
                        outcome.set(None);
                    }
                />
            </Field>
            <div role="status">{move || outcome.get().map(outcome_view)}</div>
        </Dialog>
    }
}

fn outcome_view(outcome: Outcome) -> AnyView {
    match outcome {
        Outcome::Imported(ImportedEntries { imported, added, changed }) => {
            let counts = [
                messages::import_added(u64::from(added)),
                messages::import_changed(u64::from(changed)),
                messages::import_unchanged(u64::from(imported.saturating_sub(added).saturating_sub(changed))),
            ];
            view! {
                <div class="note note--success">
                    <Icon name="circle-check" />
                    <div><b>{messages::imported()}</b><p>{counts.join(", ")}</p></div>
                </div>
            }
            .into_any()
        }
        Outcome::Refused(lines) => {
            let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            let line = |(number, text): (u64, String)| {
                view! { <li><b class="num">{messages::line(number)}</b>" "{text}</li> }
            };
            view! {
                <div class="note note--danger">
                    <Icon name="circle-alert" />
                    <div>
                        <b>{messages::import_refused(count)}</b>
                        <ul class="import-lines" tabindex="0">{lines.into_iter().map(line).collect_view()}</ul>
                    </div>
                </div>
            }
            .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::wire::problem::FieldCode;

    use super::*;

    #[test]
    fn a_refused_line_has_the_number_that_an_editor_shows() {
        let at = |pointer: &str| {
            let problem = FieldProblem {
                pointer: pointer.to_owned(),
                code: FieldCode::Required,
                detail: String::new(),
            };
            refused_line(&problem).map(|(line, text)| (line, text.starts_with("reason: ")))
        };
        assert_eq!(at("/lines/0/reason"), Some((2, true)));
        assert_eq!(at("/lines/17/number"), Some((19, false)));
        assert_eq!(at(""), None);
    }
}
