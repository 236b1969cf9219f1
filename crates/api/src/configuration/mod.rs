//! The configuration of an installation as one document, in which services and rules are named
//! instead of numbered, so that it can be kept beside code and applied elsewhere.
//!
//! It holds how Ringback behaves. People, keys and the do-not-call list are data of one
//! installation, or secret, and are not in it.

mod change;
mod toml;

use std::collections::BTreeMap;

use ringback_domain::calendar::office_hours::DateException;
use ringback_domain::number_rule::NumberRule;
use ringback_domain::service::Settings;
use ringback_domain::wire::admin::EditService;
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::{Service, ServiceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::change::{Change, changes};

/// Everything that is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// Calendars of office hours.
    pub office_hours: Vec<OfficeHoursCalendar>,
    /// Capacity rules.
    pub capacity_rules: Vec<CapacityRule>,
    /// Number rules.
    pub number_rules: Vec<NumberRule>,
    /// Services.
    pub services: Vec<ServiceConfiguration>,
}

/// A service. A setting that is left out has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceConfiguration {
    /// The virtual queue's name.
    pub name: String,
    /// IANA zone of the service's wall clock.
    pub time_zone: String,
    /// ISO 3166 two-letter country in which national numbers are read.
    pub default_country: String,
    /// Its settings as in the API, with names where that has ids.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

/// The ids of rules by their names, of each kind.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Of calendars.
    pub office_hours: BTreeMap<String, Uuid>,
    /// Of capacity rules.
    pub capacity_rules: BTreeMap<String, Uuid>,
    /// Of number rules.
    pub number_rules: BTreeMap<String, Uuid>,
}

impl Names {
    /// The rules that a setting names.
    fn of_setting(&self, setting: &str) -> Option<&BTreeMap<String, Uuid>> {
        match setting {
            "open_calendars" | "closed_calendars" => Some(&self.office_hours),
            "capacity_rule" => Some(&self.capacity_rules),
            "number_rules" => Some(&self.number_rules),
            _ => None,
        }
    }
}

/// Changes each text of a setting, be it one or a list of them.
fn translate(value: &Value, text: &mut impl FnMut(&str) -> Result<String, String>) -> Result<Value, String> {
    Ok(match value {
        Value::String(of) => Value::String(text(of)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| translate(item, text)).collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

/// Without what says nothing: a document in TOML has no null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(fields.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// A value as a document writes it.
fn value_of(of: &impl Serialize) -> Value {
    // What is kept as JSON can be written as JSON.
    without_nulls(serde_json::to_value(of).unwrap_or_default())
}

impl ServiceConfiguration {
    /// A service as it is kept. A rule that is gone is named by its id.
    pub fn of(service: &Service, names: &Names) -> Self {
        let Value::Object(mut settings) = value_of(&service.settings) else { unreachable!("it has fields") };
        for (setting, value) in &mut settings {
            let Some(of_setting) = names.of_setting(setting) else { continue };
            let mut name = |id: &str| {
                let found = of_setting.iter().find(|(_, known)| known.to_string() == id);
                Ok(found.map_or_else(|| id.to_owned(), |(name, _)| name.clone()))
            };
            if let Ok(named) = translate(value, &mut name) {
                *value = named;
            }
        }
        let Service { name, time_zone, default_country, .. } = service.clone();
        Self { name, time_zone, default_country, settings }
    }

    /// The service that it describes, as a new one.
    ///
    /// # Errors
    /// What cannot be read, and where.
    pub fn service(&self, names: &Names) -> Result<Service, String> {
        let mut settings = self.settings.clone();
        for (setting, value) in &mut settings {
            let Some(of_setting) = names.of_setting(setting) else { continue };
            let mut id = |name: &str| {
                let unknown = || format!("{setting}: nothing in the file is called “{name}”");
                of_setting.get(name).map(Uuid::to_string).ok_or_else(unknown)
            };
            *value = translate(value, &mut id)?;
        }
        let edit: EditService = serde_path_to_error::deserialize(Value::Object(settings))
            .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
        let mut service = Service {
            id: ServiceId(Uuid::nil()),
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            default_country: self.default_country.clone(),
            settings: Settings::default(),
            version: 1,
        };
        edit.apply(&mut service);
        Ok(service)
    }
}

impl Configuration {
    /// Puts everything in the order of its names.
    pub fn sort(&mut self) {
        self.office_hours.sort_by(|a, b| a.name.cmp(&b.name));
        self.capacity_rules.sort_by(|a, b| a.name.cmp(&b.name));
        self.number_rules.sort_by(|a, b| a.name.cmp(&b.name));
        self.services.sort_by(|a, b| a.name.cmp(&b.name));
        let date = |exception: &DateException| exception.date;
        self.office_hours.iter_mut().for_each(|calendar| calendar.exceptions.sort_by_key(date));
    }
}
