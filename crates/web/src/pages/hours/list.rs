//! The calendars or rules to choose from.

use leptos::prelude::*;
use uuid::Uuid;

use super::rule::{Kind, Record};
use super::{Rules, Target, status};
use crate::clock::Clock;
use crate::messages;

/// The list. Its links keep what is not saved.
#[component]
pub(super) fn RuleList(rules: Rules, open: Memo<Option<Target>>) -> impl IntoView {
    let clock = Clock::here();
    let label = match rules.kind {
        Kind::Hours => messages::calendars(),
        Kind::Capacity => messages::capacity_rules(),
    };
    let changed = move |id: Option<Uuid>| {
        let drafts = rules.drafts.get();
        let draft = drafts.into_iter().find(|draft| draft.saved.with(|of| of.id) == id);
        rules.may_edit && draft.is_some_and(|draft| !draft.changes().is_empty())
    };
    let item = move |record: Record| {
        let Record { id, content, .. } = record;
        let current = move || (open.get() == Some(Target(id))).then_some("true");
        let name = content.name.clone();
        let kind = rules.kind;
        let content = StoredValue::new(content);
        let line = move || {
            rules.clocks.get();
            content.with_value(|content| status::line(content, kind, clock.coarse()))
        };
        let is_open = move || {
            rules.clocks.get();
            content.with_value(|content| status::is_open(content, kind, clock.coarse()))
        };
        view! {
            <li>
                <a href=rules.address(id) aria-current=current>
                    <i class="rules__dot" class:is-open=is_open aria-hidden="true"></i>
                    <b>{name}</b>
                    <small>{line}</small>
                    {move || changed(id).then(|| view! { <small class="rules__changed">{messages::not_saved()}</small> })}
                </a>
            </li>
        }
    };
    let records =
        move || rules.records.with(|records| records.iter().flatten().flatten().cloned().collect::<Vec<_>>());
    let new = move || {
        let title = match rules.kind {
            Kind::Hours => messages::new_calendar(),
            Kind::Capacity => messages::new_capacity_rule(),
        };
        (open.get() == Some(Target(None))).then(|| {
            view! {
                <li>
                    <a href=rules.address(None) aria-current="true">
                        <i class="rules__dot" aria-hidden="true"></i>
                        <b>{title}</b>
                        <small class="rules__changed">{messages::not_saved()}</small>
                    </a>
                </li>
            }
        })
    };
    view! {
        <nav class="card rules__list" aria-label=label>
            <ul>{move || records().into_iter().map(item).collect_view()}{new}</ul>
        </nav>
    }
}
