//! The dialogs that create, change and delete a number rule.

use leptos::prelude::*;
use ringback_domain::number_rule::{NumberPattern, NumberRule, NumberRuleKind};
use ringback_domain::wire::endpoint::{DeleteNumberRule, PatchNumberRule, PostNumberRule};
use ringback_domain::wire::number_rule::{EditNumberRule, NumberRuleView};
use ringback_domain::wire::problem::ProblemKind;

use super::Numbers;
use super::rules::kind_name;
use crate::components::button::Appearance;
use crate::components::choice::{Card, RadioCards};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::field::FieldError;
use crate::components::input::TextField;
use crate::components::toast::{Toast, Toasts};
use crate::forms::{Submission, require, show_problems};
use crate::messages;

/// The country codes in a text. `None` if one cannot be a code.
fn codes(text: &str) -> Option<Vec<String>> {
    let parts = text.split(|sign: char| sign.is_whitespace() || matches!(sign, ',' | ';'));
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).map(str::to_uppercase).collect();
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase());
    (!parts.is_empty() && parts.iter().all(is_code)).then_some(parts)
}

/// What is typed.
#[derive(Clone, Copy)]
struct RuleForm {
    name: RwSignal<String>,
    kind: RwSignal<NumberRuleKind>,
    countries: RwSignal<String>,
    pattern: RwSignal<String>,
    name_error: FieldError,
    countries_error: FieldError,
    pattern_error: FieldError,
}

impl RuleForm {
    fn of(rule: Option<&NumberRuleView>) -> Self {
        let [name_error, countries_error, pattern_error] = std::array::from_fn(|_| RwSignal::new(None));
        let text = |of: fn(&NumberRuleView) -> String| RwSignal::new(rule.map(of).unwrap_or_default());
        Self {
            name: text(|rule| rule.name.clone()),
            kind: RwSignal::new(rule.map_or(NumberRuleKind::AllowCountries, |rule| rule.kind)),
            countries: text(|rule| rule.countries.join(", ")),
            pattern: text(|rule| rule.pattern.as_ref().map(|of| of.as_str().to_owned()).unwrap_or_default()),
            name_error,
            countries_error,
            pattern_error,
        }
    }

    /// The rule. `None` if a field is invalid; it is then marked.
    fn read(self) -> Option<NumberRule> {
        let kind = self.kind.get_untracked();
        let named = require(self.name, self.name_error, messages::enter_name());
        let (mut countries, mut pattern) = (Some(Vec::new()), Some(None));
        match kind {
            NumberRuleKind::AllowCountries => {
                countries = self.countries.with_untracked(|text| codes(text));
                if countries.is_none() {
                    self.countries_error.set(Some(messages::fault_countries().to_owned()));
                }
            }
            NumberRuleKind::BlockPattern => {
                // People write numbers in groups.
                let text: String =
                    self.pattern.with_untracked(|text| text.chars().filter(|sign| *sign != ' ').collect());
                pattern = NumberPattern::try_from(text).ok().map(Some);
                if pattern.is_none() {
                    self.pattern_error.set(Some(messages::fault_pattern().to_owned()));
                }
            }
            NumberRuleKind::BlockPremium => {}
        }
        let name = self.name.get_untracked().trim().to_owned();
        let (countries, pattern) = (countries?, pattern?);
        named.then_some(NumberRule { name, kind, countries, pattern })
    }

