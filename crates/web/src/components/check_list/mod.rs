//! A list of boxes to tick.

use leptos::prelude::*;

/// Boxes to tick, any number of them.
#[component]
pub(crate) fn CheckList(
    /// The name of the list.
    label: &'static str,
    /// The value and the label of each box.
    items: Vec<(String, String)>,
    /// The values of the ticked boxes.
    chosen: RwSignal<Vec<String>>,
) -> impl IntoView {
    let check = move |(value, name): (String, String)| {
        let value = StoredValue::new(value);
        let change = move |event: leptos::ev::Event| {
            let (on, value) = (event_target_checked(&event), value.get_value());
            chosen.update(|chosen| {
                chosen.retain(|other| *other != value);
                chosen.extend(on.then_some(value));
            });
        };
        let checked = move || value.with_value(|value| chosen.with(|chosen| chosen.contains(value)));
        view! {
            <label class="option-row">
                <input type="checkbox" class="check" prop:checked=checked on:change=change />
                {name}
            </label>
        }
    };
    view! {
        <fieldset class="check-list">
            <legend>{label}</legend>
            {items.into_iter().map(check).collect_view()}
        </fieldset>
    }
}
