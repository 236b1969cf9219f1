//! Advanced Options: the columns, times, ranges and filters of a person.

mod columns;
mod ranges;

use leptos::prelude::*;
use ringback_domain::wire::auth::Preferences;
use ringback_domain::{ServiceId, StateName};

use crate::clock;
use crate::components::boxes::{Boxes, Ticked};
use crate::components::button::LinkButton;
use crate::components::choice::Switch;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::state_badge::StateBadge;
use crate::format::{self, Style};
use crate::forms::Submission;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::view::columns::Column;
use crate::pages::callbacks::view::state::Visible;
use columns::ColumnList;
use ranges::RangeForm;

/// The options in the dialog, which are not applied yet.
#[derive(Clone, Copy)]
struct Draft {
    /// Every column that can be moved, in order, and whether it is shown.
    columns: RwSignal<Vec<(Column, bool)>>,
    /// `None` for the custom of the country.
    h24: RwSignal<Option<bool>>,
    compact: RwSignal<bool>,
    utc: RwSignal<bool>,
    states: Ticked,
    services: Ticked,
}

impl Draft {
    /// The current options.
    fn of(page: PageState, services: &[ServiceId]) -> Self {
        let utc = page.preferences.style_untracked().utc;
        let of = |read: fn(&Preferences) -> Option<bool>| page.preferences.with_untracked(read);
        let list = page.view.get_untracked().list;
        let shown = &list.visible.services;
        let ticked = services.iter().map(|id| shown.is_empty() || shown.contains(id)).collect();
        Self {
            columns: RwSignal::new(column_order(page.columns.get_untracked())),
            h24: RwSignal::new(of(|preferences| preferences.time_24h)),
            compact: RwSignal::new(of(|preferences| Some(preferences.compact_rows)) == Some(true)),
            utc: RwSignal::new(utc),
            states: Ticked::new(StateName::ALL.iter().map(|state| list.visible.shows(*state)).collect()),
            services: Ticked::new(ticked),
        }
    }

    fn style(self) -> Style {
        Style { h24: self.has_24h(), utc: self.utc.get() }
    }

    fn has_24h(self) -> bool {
        self.h24.get().unwrap_or_else(format::locale_has_24h)
    }

    fn reset(self) {
        self.columns.set(column_order(None));
        self.h24.set(None);
        self.compact.set(false);
        self.utc.set(false);
        self.states.set_all(true);
        self.services.set_all(true);
    }

    /// Whether at least one state and one service are shown.
    fn is_complete(self) -> bool {
        untrack(|| self.states.count() > 0 && (self.services.count() > 0 || self.services.len() == 0))
    }

    fn write(self, preferences: &mut Preferences, services: &[ServiceId]) {
        let columns = self.columns.get_untracked();
        // The default order is not stored, so that it can change.
        preferences.columns = (columns != column_order(None)).then(|| {
            let shown = columns.iter().filter(|(_, shown)| *shown);
            shown.map(|(column, _)| column.key().to_owned()).collect()
        });
        preferences.time_24h = self.h24.get_untracked();
        preferences.compact_rows = self.compact.get_untracked();
        if columns == column_order(None) {
            preferences.column_widths.clear();
        }
        preferences.utc = self.utc.get_untracked();
        preferences.visible_states = untrack(|| self.states.chosen(StateName::ALL));
        preferences.visible_services = untrack(|| self.services.chosen(services));
    }

    fn visible(self, services: &[ServiceId]) -> Visible {
        untrack(|| Visible {
            states: self.states.chosen(StateName::ALL).unwrap_or_default(),
            services: self.services.chosen(services).unwrap_or_default(),
        })
    }
}

/// The chosen columns followed by the others.
fn column_order(chosen: Option<Vec<Column>>) -> Vec<(Column, bool)> {
    let shown = chosen.unwrap_or_else(|| Column::DEFAULT.to_vec());
    let hidden = Column::MOVABLE.into_iter().filter(|column| !shown.contains(column));
    shown.iter().map(|column| (*column, true)).chain(hidden.map(|column| (column, false))).collect()
}

/// The dialog.
#[component]
pub(super) fn OptionsDialog() -> impl IntoView {
    let page = PageState::here();
    let handle = DialogHandle::new(messages::advanced_options());
    let submission = Submission::of(handle);
    let services = page.session.me().map(|me| me.services.clone()).unwrap_or_default();
    let ids = StoredValue::new(services.iter().map(|service| service.id).collect::<Vec<_>>());
    let draft = ids.with_value(|ids| Draft::of(page, ids));
    let apply = move |()| {
        if !draft.is_complete() {
            return handle.focus_first_error();
        }
        let (services, before) = (ids.get_value(), page.view.get_untracked().list.visible);
        let visible = draft.visible(&services);
        let work =
            async move { page.preferences.save(|preferences| draft.write(preferences, &services)).await };
        let saved = move |()| {
            handle.close();
            if before != visible {
                page.replace(&page.view.get_untracked().with(|list| list.visible = visible));
            }
        };
        submission.run(work, saved, move |failure| handle.problem.set(Some(failure.message())));
    };
    let names = services.into_iter().map(|service| service.name.into_any()).collect();
    let badge = |state| view! { <StateBadge state result=None /> }.into_any();
    let badges = StateName::ALL.iter().copied().map(badge).collect();
    view! {
        <Dialog
            handle
            class="dialog--large"
            on_close=move |()| page.dialog.set(None)
            on_submit=apply
            aside=Box::new(move || {
                view! {
                    <span class="aside">
                        <LinkButton on_press=move |()| draft.reset()>{messages::reset_to_defaults()}</LinkButton>
                    </span>
                }
                .into_any()
            })
            action=handle.submit(messages::apply())
        >
            <div class="options-grid">
                <div class="options-grid__column">
                    <ColumnList columns=draft.columns />
                    <Switch
                        label=messages::compact_rows()
                        on=draft.compact
                        on_switch=move |on| draft.compact.set(on)
                    />
                </div>
                <div class="options-grid__column">
                    <TimeSwitches draft />
                    <RangeForm times=Signal::derive(move || draft.style()) problem=handle.problem />
                    <Boxes label=messages::visible_states() ticked=draft.states names=badges />
                    <Boxes
                        label=messages::visible_services()
                        ticked=draft.services
                        names
                        hint=messages::visible_services_hint()
                    />
                </div>
            </div>
        </Dialog>
    }
}

#[component]
fn TimeSwitches(draft: Draft) -> impl IntoView {
    let now = clock::now();
    let example = move |h24| format::time(now, Style { h24, utc: draft.utc.get() });
    let local = format::zone(Style { h24: false, utc: false });
    view! {
        <fieldset class="field-group">
            <legend class="visually-hidden">{messages::time_display()}</legend>
            <div class="switch-row">
                <Switch
                    label=messages::show_24h()
                    on=Signal::derive(move || draft.has_24h())
                    on_switch=move |on| draft.h24.set(Some(on))
                />
                <span class="hint num">{move || messages::show_24h_hint(example(true), example(false))}</span>
            </div>
            <div class="switch-row">
                <Switch label=messages::show_utc() on=draft.utc on_switch=move |on| draft.utc.set(on) />
                <span class="hint num">{messages::show_utc_hint(local)}</span>
            </div>
        </fieldset>
    }
}
