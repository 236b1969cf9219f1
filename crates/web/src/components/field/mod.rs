//! A label, a control, its hint and its error.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::unique_id;

/// The ids that link a control to its texts.
#[derive(Clone, Copy)]
pub(crate) struct FieldIds(StoredValue<String>);

impl FieldIds {
    /// New ids for a field.
    pub(crate) fn new() -> Self {
        Self(StoredValue::new(unique_id("field")))
    }

    /// The id of the control.
    pub(crate) fn control(self) -> String {
        self.0.get_value()
    }

    fn hint(self) -> String {
        format!("{}-hint", self.0.get_value())
    }

    fn error(self) -> String {
        format!("{}-error", self.0.get_value())
    }

    /// The value of `aria-describedby` of the control.
    pub(crate) fn described_by(self, hint: bool, error: bool) -> Option<String> {
        match (hint, error) {
            (false, false) => None,
            (true, false) => Some(self.hint()),
            (false, true) => Some(self.error()),
            (true, true) => Some(format!("{} {}", self.error(), self.hint())),
        }
    }
}

/// The error of a field, if there is one.
pub(crate) type FieldError = RwSignal<Option<String>>;

/// The frame of a field; the control inside it uses the same ids.
#[component]
pub(crate) fn Field(
    /// The ids of control and texts.
    ids: FieldIds,
    /// The label.
    label: &'static str,
    /// The hint.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// The error.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// The control.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="label" for=ids.control()>{label}</label>
            {children()}
            {move || {
                let text = error.get()?;
                Some(view! {
                    <span class="error" id=ids.error()><Icon name="circle-alert" class="icon--small" />{text}</span>
                })
            }}
            {move || {
                let text = hint.get()?;
                Some(view! { <span class="hint" id=ids.hint()>{text}</span> })
            }}
        </div>
    }
}
