//! What is typed of a service and not saved yet.

use leptos::prelude::*;
use ringback_domain::wire::admin::ServiceView;
use ringback_domain::wire::service::{FieldChange, service_changes, setting_faults};
use serde_json::{Value, json};

use super::settings::{GROUPS, Kind, RulePart, rule_pointer};
use crate::components::field::FieldError;
use crate::messages;

/// A field with what is typed or chosen in it.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) pointer: StoredValue<String>,
    pub(super) kind: Kind,
    pub(super) text: RwSignal<String>,
    /// Of a list, the ids.
    pub(super) chosen: RwSignal<Vec<String>>,
    pub(super) error: FieldError,
}

impl Input {
    fn new(pointer: String, kind: Kind) -> Self {
        Self {
            pointer: StoredValue::new(pointer),
            kind,
            text: RwSignal::new(String::new()),
            chosen: RwSignal::new(Vec::new()),
            error: RwSignal::new(None),
        }
    }

    pub(super) fn pointer(self) -> String {
        self.pointer.get_value()
    }

    /// Shows a value.
    pub(super) fn show(self, value: &Value) {
        self.error.set(None);
        if matches!(self.kind, Kind::Some(_)) {
            self.chosen.set(serde_json::from_value(value.clone()).unwrap_or_default());
        } else {
            let text = self.kind.text(value);
            if self.text.with_untracked(|before| *before != text) {
                self.text.set(text);
            }
        }
    }

    /// The value; tracked. A list keeps the order that it has on the server.
    fn value(self, saved: &Value) -> Value {
        if !matches!(self.kind, Kind::Some(_)) {
            // What nobody typed needs no reading.
            let is_saved = |text: &String| *text == self.kind.text(saved);
            return self.text.with(|text| if is_saved(text) { saved.clone() } else { self.kind.read(text) });
        }
        let before: Vec<String> = serde_json::from_value(saved.clone()).unwrap_or_default();
        self.chosen.with(|chosen| {
            let kept = before.iter().filter(|id| chosen.contains(id));
            let added = chosen.iter().filter(|id| !before.contains(id));
            json!(kept.chain(added).collect::<Vec<_>>())
        })
    }
}

/// What somebody else has saved meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Theirs {
    pub(super) service: ServiceView,
    /// Who saved it, as far as the person may know.
    pub(super) who: Option<String>,
}

/// A service that is being edited.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    inputs: StoredValue<Vec<Input>>,
    /// As the server keeps it.
    pub(super) saved: RwSignal<ServiceView>,
    /// What the server keeps now, where somebody else has changed it.
    pub(super) theirs: RwSignal<Option<Theirs>>,
}

impl Draft {
    /// What the server keeps, to be changed. Its signals live as long as their owner.
    pub(super) fn of(service: ServiceView, owner: Owner) -> Self {
        owner.with(|| {
            let settings = GROUPS.iter().flat_map(|group| group.settings);
            let settings = settings.map(|setting| Input::new(setting.pointer.to_owned(), setting.kind));
            let rules = service.settings.retry_policy.results.keys().flat_map(|result| {
                RulePart::ALL.map(|part| Input::new(rule_pointer(*result, part), part.kind()))
            });
            let draft = Self {
                inputs: StoredValue::new(settings.chain(rules).collect()),
                saved: RwSignal::new(service.clone()),
                theirs: RwSignal::new(None),
            };
            draft.load(service);
            draft
        })
    }

    /// The field of a setting.
    pub(super) fn input(self, pointer: &str) -> Option<Input> {
        self.inputs.with_value(|inputs| inputs.iter().copied().find(|input| input.pointer() == pointer))
    }

    /// Shows what the server keeps, and forgets what was changed.
    pub(super) fn load(self, service: ServiceView) {
        self.show(&service, &[]);
        self.saved.set(service);
        self.theirs.set(None);
    }

    /// Shows the values of a service, but for these settings.
    fn show(self, service: &ServiceView, but: &[FieldChange]) {
        let json = serde_json::to_value(service).unwrap_or_default();
        for input in self.inputs.get_value() {
            let pointer = input.pointer();
            if let Some(value) = json.pointer(&pointer)
                && !but.iter().any(|change| change.pointer == pointer)
            {
                input.show(value);
            }
        }
    }

    /// Takes over what the server keeps where nothing was changed here.
    pub(super) fn rebase(self, service: ServiceView) {
        self.show(&service, &untrack(|| self.changes()));
        self.saved.set(service);
        self.theirs.set(None);
    }

    /// The service as it is typed; tracked. What cannot be read is a value that no setting has.
    pub(super) fn service(self) -> ServiceView {
        self.saved.with(|saved| {
            let mut json = serde_json::to_value(saved).unwrap_or_default();
            for input in self.inputs.get_value() {
                if let Some(value) = json.pointer_mut(&input.pointer()) {
                    *value = input.value(value);
                }
            }
            serde_json::from_value(json).unwrap_or_else(|_| saved.clone())
        })
    }

    /// What is not as the server keeps it; tracked.
    pub(super) fn changes(self) -> Vec<FieldChange> {
        let service = self.service();
        self.saved.with(|saved| service_changes(saved, &service))
    }

    /// The value of a setting as the server keeps it, if another is typed; tracked.
    pub(super) fn before(self, pointer: &str) -> Option<Value> {
        self.changes().into_iter().find(|change| change.pointer == pointer).map(|change| change.from)
    }

