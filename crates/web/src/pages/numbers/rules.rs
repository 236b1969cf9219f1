//! The number rules in their order.

use leptos::prelude::*;
use ringback_domain::number_rule::NumberRuleKind;
use ringback_domain::wire::number_rule::NumberRuleView;

use super::Numbers;
use super::rule_dialog::{DeleteDialog, RuleDialog};
use crate::components::button::{Appearance, Button};
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::components::record_table::RecordTable;
use crate::intl;
use crate::language;
use crate::messages;

/// The open dialog.
#[derive(Clone)]
enum Open {
    /// Creates a rule.
    New,
    /// Changes one.
    Edit(NumberRuleView),
    /// Asks before one is deleted.
    Delete(NumberRuleView),
}

/// What the rule does, in a word.
pub(super) fn kind_name(kind: NumberRuleKind) -> &'static str {
    match kind {
        NumberRuleKind::AllowCountries => messages::permits_countries(),
        NumberRuleKind::BlockPattern => messages::blocks_pattern(),
        NumberRuleKind::BlockPremium => messages::blocks_premium(),
    }
}

/// The numbers that the rule is about.
fn matches(rule: &NumberRuleView) -> String {
    match (rule.kind, &rule.pattern) {
        (NumberRuleKind::AllowCountries, _) => {
            let language = language::current();
            let mut names: Vec<_> =
                rule.countries.iter().map(|code| intl::region_name(&language, code)).collect();
            names.sort();
            names.join(", ")
        }
        (NumberRuleKind::BlockPattern, Some(pattern)) => pattern.as_str().to_owned(),
        (NumberRuleKind::BlockPattern | NumberRuleKind::BlockPremium, _) => {
            messages::kind_premium().to_owned()
        }
    }
}

/// The table, with its dialogs.
#[component]
pub(super) fn RuleTable(numbers: Numbers) -> impl IntoView {
    let open = RwSignal::new(None::<Open>);
    let may_edit = numbers.may_edit;
    let row = Callback::new(move |rule: NumberRuleView| rule_row(numbers, open, rule).into_any());
    let columns = vec![
        messages::name(),
        messages::rule_matches(),
        messages::rule_effect(),
        messages::used_by(),
        messages::column_actions(),
    ];
    view! {
        <section class="numbers__part" aria-label=messages::number_rules()>
            <div class="part-head">
                <h2>{messages::number_rules()}</h2>
                {may_edit.then(|| view! {
                    <Button appearance=Appearance::Primary icon="plus" on_press=move |()| open.set(Some(Open::New))>
                        {messages::add_rule()}
                    </Button>
                })}
            </div>
            <p class="hint">{messages::number_rules_hint()}" "<a href="/services">{messages::services()}</a></p>
            <RecordTable
                items=numbers.rules
                columns
                label=messages::number_rules_in_order()
                row
                reload=Callback::new(move |()| numbers.load())
            />
        </section>
        {move || open.get().map(|dialog| {
            let on_close = Callback::new(move |()| open.set(None));
            match dialog {
                Open::New => view! { <RuleDialog numbers on_close /> }.into_any(),
                Open::Edit(rule) => view! { <RuleDialog numbers rule on_close /> }.into_any(),
                Open::Delete(rule) => view! { <DeleteDialog numbers rule on_close /> }.into_any(),
            }
        })}
    }
}

fn rule_row(numbers: Numbers, open: RwSignal<Option<Open>>, rule: NumberRuleView) -> impl IntoView {
    let id = rule.id;
    let is_matching = move || numbers.matching.get() == Some(id);
    let blocks = rule.kind != NumberRuleKind::AllowCountries;
    let (class, icon, effect) = if blocks {
        ("effect effect--block", "ban", messages::blocks())
    } else {
        ("effect effect--permit", "check", messages::permits())
    };
    let users: Vec<_> = rule.used_by.iter().map(|one| one.name.clone()).collect();
    let users = if users.is_empty() { messages::none().to_owned() } else { users.join(", ") };
    let buttons = numbers.may_edit.then(|| {
        let (edited, deleted) = (rule.clone(), rule.clone());
        view! {
            <IconButton
                class="icon-button--accent"
                icon="pencil"
                label=messages::edit_of(&rule.name)
                on_press=move |()| open.set(Some(Open::Edit(edited.clone())))
            />
            <IconButton
                icon="trash-2"
                label=messages::delete_of(&rule.name)
                on_press=move |()| open.set(Some(Open::Delete(deleted.clone())))
            />
        }
    });
    view! {
        <tr class:is-matching=is_matching>
            <th scope="row" class="wrap">
                {rule.name.clone()}
                {move || is_matching().then(|| view! { <span class="visually-hidden">{messages::matching_rule()}</span> })}
            </th>
            <td class="wrap numbers__matches">{matches(&rule)}</td>
            <td><span class=class><Icon name=icon class="icon--small" />{effect}</span></td>
            <td class="wrap">{users}</td>
            <td>{buttons}</td>
        </tr>
    }
}
