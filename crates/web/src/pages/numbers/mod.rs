//! Permitted & Blocked Numbers: the number rules, the do-not-call list, and what both say
//! of a number.

mod blocked;
mod import;
mod rule_dialog;
mod rules;
mod tester;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::number_rule::NumberRuleKind;
use ringback_domain::wire::admin::ServiceView;
use ringback_domain::wire::endpoint::{ListNumberRules, ListServices};
use ringback_domain::wire::number_rule::NumberRuleView;
use ringback_domain::{NumberRuleId, Permission};

use crate::client::Client;
use crate::components::page::PlainPage;
use crate::components::record_table::Items;
use crate::messages;
use crate::session::Session;
use blocked::BlockedNumbers;
use rules::RuleTable;
use tester::Tester;

/// The state of the page.
#[derive(Clone, Copy)]
struct Numbers {
    client: Client,
    may_edit: bool,
    /// In the order in which a service asks them: those that block come first.
    rules: Items<NumberRuleView>,
    services: RwSignal<Vec<ServiceView>>,
    /// The rule that decides about the number in the tester.
    matching: RwSignal<Option<NumberRuleId>>,
    /// The number that is being added to the do-not-call list; empty for one that is typed.
    adding: RwSignal<Option<String>>,
    /// Raised when a rule, a service or the list has changed.
    changes: RwSignal<u32>,
}

impl Numbers {
    fn new() -> Self {
        let this = Self {
            client: Client::here(),
            may_edit: Session::here().may(Permission::ManageServices),
            rules: RwSignal::new(None),
            services: RwSignal::new(Vec::new()),
            matching: RwSignal::new(None),
            adding: RwSignal::new(None),
            changes: RwSignal::new(0),
        };
        this.load();
        this
    }

    /// Loads the rules and the services, which name the rules that they use.
    fn load(self) {
        spawn_local(async move {
            let loaded =
                futures_util::try_join!(self.client.call(&ListNumberRules), self.client.call(&ListServices));
            match loaded {
                Ok((mut rules, services)) => {
                    rules.items.sort_by_key(|rule| rule.kind == NumberRuleKind::AllowCountries);
                    self.services.try_set(services.items);
                    self.rules.try_set(Some(Ok(rules.items)));
                }
                Err(failure) => {
                    self.rules.try_set(Some(Err(failure.message())));
                }
            }
            self.changes.try_update(|changes| *changes += 1);
        });
    }

    /// Says that the do-not-call list has changed.
    fn list_changed(self) {
        self.changes.update(|changes| *changes += 1);
    }
}

/// The page.
#[component]
pub(crate) fn NumbersPage() -> impl IntoView {
    let numbers = Numbers::new();
    view! {
        <PlainPage title=messages::numbers()>
            <div class="numbers">
                <Tester numbers />
                <div class="numbers__lists">
                    <RuleTable numbers />
                    <BlockedNumbers numbers />
                </div>
            </div>
        </PlainPage>
    }
}
