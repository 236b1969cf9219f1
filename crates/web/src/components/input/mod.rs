//! Native text fields and drop-downs.

use leptos::html;
use leptos::prelude::*;

use crate::components::field::{Field, FieldError, FieldIds};
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::format::{self, Style};
use crate::messages;
use ringback_domain::TimeOfDay;

/// A field for a line of text, a date or a time.
#[component]
pub(crate) fn TextField(
    /// The label.
    label: &'static str,
    /// The text.
    value: RwSignal<String>,
    /// The error; cleared when the text is changed.
    error: FieldError,
    /// The `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// The hint.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// The `autocomplete` attribute.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// The `inputmode` attribute.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// An example of what to type.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// Gets the focus when a dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// The element.
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
            class="input input--large num"
            type=move || if secret && shown.get() { "text" } else { kind }
            autocomplete=autocomplete.unwrap_or("off")
            inputmode=inputmode
            placeholder=move || placeholder.get()
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
            <span class="input-wrapper">
                {input}
                <IconButton
                    class="input-wrapper__button"
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

/// A field for a time of day, written as the person likes times. Its value is
/// `14:15`, or what was typed if that is no time.
#[component]
pub(crate) fn TimeField(
    /// The label.
    label: &'static str,
    /// The time.
    value: RwSignal<String>,
    /// The error; cleared when the text is changed.
    error: FieldError,
    /// How the person likes times.
    #[prop(into)]
    times: Signal<Style>,
) -> impl IntoView {
    let shown = move |value: &str| {
        let time = value.parse::<TimeOfDay>();
        time.map_or_else(|_| value.to_owned(), |time| format::time_of_day(time, times.get()))
    };
    let text = RwSignal::new(untrack(|| value.with(|value| shown(value))));
    // The time may be set from elsewhere, and the style may change.
    Effect::new(move |before: Option<Style>| {
        let (style, wanted) = (times.get(), value.with(|value| shown(value)));
        let typed = text.with_untracked(|text| format::read_time(text));
        if before.is_some_and(|before| before != style) || typed != value.with(|value| value.parse().ok()) {
            text.set(wanted);
        }
        style
    });
    Effect::new(move |_| {
        text.with(|typed| {
            let time = format::read_time(typed);
            let new = time.map_or_else(|| typed.clone(), |time| time.to_string());
            if value.with_untracked(|old| *old != new) {
                value.set(new);
            }
        });
    });
    let example = move || format::time_of_day(TimeOfDay::QUARTER_PAST_TWO, times.get());
    let step = move |event: leptos::ev::KeyboardEvent| {
        /// How far an arrow key moves the time, in minutes.
        const STEP: u16 = 15;
        let by = match event.key().as_str() {
            "ArrowUp" => STEP,
            "ArrowDown" => TimeOfDay::MINUTES - STEP,
            _ => return,
        };
        if let Some(time) = text.with_untracked(|text| format::read_time(text)) {
            event.prevent_default();
            text.set(format::time_of_day(time.plus_minutes(by), untrack(|| times.get())));
        }
    };
    let tidy = move |_| text.set(untrack(|| value.with(|value| shown(value))));
    view! {
        <span class="contents" on:focusout=tidy on:keydown=step>
            <TextField label value=text error placeholder=Signal::derive(example) />
        </span>
    }
}

/// A field for several lines of text.
#[component]
pub(crate) fn TextArea(
    /// The label.
    label: &'static str,
    /// The text.
    value: RwSignal<String>,
    /// The error; cleared when the text is changed.
    error: FieldError,
    /// The hint.
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

/// An option of a drop-down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SelectOption {
    /// The value.
    pub(crate) value: String,
    /// The label.
    pub(crate) label: String,
}

/// A field with a drop-down.
#[component]
pub(crate) fn SelectField(
    /// The label.
    label: &'static str,
    /// The chosen value.
    value: RwSignal<String>,
    /// The error.
    error: FieldError,
    /// The options.
    choices: Vec<SelectOption>,
    /// A hint about the chosen option.
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
            <span class="select-wrapper">
                <select
                    id=ids.control()
                    class="select select--large"
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=move || ids.described_by(has_hint(), error.with(Option::is_some))
                    on:change=move |event| {
                        value.set(event_target_value(&event));
                        error.set(None);
                    }
                >
                    {options}
                </select>
                <Icon name="chevron-down" class="icon--small" />
            </span>
        </Field>
    }
}
