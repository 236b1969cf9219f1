//! The retry rules as a table, and in words.

use leptos::prelude::*;
use ringback_domain::DialResult;
use ringback_domain::dial::RetryPolicy;
use ringback_domain::wire::admin::ServiceView;
use ringback_domain::wire::service::setting_faults;
use wasm_bindgen::JsCast;

use super::draft::{Draft, Input};
use super::settings::{Known, RulePart, describe, rule_pointer};
use super::{Services, durations};
use crate::browser;
use crate::components::icon::Icon;
use crate::messages;

/// The results that have a rule, those that count as an attempt first.
fn results(policy: &RetryPolicy) -> Vec<DialResult> {
    let mut results: Vec<_> = policy.results.keys().copied().collect();
    results.sort_by_key(|result| !result.counts());
    results
}

/// A result in words.
fn result_name(result: DialResult) -> &'static str {
    match result {
        DialResult::CreateCallError => messages::result_create_call_error(),
        DialResult::Busy => messages::result_busy(),
        DialResult::NoAnswer => messages::result_no_answer(),
        DialResult::AnsweringMachine => messages::result_answering_machine(),
        DialResult::ErrorTone => messages::result_error_tone(),
        DialResult::Fax => messages::result_fax(),
        DialResult::Person => messages::result_person(),
        DialResult::Rejected => messages::result_rejected(),
        DialResult::NoConfirm => messages::result_no_confirm(),
        DialResult::Unreachable => messages::result_unreachable(),
        DialResult::Congestion => messages::result_congestion(),
        DialResult::Unknown => messages::result_unknown(),
        // They have no rule.
        DialResult::InvalidNumber | DialResult::NumberBlocked | DialResult::Connected => result.as_str(),
    }
}

/// The table. Arrow keys move between its rows, Escape restores a value.
#[component]
pub(super) fn RetryTable(services: Services, draft: Draft) -> impl IntoView {
    let results = draft.saved.with_untracked(|saved| results(&saved.settings.retry_policy));
    let rows = results.clone();
    let row = move |(place, result): (usize, DialResult)| {
        let counts = if result.counts() { messages::counts_yes() } else { messages::counts_no() };
        let neighbours =
            (place.checked_sub(1).and_then(|above| rows.get(above)).copied(), rows.get(place + 1).copied());
        let cell = |part: RulePart| {
            let content = match draft.input(&rule_pointer(result, part)) {
                Some(input) if services.may_edit => {
                    view! { <Cell draft input result part neighbours /> }.into_any()
                }
                _ => {
                    let value = move || {
                        let json = draft.saved.with(|saved| serde_json::to_value(saved).unwrap_or_default());
                        let value = json.pointer(&rule_pointer(result, part)).cloned();
                        describe(Some(part.kind()), &value.unwrap_or_default(), &Known::default())
                    };
                    let label = part.label();
                    view! { <span class="retries__label" aria-hidden="true">{label}</span>{value} }.into_any()
                }
            };
            view! { <td role="cell" class="num">{content}</td> }
        };
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">{result_name(result)}<small class="mono">{result.as_str()}</small></th>
                <td role="cell" class="retries__counts">
                    <span class="retries__label" aria-hidden="true">{messages::retry_counts()}</span>{counts}
                </td>
                {RulePart::ALL.map(cell).into_iter().collect_view()}
            </tr>
        }
    };
    let heads = [messages::dial_result(), messages::retry_counts()].into_iter();
    let heads = heads.chain(RulePart::ALL.map(RulePart::label));
    let head = |label: &'static str| view! { <th scope="col" role="columnheader">{label}</th> };
    view! {
        <table class="retries" role="table" aria-label=messages::retry_table()>
            <thead role="rowgroup"><tr role="row">{heads.map(head).collect_view()}</tr></thead>
            <tbody role="rowgroup">{results.into_iter().enumerate().map(row).collect_view()}</tbody>
        </table>
    }
}

fn cell_id(result: DialResult, part: RulePart) -> String {
    format!("retry-{}-{}", result.as_str(), part.name())
}

