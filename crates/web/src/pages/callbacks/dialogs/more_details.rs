//! Optional details of a new callback: language, priority, time zone and user
//! data.

use leptos::prelude::*;
use ringback_domain::wire::user_data::UserData;
use serde_json::{Map, Value};

use crate::components::disclosure::Disclosure;
use crate::components::field::FieldError;
use crate::components::input::{TextArea, TextField};
use crate::messages;

/// The form and its errors. Empty fields are left out.
#[derive(Clone, Copy)]
pub(super) struct MoreDetails {
    open: RwSignal<bool>,
    language: RwSignal<String>,
    language_error: FieldError,
    priority: RwSignal<String>,
    priority_error: FieldError,
    zone: RwSignal<String>,
    zone_error: FieldError,
    data: RwSignal<String>,
    data_error: FieldError,
}

/// Valid details.
pub(super) struct Details {
    pub(super) language: Option<String>,
    pub(super) priority: Option<i32>,
    pub(super) time_zone: Option<String>,
    pub(super) user_data: Option<UserData>,
}

impl MoreDetails {
    pub(super) fn new() -> Self {
        let text = || RwSignal::new(String::new());
        let error = || RwSignal::new(None);
        Self {
            open: RwSignal::new(false),
            language: text(),
            language_error: error(),
            priority: text(),
            priority_error: error(),
            zone: text(),
            zone_error: error(),
            data: text(),
            data_error: error(),
        }
    }

    /// The values of the form. `None` if one is invalid; its field is then
    /// marked.
    pub(super) fn read(self) -> Option<Details> {
        let value = |field: RwSignal<String>| {
            let text = field.get_untracked().trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        let priority = value(self.priority).map(|text| text.parse()).transpose();
        if priority.is_err() {
            self.priority_error.set(Some(messages::fault_priority().to_owned()));
        }
        let user_data = value(self.data).map(|text| parse_user_data(&text)).transpose();
        if let Err(fault) = user_data {
            self.data_error.set(Some(fault.to_owned()));
        }
        self.show_faults();
        Some(Details {
            language: value(self.language),
            priority: priority.ok()?,
            time_zone: value(self.zone),
            user_data: user_data
                .ok()?
                .and_then(|object| UserData::from_text(Value::Object(object).to_string())),
        })
    }

    /// The time zone of the customer, as it is typed.
    pub(super) fn zone(self) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.zone.with(|zone| Some(zone.trim().to_owned()).filter(|zone| !zone.is_empty()))
        })
    }

    /// The fields that the server may report problems about.
    pub(super) fn fields(self) -> [(&'static str, FieldError); 4] {
        [
            ("/language", self.language_error),
            ("/priority", self.priority_error),
            ("/customer_time_zone", self.zone_error),
            ("/user_data", self.data_error),
        ]
    }

    /// Opens if a field has an error.
    pub(super) fn show_faults(self) {
        if self.fields().into_iter().any(|(_, error)| error.with_untracked(Option::is_some)) {
            self.open.set(true);
        }
    }
}

/// The fields, initially closed.
#[component]
pub(super) fn MoreDetailsFields(
    /// The form.
    details: MoreDetails,
) -> impl IntoView {
    view! {
        <Disclosure
            label=messages::more_details()
            hint=messages::more_details_hint()
            open=details.open
        >
            <div class="field-pair">
                <TextField
                    label=messages::term_language()
                    value=details.language
                    error=details.language_error
                    hint=messages::language_hint().to_owned()
                />
                <TextField
                    label=messages::term_priority()
                    value=details.priority
                    error=details.priority_error
                    hint=messages::priority_hint().to_owned()
                />
            </div>
            <TextField
                label=messages::customers_zone()
                value=details.zone
                error=details.zone_error
                hint=messages::time_zone_example().to_owned()
            />
            <TextArea
                label=messages::user_data()
                value=details.data
                error=details.data_error
                hint=messages::user_data_hint().to_owned()
            />
        </Disclosure>
    }
}

/// Parses lines of names and values into an object.
fn parse_user_data(text: &str) -> Result<Map<String, Value>, &'static str> {
    let mut object = Map::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(messages::fault_user_data)?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return Err(messages::fault_user_data());
        }
        if object.insert(name.to_owned(), Value::from(value)).is_some() {
            return Err(messages::fault_user_data_twice());
        }
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse_user_data;

    #[test]
    fn lines_of_names_and_values_become_an_object() {
        let object = parse_user_data("account: 4711\n\n  url : https://example.org/a\nnote:\n").unwrap();
        assert_eq!(json!(object), json!({ "account": "4711", "url": "https://example.org/a", "note": "" }));
    }

    #[test]
    fn a_line_without_a_name_and_a_name_given_twice_are_refused() {
        for text in ["account 4711", ": 4711", "account: 1\naccount: 2"] {
            assert!(parse_user_data(text).is_err(), "{text}");
        }
    }
}
