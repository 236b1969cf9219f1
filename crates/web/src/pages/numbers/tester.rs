//! The tester: what the rules of a service and the do-not-call list say of a number. The
//! number stands in no address of the page, and nothing of it is kept.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::PhoneNumber;
use ringback_domain::number_rule::NumberRuleKind;
use ringback_domain::wire::endpoint::TestNumber;
use ringback_domain::wire::number_rule::{NumberRuleView, NumberTestQuery, NumberVerdict};
use ringback_domain::wire::reference::NumberKind;

use super::Numbers;
use crate::browser;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::key_value::{Fact, KeyValue};
use crate::forms::show_problems;
use crate::intl;
use crate::language;
use crate::messages;

/// What came of the question.
#[derive(Clone)]
enum Answer {
    /// It cannot be read as a number, or the server did not answer: why.
    Refused(String),
    /// What the server says, with the rules of the service in their order.
    Verdict(Box<NumberVerdict>, Vec<NumberRuleView>),
}

/// One of the checks that a number goes through.
struct Check {
    name: String,
    outcome: String,
    /// How it is marked.
    mark: Mark,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// It let the number pass.
    Passed,
    /// It decides that the number may be called.
    Permits,
    /// It decides that the number may not be called.
    Blocks,
    /// It comes after the one that decides.
    Later,
}

/// Whether the rule is about the number.
fn is_about(rule: &NumberRuleView, verdict: &NumberVerdict) -> bool {
    match (rule.kind, &rule.pattern) {
        (NumberRuleKind::AllowCountries, _) => {
            verdict.country.as_ref().is_some_and(|country| rule.countries.contains(country))
        }
        (NumberRuleKind::BlockPattern, Some(pattern)) => {
            PhoneNumber::try_from(verdict.customer_number.clone())
                .is_ok_and(|number| pattern.matches(&number))
        }
        (NumberRuleKind::BlockPattern, None) => false,
        (NumberRuleKind::BlockPremium, _) => verdict.kind == Some(NumberKind::PremiumRate),
    }
}

/// The rule that decides: the one that blocks, else the first that permits.
fn deciding<'a>(verdict: &NumberVerdict, rules: &'a [NumberRuleView]) -> Option<&'a NumberRuleView> {
    match &verdict.rule {
        Some(blocking) => rules.iter().find(|rule| rule.id == blocking.id),
        None => {
            rules.iter().find(|rule| rule.kind == NumberRuleKind::AllowCountries && is_about(rule, verdict))
        }
    }
}

/// Every check in its order.
fn checks(verdict: &NumberVerdict, rules: &[NumberRuleView]) -> Vec<Check> {
    let mut decided = false;
    let mut checks = vec![Check {
        name: messages::check_readable().to_owned(),
        outcome: verdict.customer_number.clone(),
        mark: Mark::Passed,
    }];
    let deciding = deciding(verdict, rules).map(|rule| rule.id);
    for rule in rules {
        let about = is_about(rule, verdict);
        let outcome = match (rule.kind, about) {
            (NumberRuleKind::AllowCountries, true) => messages::check_permits(),
            (NumberRuleKind::AllowCountries, false) => messages::check_not_permitted(),
            (_, true) => messages::check_matches(),
            (_, false) => messages::check_no_match(),
        };
        let mark = match deciding {
            Some(id) if id == rule.id && verdict.rule.is_some() => Mark::Blocks,
            Some(id) if id == rule.id => Mark::Permits,
            _ if decided => Mark::Later,
            _ => Mark::Passed,
        };
        decided |= mark == Mark::Blocks || mark == Mark::Permits;
        checks.push(Check { name: rule.name.clone(), outcome: outcome.to_owned(), mark });
    }
    let (outcome, mark) = match (verdict.do_not_call, &verdict.rule) {
        (true, None) => (messages::check_listed(), Mark::Blocks),
        (true, Some(_)) => (messages::check_listed(), Mark::Later),
        (false, None) => (messages::check_not_listed(), Mark::Passed),
        (false, Some(_)) => (messages::check_not_listed(), Mark::Later),
    };
    checks.push(Check { name: messages::do_not_call().to_owned(), outcome: outcome.to_owned(), mark });
    checks
}

/// The verdict in a sentence that names the matching rule.
fn sentence(verdict: &NumberVerdict, rules: &[NumberRuleView]) -> String {
    match (&verdict.rule, deciding(verdict, rules)) {
        (Some(rule), _) => messages::blocked_by(&rule.name),
        (None, _) if verdict.do_not_call => messages::blocked_by(messages::do_not_call()),
        (None, Some(rule)) => messages::permitted_by(&rule.name),
        (None, None) => messages::permitted_by_none().to_owned(),
    }
}

