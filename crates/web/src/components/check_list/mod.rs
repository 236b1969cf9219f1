//! A list of boxes to tick.

use leptos::prelude::*;

use crate::components::field::FieldError;
use crate::components::icon::Icon;
use crate::components::unique_id;

/// Boxes to tick, any number of them.
#[component]
pub(crate) fn CheckList(
    /// The name of the list.
    label: &'static str,
    /// The value and the label of each box.
    items: Vec<(String, String)>,
    /// The values of the ticked boxes.
    chosen: RwSignal<Vec<String>>,
    /// A hint below the name.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// The error; cleared when a box is ticked.
    #[prop(optional)]
    error: Option<FieldError>,
) -> impl IntoView {
    let check = move |(value, name): (String, String)| {
        let value = StoredValue::new(value);
        let change = move |event: leptos::ev::Event| {
            let (on, value) = (event_target_checked(&event), value.get_value());
            if let Some(error) = error {
                error.set(None);
            }
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
    let error_id = StoredValue::new(unique_id("check-list"));
    let problem = move || error.and_then(|error| error.get());
    view! {
        <fieldset class="check-list" aria-describedby=move || problem().map(|_| error_id.get_value())>
            <legend>{label}</legend>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            {items.into_iter().map(check).collect_view()}
            {move || problem().map(|text| view! {
                <p class="check-list__error" role="alert" id=error_id.get_value()>
                    <Icon name="circle-alert" class="icon--small" />{text}
                </p>
            })}
        </fieldset>
    }
}