    /// What is wrong, by the pointers of the settings; tracked.
    fn faults(self) -> Vec<(String, String)> {
        let service = self.service();
        let mut faults = Vec::new();
        for (pointer, value, text) in [
            ("/name", &service.name, messages::enter_name()),
            ("/time_zone", &service.time_zone, messages::fault_time_zone()),
            ("/default_country", &service.default_country, messages::fault_country()),
        ] {
            if value.is_empty() {
                faults.push((pointer.to_owned(), text.to_owned()));
            }
        }
        for fault in setting_faults(&service.settings) {
            let pointer = fault.pointer();
            if let Some(input) = self.input(&pointer) {
                faults.push((pointer, input.kind.fault(fault.kind)));
            }
        }
        faults
    }

    /// Marks all that is wrong. `true` if nothing is.
    pub(super) fn check(self) -> bool {
        let faults = untrack(|| self.faults());
        for input in self.inputs.get_value() {
            let pointer = input.pointer();
            let fault = faults.iter().find(|(wrong, _)| *wrong == pointer);
            input.error.set(fault.map(|(_, text)| text.clone()));
        }
        faults.is_empty()
    }

    /// Marks a field that was left with a wrong value; another is written as the page writes it.
    pub(super) fn leave(self, input: Input) {
        let pointer = input.pointer();
        let faults = untrack(|| self.faults());
        match faults.into_iter().find(|(wrong, _)| *wrong == pointer) {
            Some((_, text)) => input.error.set(Some(text)),
            // What the server found wrong stays marked until it is changed.
            None if input.error.with_untracked(Option::is_none) => {
                let text = input.kind.text(&input.text.with_untracked(|text| input.kind.read(text)));
                if input.text.with_untracked(|before| *before != text) {
                    input.text.set(text);
                }
            }
            None => {}
        }
    }

    /// Shows what the server keeps of one field.
    pub(super) fn restore(self, input: Input) {
        if let Some(value) = untrack(|| self.before(&input.pointer())) {
            input.show(&value);
        }
    }

    /// The fields that the server may report problems about, by their pointers.
    pub(super) fn fields(self) -> Vec<(String, FieldError)> {
        self.inputs.with_value(|inputs| inputs.iter().map(|input| (input.pointer(), input.error)).collect())
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::service::Settings;
    use ringback_domain::wire::service::edit_of;
    use ringback_domain::{DialResult, Service, ServiceId};

    use super::*;

    fn service() -> Service {
        Service {
            id: ServiceId(uuid::Uuid::from_u128(1)),
            name: "Billing EN".to_owned(),
            time_zone: "Europe/London".to_owned(),
            default_country: "GB".to_owned(),
            settings: Settings::default(),
            version: 1,
        }
    }

    /// With the owner of its signals.
    fn draft() -> (Owner, Draft) {
        let owner = Owner::new();
        owner.set();
        (owner.clone(), Draft::of((&service()).into(), owner))
    }

    fn fill(draft: Draft, pointer: &str, text: &str) -> Input {
        let input = draft.input(pointer).unwrap();
        input.text.set(text.to_owned());
        input
    }

    const BUSY_GAP: &str = "/retry_policy/results/BUSY/gap_seconds";

    #[test]
    fn only_what_was_changed_is_sent() {
        let (_owner, draft) = draft();
        assert_eq!(draft.changes(), []);
        fill(draft, BUSY_GAP, "3 min");
        fill(draft, "/limits/pending", "400");
        fill(draft, "/name", " Billing EN ");
        let rules = draft.input("/called_party_hours").unwrap();
        rules.chosen.set(Vec::new());
        let mut edited = service();
        edit_of(&draft.changes()).unwrap().apply(&mut edited);
        assert_eq!(edited.settings.retry_policy.results[&DialResult::Busy].gap_seconds, 180);
        assert_eq!(edited.settings.limits.pending, Some(400));
        assert_eq!(draft.changes().len(), 3);
        draft.restore(draft.input(BUSY_GAP).unwrap());
        rules.chosen.set(vec!["courtesy".to_owned()]);
        assert_eq!(draft.changes().len(), 1);
    }

    #[test]
    fn wrong_values_are_marked_and_stay_as_they_were_typed() {
        let (_owner, draft) = draft();
        let [gap, name] = [fill(draft, BUSY_GAP, "soon"), fill(draft, "/name", " ")];
        let pending = fill(draft, "/limits/pending", "0");
        assert!(!draft.check());
        assert_eq!(gap.error.get().as_deref(), Some("Enter 1 s to 1 day."));
        assert_eq!(pending.error.get().as_deref(), Some("Enter 1 to 1,000,000, or leave it empty."));
        assert!(name.error.get().is_some());
        assert_eq!(gap.text.get(), "soon");
        gap.show(&json!(120));
        fill(draft, BUSY_GAP, "180");
        draft.leave(gap);
        assert_eq!((gap.text.get(), gap.error.get()), ("3 min".to_owned(), None));
        name.text.set("A".to_owned());
        pending.text.set(String::new());
        assert!(draft.check());
    }

    #[test]
    fn what_others_saved_is_taken_over_where_nothing_was_changed_here() {
        let (_owner, draft) = draft();
        fill(draft, BUSY_GAP, "what?");
        let mut theirs = service();
        theirs.name = "Theirs".to_owned();
        theirs.settings.retry_policy.results.get_mut(&DialResult::Busy).unwrap().gap_seconds = 7;
        theirs.version = 2;
        draft.rebase((&theirs).into());
        assert_eq!(draft.input("/name").unwrap().text.get(), "Theirs");
        assert_eq!(draft.input(BUSY_GAP).unwrap().text.get(), "what?");
        assert_eq!(draft.before(BUSY_GAP), Some(json!(7)));
        assert_eq!(draft.saved.get().version, 2);
    }
}