/// A field of the table.
#[component]
fn Cell(
    draft: Draft,
    input: Input,
    result: DialResult,
    part: RulePart,
    /// The results of the rows above and below.
    neighbours: (Option<DialResult>, Option<DialResult>),
) -> impl IntoView {
    let id = cell_id(result, part);
    let error_id = StoredValue::new(format!("{id}-error"));
    let invalid = move || input.error.with(Option::is_some);
    let before = move || draft.before(&input.pointer());
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let (above, below) = neighbours;
        let next = match event.key().as_str() {
            "ArrowUp" => above,
            "ArrowDown" => below,
            "Escape" => {
                draft.restore(input);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next {
            browser::focus(&cell_id(next, part));
            // As Tab does.
            let field =
                browser::focused().and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok());
            if let Some(field) = field {
                field.select();
            }
        }
    };
    view! {
        <label class="retries__label" for=id.clone() aria-hidden="true">{part.label()}</label>
        <input
            id=id
            class="input num"
            class:is-changed=move || before().is_some()
            autocomplete="off"
            spellcheck="false"
            aria-label=messages::of_result(part.label(), result.as_str())
            prop:value=input.text
            aria-invalid=move || invalid().then_some("true")
            aria-describedby=move || invalid().then(|| error_id.get_value())
            on:keydown=on_key
            on:focusout=move |_| draft.leave(input)
            on:input=move |event| {
                input.text.set(event_target_value(&event));
                input.error.set(None);
            }
        />
        {move || input.error.get().map(|text| view! {
            <span class="retries__error" id=error_id.get_value()>
                <Icon name="circle-alert" class="icon--small" />{text}
            </span>
        })}
        {move || before().map(|value| {
            let value = describe(Some(part.kind()), &value, &Known::default());
            view! { <small class="retries__was">{messages::was(value)}</small> }
        })}
    }
}

/// What the rules make of a callback, a sentence for all results that go the same way.
fn sentences(service: &ServiceView) -> Vec<String> {
    let policy = &service.settings.retry_policy;
    let faults = setting_faults(&service.settings);
    let wrong = |names: &[&str]| {
        faults
            .iter()
            .any(|fault| fault.path.starts_with(&["retry_policy"]) && fault.path[1..].starts_with(names))
    };
    if wrong(&["max_attempts"]) || wrong(&["give_up_after_seconds"]) {
        return Vec::new();
    }
    let mut ways: Vec<(Vec<u64>, Vec<&'static str>)> = Vec::new();
    for result in results(policy).into_iter().filter(|result| !wrong(&["results", result.as_str()])) {
        let (gaps, name) = (policy.gaps(result), result_name(result));
        match ways.iter_mut().find(|(known, _)| *known == gaps) {
            Some((_, names)) => names.push(name),
            None => ways.push((gaps, vec![name])),
        }
    }
    ways.into_iter().map(|(gaps, names)| sentence(&names.join(", "), &gaps)).collect()
}

/// How many gaps are said one by one.
const MAX_GAPS_SAID: usize = 4;

fn sentence(results: &str, gaps: &[u64]) -> String {
    let said = |gap: &u64| durations::text(u32::try_from(*gap).unwrap_or(u32::MAX));
    let attempts = u64::try_from(gaps.len()).unwrap_or_default() + 1;
    let [first @ .., last] = gaps else { return messages::retry_none(results) };
    if gaps.len() > MAX_GAPS_SAID {
        let begin = gaps.iter().take(MAX_GAPS_SAID - 1).map(said).collect::<Vec<_>>().join(", ");
        return messages::retry_many(attempts, results, begin, said(last));
    }
    let gaps = if first.is_empty() {
        said(last)
    } else {
        let first = first.iter().map(said).collect::<Vec<_>>().join(", ");
        messages::list_and(first, said(last))
    };
    messages::retry_gaps(attempts, results, gaps)
}

/// The rules in words.
#[component]
pub(super) fn RetryCourse(draft: Draft) -> impl IntoView {
    let sentences = Memo::new(move |_| sentences(&draft.service()));
    view! {
        <div class="retries__course">
            <h3 id="retries-course">{messages::retry_course()}</h3>
            <ul aria-labelledby="retries-course">
                {move || sentences.get().into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}
            </ul>
            <p class="hint">{messages::retry_course_hint()}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_said_in_plain_words() {
        assert_eq!(
            sentence("Busy", &[120, 240, 480]),
            "Busy: tried again after 2 min, 4 min and 8 min, 4 attempts in all."
        );
        assert_eq!(sentence("Fax", &[3_600]), "Fax: tried again after 1 h, 2 attempts in all.");
        assert_eq!(sentence("Fax", &[]), "Fax: not tried again.");
        assert_eq!(
            sentence("No line", &[20, 40, 80, 160, 320, 600, 600]),
            "No line: tried again after 20 s, 40 s, 1 min 20 s and so on up to every 10 min, 8 times in all."
        );
    }
}
