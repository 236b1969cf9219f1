//! Text fields and drop-downs, native ones.

use leptos::html;
use leptos::prelude::*;

use crate::components::field::{Field, FieldError, FieldIds};
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::messages;

/// A field for a line of text, a date or a time.
#[component]
pub(crate) fn TextField(
    /// What is asked for.
    label: &'static str,
    /// The text.
    value: RwSignal<String>,
    /// What is wrong with it; gone as soon as it is changed.
    error: FieldError,
    /// The native type.
    #[prop(default = "text")]
    kind: &'static str,
    /// Help that is always there.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// For password managers and keyboards.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Which keyboard a phone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Has the focus when a dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Reaches the element.
    #[prop(optional)]
    node: NodeRef<html::Input>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let shown = RwSignal::new(false);
    let secret = kind == "password";
    let has_hint = move || hint.with(Option::is_some);
    let input = view! {
        <input
            node_ref=node
            id=ids.control()
            class="input input-lg num"
            type=move || if secret && shown.get() { "text" } else { kind }
            autocomplete=autocomplete.unwrap_or("off")
            inputmode=inputmode
            autocapitalize="none"
            spellcheck="false"
            autofocus=autofocus
            prop:value=value
            aria-invalid=move || error.with(Option::is_some).then_some("true")
            aria-describedby=move || ids.described_by(has_hint(), error.with(Option::is_some))
            on:input=move |event| {
                value.set(event_target_value(&event));
                error.set(None);
            }
        />
    };
    let input = if secret {
        view! {
            <span class="inputwrap">
                {input}
                <IconButton
                    class="inbtn"
                    icon="eye"
                    label=messages::show_password().to_owned()
                    pressed=Signal::from(shown)
                    on_press=move |()| shown.update(|shown| *shown = !*shown)
                />
            </span>
        }
        .into_any()
    } else {
        input.into_any()
    };
    view! { <Field ids label hint error>{input}</Field> }
}

/// A field for some lines of text.
#[component]
pub(crate) fn TextArea(
    /// What is asked for.
    label: &'static str,
    /// The text.
    value: RwSignal<String>,
    /// What is wrong with it; gone as soon as it is changed.
    error: FieldError,
    /// Help that is always there.
    hint: String,
) -> impl IntoView {
    let ids = FieldIds::new();
    view! {
        <Field ids label hint error>
            <textarea
                id=ids.control()
                class="input textarea"
                rows="3"
                spellcheck="false"
                prop:value=value
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || ids.described_by(true, error.with(Option::is_some))
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    error.set(None);
                }
            ></textarea>
        </Field>
    }
}

/// A choice of a drop-down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What is kept.
    pub(crate) value: String,
    /// What is shown.
    pub(crate) label: String,
}

/// A field with a drop-down.
#[component]
pub(crate) fn SelectField(
    /// What is asked for.
    label: &'static str,
    /// The chosen value.
    value: RwSignal<String>,
    /// What is wrong with it.
    error: FieldError,
    /// What there is to choose from.
    choices: Vec<Choice>,
    /// What is to be known of the chosen one.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let has_hint = move || hint.with(Option::is_some);
    let options = choices
        .into_iter()
        .map(|choice| {
            let own = choice.value.clone();
            view! {
                <option value=choice.value selected=move || value.with(|value| *value == own)>
                    {choice.label}
                </option>
            }
        })
        .collect_view();
    view! {
        <Field ids label error hint>
            <span class="selectwrap">
                <select
                    id=ids.control()
                    class="select select-lg"
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=move || ids.described_by(has_hint(), error.with(Option::is_some))
                    on:change=move |event| {
                        value.set(event_target_value(&event));
                        error.set(None);
                    }
                >
                    {options}
                </select>
                <Icon name="chevron-down" class="i-sm" />
            </span>
        </Field>
    }
}
