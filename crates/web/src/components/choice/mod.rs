//! Radio cards and switches.

use leptos::prelude::*;

use crate::components::unique_id;

/// One of several options.
#[derive(Clone)]
pub(crate) struct Card<T> {
    /// The value.
    pub(crate) value: T,
    /// The label.
    pub(crate) label: &'static str,
    /// An explanation, or why it cannot be chosen.
    pub(crate) hint: Signal<Option<&'static str>>,
    /// Cannot be chosen now. It can still have the focus, as a control that is
    /// disabled while it has the focus would lose it.
    pub(crate) disabled: Signal<bool>,
}

/// Radio buttons as large as cards.
#[component]
pub(crate) fn RadioCards<T>(
    /// The name of the group.
    label: &'static str,
    /// The chosen value.
    value: RwSignal<T>,
    /// The options.
    cards: Vec<Card<T>>,
    /// The chosen option gets the focus when a dialog opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let group = unique_id("cards");
    let first = value.get_untracked();
    let cards = cards
        .into_iter()
        .enumerate()
        .map(|(index, card)| {
            let name_id = format!("{group}-{index}");
            let hint_id = StoredValue::new(format!("{group}-{index}-hint"));
            let Card { value: own, label, hint, disabled } = card;
            view! {
                <label class="radio-card">
                    <input
                        class="radio"
                        type="radio"
                        name=group.clone()
                        autofocus=autofocus && own == first
                        prop:checked=move || value.get() == own
                        aria-disabled=move || disabled.get().then_some("true")
                        aria-labelledby=name_id.clone()
                        aria-describedby=move || hint.get().map(|_| hint_id.get_value())
                        on:click=move |event| {
                            if disabled.get_untracked() {
                                event.prevent_default();
                            }
                        }
                        on:change=move |_| value.set(own)
                    />
                    <b id=name_id>{label}</b>
                    {move || {
                        let hint = hint.get()?;
                        Some(view! { <span class="hint" id=hint_id.get_value()>{hint}</span> })
                    }}
                </label>
            }
        })
        .collect_view();
    view! { <div class="radio-cards" role="radiogroup" aria-label=label>{cards}</div> }
}

/// A switch followed by its label.
#[component]
pub(crate) fn Switch(
    /// The label.
    label: &'static str,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Called when it is switched.
    #[prop(into)]
    on_switch: Callback<bool>,
) -> impl IntoView {
    view! {
        <label class="option-row">
            <input
                type="checkbox"
                role="switch"
                class="switch"
                prop:checked=on
                on:change=move |event| on_switch.run(event_target_checked(&event))
            />
            {label}
        </label>
    }
}