    fn fields(self) -> [(&'static str, FieldError); 3] {
        [("/name", self.name_error), ("/countries", self.countries_error), ("/pattern", self.pattern_error)]
    }
}

/// Creates a rule, or changes one, whose kind stays.
#[component]
pub(super) fn RuleDialog(
    numbers: Numbers,
    #[prop(optional)] rule: Option<NumberRuleView>,
    on_close: Callback<()>,
) -> impl IntoView {
    let toasts = Toasts::here();
    let form = RuleForm::of(rule.as_ref());
    let (title, button) = if rule.is_some() {
        (messages::edit_rule(), messages::save())
    } else {
        (messages::add_rule(), messages::create())
    };
    let handle = DialogHandle::new(title);
    let submission = Submission::of(handle);
    let before = StoredValue::new(rule.as_ref().map(|rule| (rule.id, rule.version)));
    let submit = move |()| {
        let Some(new) = form.read() else { return handle.focus_first_error() };
        let work = async move {
            match before.get_value() {
                None => submission.command(PostNumberRule(new), None).await,
                Some((id, version)) => {
                    let NumberRule { name, kind, countries, pattern } = new;
                    let edit = EditNumberRule {
                        name: Some(name),
                        countries: (kind == NumberRuleKind::AllowCountries).then_some(countries),
                        pattern,
                    };
                    submission.command(PatchNumberRule(id, edit), Some(version)).await
                }
            }
        };
        let saved = move |rule: NumberRuleView| {
            handle.close();
            numbers.load();
            toasts.show(Toast::success(&messages::rule_saved(rule.name)));
        };
        submission.run(work, saved, move |failure| {
            if failure.kind() == Some(ProblemKind::Duplicate) {
                return form.name_error.set(Some(messages::name_taken().to_owned()));
            }
            handle.problem.set(show_problems(&failure, &form.fields()));
        });
    };
    let cards = [
        (NumberRuleKind::AllowCountries, messages::permits_countries_hint()),
        (NumberRuleKind::BlockPattern, messages::blocks_pattern_hint()),
        (NumberRuleKind::BlockPremium, messages::blocks_premium_hint()),
    ];
    let card = |(value, hint): (NumberRuleKind, &'static str)| Card {
        value,
        label: kind_name(value),
        hint: Signal::stored(Some(hint)),
        disabled: Signal::stored(false),
    };
    let kind = form.kind;
    view! {
        <Dialog handle on_close on_submit=submit action=handle.submit(button)>
            <TextField label=messages::name() value=form.name error=form.name_error autofocus=true />
            {match rule {
                None => view! {
                    <RadioCards label=messages::rule_effect() value=kind cards=cards.map(card).to_vec() />
                }
                .into_any(),
                Some(rule) => view! { <p class="hint">{kind_name(rule.kind)}</p> }.into_any(),
            }}
            <Show when=move || kind.get() == NumberRuleKind::AllowCountries>
                <TextField
                    label=messages::countries()
                    value=form.countries
                    error=form.countries_error
                    hint=messages::countries_hint().to_owned()
                />
            </Show>
            <Show when=move || kind.get() == NumberRuleKind::BlockPattern>
                <TextField
                    label=messages::pattern()
                    value=form.pattern
                    error=form.pattern_error
                    inputmode="tel"
                    hint=messages::pattern_hint().to_owned()
                />
            </Show>
        </Dialog>
    }
}

/// Asks before a rule is deleted.
#[component]
pub(super) fn DeleteDialog(numbers: Numbers, rule: NumberRuleView, on_close: Callback<()>) -> impl IntoView {
    let handle = DialogHandle::new(messages::delete_number_rule());
    let submission = Submission::of(handle);
    let toasts = Toasts::here();
    let text = messages::delete_rule_text(&rule.name);
    let users = rule.used_by.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
    let submit = move |()| {
        let (name, users) = (rule.name.clone(), users.clone());
        let work = submission.command(DeleteNumberRule(rule.id), Some(rule.version));
        let done = move |()| {
            handle.close();
            numbers.load();
            toasts.show(Toast::success(&messages::rule_deleted(name)));
        };
        submission.run(work, done, move |failure| {
            let problem = match failure.kind() {
                Some(ProblemKind::InUse) if users.is_empty() => Some(messages::in_use_unseen().to_owned()),
                Some(ProblemKind::InUse) => Some(messages::in_use(users)),
                _ => show_problems(&failure, &[]),
            };
            handle.problem.set(problem);
        });
    };
    let action = handle.submit_unless(Appearance::Danger, Signal::stored(None), messages::delete());
    view! {
        <Dialog handle confirms=true on_close on_submit=submit action>
            <p>{text}</p>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::codes;

    #[test]
    fn countries_are_read_as_people_list_them() {
        let read = |text| codes(text).map(|codes| codes.join(" "));
        assert_eq!(read("de, at;CH  gb"), Some("DE AT CH GB".to_owned()));
        for bad in ["", " , ", "Germany", "D", "DE, Ö1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