/// Asks the server while somebody types.
fn answer_to(
    numbers: Numbers,
    service: RwSignal<String>,
    number: RwSignal<String>,
) -> RwSignal<Option<Answer>> {
    /// After the last key, in milliseconds.
    const DELAY: i32 = 300;
    let answer = RwSignal::new(None);
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        numbers.changes.track();
        let (service, number) = (service.get().parse().ok(), number.get().trim().to_owned());
        asked.update_value(|asked| *asked += 1);
        let question = asked.get_value();
        if number.is_empty() || service.is_none() {
            return answer.set(None);
        }
        spawn_local(async move {
            browser::sleep(DELAY).await;
            let is_current = move || asked.try_get_value() == Some(question);
            if !is_current() {
                return;
            }
            let response = numbers.client.call(&TestNumber(NumberTestQuery { service, number })).await;
            if !is_current() {
                return;
            }
            answer.try_set(Some(match response {
                Ok(verdict) => {
                    let rules = service.map(|id| rules_of(numbers, id)).unwrap_or_default();
                    Answer::Verdict(Box::new(verdict), rules)
                }
                Err(failure) => Answer::Refused(show_problems(&failure, &[]).unwrap_or_default()),
            }));
        });
    });
    answer
}

/// The rules of a service in the order in which it asks them.
fn rules_of(numbers: Numbers, service: ringback_domain::ServiceId) -> Vec<NumberRuleView> {
    let used = numbers.services.with_untracked(|services| {
        let service = services.iter().find(|one| one.id == service);
        service.map(|one| one.settings.number_rules.clone()).unwrap_or_default()
    });
    let mut rules: Vec<_> = numbers.rules.with_untracked(|rules| {
        let all: Vec<_> = rules.iter().flatten().flatten().collect();
        used.iter()
            .filter_map(|id| all.iter().find(|rule| rule.id == *id).map(|rule| (*rule).clone()))
            .collect()
    });
    rules.sort_by_key(|rule| rule.kind == NumberRuleKind::AllowCountries);
    rules
}

/// The tester.
#[component]
pub(super) fn Tester(numbers: Numbers) -> impl IntoView {
    let (number, service) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let answer = answer_to(numbers, service, number);
    // The service that is shown first, once they are loaded.
    Effect::new(move |_| {
        let first = numbers.services.with(|services| services.first().map(|one| one.id.to_string()));
        if let Some(first) = first
            && service.with_untracked(String::is_empty)
        {
            service.set(first);
        }
    });
    Effect::new(move |_| {
        let matching = answer.with(|answer| match answer {
            Some(Answer::Verdict(verdict, rules)) => deciding(verdict, rules).map(|rule| rule.id),
            _ => None,
        });
        numbers.matching.set(matching);
    });
    let node = NodeRef::<html::Input>::new();
    node.on_load(|input| {
        let _ = input.set_attribute("data-keys", "/");
    });
    view! {
        <section class="card numbers__tester" aria-label=messages::tester()>
            <div class="part-head">
                <h2>{messages::tester()}</h2>
                <span class="hint">{messages::tester_hint()}</span>
            </div>
            <TextField
                label=messages::phone_number()
                value=number
                error=RwSignal::new(None)
                kind="tel"
                inputmode="tel"
                node
            />
            {move || {
                let choice = |one: &ringback_domain::wire::admin::ServiceView| SelectOption {
                    value: one.id.to_string(),
                    label: one.name.clone(),
                };
                let choices = numbers.services.with(|services| services.iter().map(choice).collect::<Vec<_>>());
                view! { <SelectField label=messages::service_type() value=service error=RwSignal::new(None) choices /> }
            }}
            <div role="status" class="numbers__verdict">
                {move || answer.get().map(|answer| match answer {
                    Answer::Refused(text) => view! {
                        <div class="note note--warning"><Icon name="triangle-alert" /><span>{text}</span></div>
                    }
                    .into_any(),
                    Answer::Verdict(verdict, rules) => verdict_note(&verdict, &rules).into_any(),
                })}
            </div>
            {move || match answer.get() {
                Some(Answer::Verdict(verdict, rules)) => {
                    Some(view! { <Reasons numbers verdict=*verdict rules /> })
                }
                _ => None,
            }}
        </section>
    }
}

