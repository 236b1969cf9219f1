//! What a callback is asked for with: in Create and in Recreate Callback.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::endpoint::CountCallbacks;
use ringback_domain::wire::list::{CallbackFilter, CountQuery};
use ringback_domain::{CallbackType, ServiceId, StateName, Timestamp};

use super::when::{When, WhenFields, Zones};
use crate::client::Client;
use crate::components::choice::{Card, RadioCards};
use crate::components::field::FieldError;
use crate::components::input::{Choice, SelectField, TextField};
use crate::format::{self, Style};
use crate::forms::require;
use crate::messages;
use crate::session::Session;

/// What is filled in, and what is wrong with it.
#[derive(Clone, Copy)]
pub(crate) struct RequestForm {
    pub(crate) kind: RwSignal<CallbackType>,
    pub(crate) service: RwSignal<String>,
    service_error: FieldError,
    pub(crate) number: RwSignal<String>,
    number_error: FieldError,
    when: When,
}

/// A form in which nothing is missing.
pub(crate) struct Filled {
    pub(crate) callback_type: CallbackType,
    pub(crate) service_id: ServiceId,
    pub(crate) customer_number: String,
    /// Of a scheduled one.
    pub(crate) desired_time: Option<Timestamp>,
}

impl RequestForm {
    pub(crate) fn new(service: String, number: String, style: Style) -> Self {
        Self {
            kind: RwSignal::new(CallbackType::Immediate),
            service: RwSignal::new(service),
            service_error: RwSignal::new(None),
            number: RwSignal::new(number),
            number_error: RwSignal::new(None),
            when: When::soon(style),
        }
    }

    /// What is filled in; `None`, and the fields are marked, if something is
    /// missing.
    pub(crate) fn read(self, style: Style) -> Option<Filled> {
        let service_id = self.service.get_untracked().parse().ok();
        if service_id.is_none() {
            self.service_error.set(Some(messages::choose_service().to_owned()));
        }
        let has_number = require(self.number, self.number_error, messages::enter_number());
        let callback_type = self.kind.get_untracked();
        let scheduled = callback_type == CallbackType::Scheduled;
        let desired_time = if scheduled { self.when.read(style) } else { None };
        if !has_number || (scheduled && desired_time.is_none()) {
            return None;
        }
        Some(Filled {
            callback_type,
            service_id: service_id?,
            customer_number: self.number.get_untracked().trim().to_owned(),
            desired_time,
        })
    }

    /// What the server's words may be about.
    pub(crate) fn fields(self) -> [(&'static str, FieldError); 3] {
        [
            ("/service_id", self.service_error),
            ("/customer_number", self.number_error),
            ("/desired_time", self.when.time_error),
        ]
    }
}

/// The fields.
#[component]
pub(crate) fn RequestFields(
    /// What they fill in.
    form: RequestForm,
    /// The services to choose from.
    choices: Vec<Choice>,
    /// The customer's zone, where it is known.
    #[prop(into)]
    customer_zone: Signal<Option<String>>,
    /// What is to be known of the number.
    #[prop(optional)]
    hint: Option<String>,
) -> impl IntoView {
    let RequestForm { kind, service, service_error, number, number_error, when } = form;
    let waiting = waiting_at(service);
    let session = Session::here();
    let zones = Signal::derive(move || Zones {
        service: service.with(|id| session.zone_of(id.parse().ok()?)),
        customer: customer_zone.get(),
    });
    view! {
        <RadioCards label=messages::callback_type() value=kind cards=type_cards() autofocus=true />
        <SelectField label=messages::service_type() value=service error=service_error choices hint=waiting />
        <TextField
            label=messages::customer_number()
            value=number
            error=number_error
            kind="tel"
            inputmode="tel"
            hint
        />
        <Show when=move || kind.get() == CallbackType::Scheduled>
            <WhenFields when zones />
        </Show>
    }
}

/// The services that the person may see, to choose from.
pub(crate) fn service_choices(session: Session) -> Vec<Choice> {
    let me = session.me();
    let services = me.iter().flat_map(|me| &me.services);
    services.map(|one| Choice { value: one.id.to_string(), label: one.name.clone() }).collect()
}

/// How many wait at the chosen service, once that is known.
fn waiting_at(service: RwSignal<String>) -> Signal<Option<String>> {
    let client = Client::here();
    let waiting = RwSignal::new(None::<u64>);
    Effect::new(move |_| {
        let chosen = service.get();
        waiting.set(None);
        let Ok(id) = chosen.parse() else { return };
        let filter =
            CallbackFilter { state: vec![StateName::Queued], service: vec![id], ..CallbackFilter::default() };
        spawn_local(async move {
            let answer = client.call(&CountCallbacks { filter, count: CountQuery::default() }).await;
            if let (Ok(count), Some(true)) = (answer, service.try_with_untracked(|now| *now == chosen)) {
                waiting.try_set(Some(count.total));
            }
        });
    });
    Signal::derive(move || waiting.get().map(|count| messages::waiting_now(format::count(count))))
}

/// Immediate or scheduled, as cards.
fn type_cards() -> Vec<Card<CallbackType>> {
    let card = |value, label, hint: &'static str| Card {
        value,
        label,
        hint: Signal::stored(Some(hint)),
        disabled: Signal::stored(false),
    };
    vec![
        card(CallbackType::Immediate, messages::immediate(), messages::immediate_hint()),
        card(CallbackType::Scheduled, messages::scheduled(), messages::scheduled_hint()),
    ]
}