/// The verdict, and what follows from it.
fn verdict_note(verdict: &NumberVerdict, rules: &[NumberRuleView]) -> impl IntoView + use<> {
    let (class, icon, consequence) = if verdict.allowed {
        ("note note--success", "circle-check", messages::permitted_means())
    } else {
        ("note note--danger", "ban", messages::blocked_means())
    };
    view! {
        <div class=class>
            <Icon name=icon />
            <div><b>{sentence(verdict, rules)}</b><p>{consequence}</p></div>
        </div>
    }
}

/// How the number was read, every check, and what can be done.
#[component]
fn Reasons(numbers: Numbers, verdict: NumberVerdict, rules: Vec<NumberRuleView>) -> impl IntoView {
    let country = verdict.country.as_deref().map(|code| intl::region_name(&language::current(), code));
    let kind = verdict.kind.map(|kind| messages::number_kind_name(kind).to_owned());
    let about = [country, kind].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let facts = vec![
        Fact::new(messages::number_read_as(), verdict.formatted.clone()),
        Fact::new(
            messages::country_and_kind(),
            if about.is_empty() { messages::none().to_owned() } else { about },
        ),
    ];
    let line = |Check { name, outcome, mark }: Check| {
        let (class, icon) = match mark {
            Mark::Passed => ("check-line", "check"),
            Mark::Permits => ("check-line check-line--permits", "circle-check"),
            Mark::Blocks => ("check-line check-line--blocks", "ban"),
            Mark::Later => ("check-line check-line--later", "minus"),
        };
        let current = matches!(mark, Mark::Permits | Mark::Blocks).then_some("true");
        view! {
            <li class=class aria-current=current>
                <Icon name=icon class="icon--small" />
                <span>{name}</span>
                <span class="check-line__outcome num">{outcome}</span>
            </li>
        }
    };
    let list = checks(&verdict, &rules).into_iter().map(line).collect_view();
    let number = verdict.customer_number.clone();
    view! {
        <KeyValue facts />
        <h3>{messages::every_check()}</h3>
        <ol class="check-lines" aria-label=messages::every_check()>{list}</ol>
        {(numbers.may_edit && !verdict.do_not_call).then(|| view! {
            <Button on_press=move |()| numbers.adding.set(Some(number.clone()))>{messages::add_this_number()}</Button>
        })}
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::NumberRuleId;
    use ringback_domain::number_rule::NumberPattern;
    use ringback_domain::wire::number_rule::NumberRuleRef;
    use uuid::Uuid;

    use super::*;

    fn rule(id: u128, kind: NumberRuleKind, countries: &[&str], pattern: Option<&str>) -> NumberRuleView {
        NumberRuleView {
            id: NumberRuleId(Uuid::from_u128(id)),
            name: format!("rule {id}"),
            kind,
            countries: countries.iter().map(|code| (*code).to_owned()).collect(),
            pattern: pattern.map(|text| NumberPattern::try_from(text.to_owned()).unwrap()),
            used_by: Vec::new(),
            version: 1,
        }
    }

    #[test]
    fn the_check_that_decides_is_marked_and_what_follows_it_is_not() {
        use Mark::{Blocks, Later, Passed, Permits};
        use NumberRuleKind as K;
        let rules = [
            rule(1, K::BlockPremium, &[], None),
            rule(2, K::BlockPattern, &[], Some("+4420*")),
            rule(3, K::AllowCountries, &["DE"], None),
            rule(4, K::AllowCountries, &["GB"], None),
        ];
        let verdict = |blocking: Option<u128>, do_not_call: bool| NumberVerdict {
            customer_number: "+442079460318".to_owned(),
            formatted: "+44 20 7946 0318".to_owned(),
            country: Some("GB".to_owned()),
            kind: Some(NumberKind::FixedLine),
            allowed: blocking.is_none() && !do_not_call,
            rule: blocking.map(|id| NumberRuleRef {
                id: NumberRuleId(Uuid::from_u128(id)),
                name: format!("rule {id}"),
            }),
            do_not_call,
        };
        let marks = |verdict: &NumberVerdict, rules: &[NumberRuleView]| {
            checks(verdict, rules).into_iter().map(|check| check.mark).collect::<Vec<_>>()
        };
        let blocked = verdict(Some(2), true);
        assert!(marks(&blocked, &rules) == [Passed, Passed, Blocks, Later, Later, Later]);
        let permitting = [rules[0].clone(), rules[2].clone(), rules[3].clone()];
        assert!(marks(&verdict(None, false), &permitting) == [Passed, Passed, Passed, Permits, Passed]);
        assert!(marks(&verdict(None, true), &[]) == [Passed, Blocks]);
        assert!(marks(&verdict(Some(3), false), &rules[2..3]) == [Passed, Blocks, Later]);
    }
}
