//! The form of a new callback, for Create and for Recreate Callback.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use ringback_domain::wire::callback::ChosenTime;
use ringback_domain::wire::endpoint::{CountCallbacks, Endpoint, Method, ReadNumber};
use ringback_domain::wire::list::{CallbackFilter, CountQuery};
use ringback_domain::wire::reference::{NumberReading, OpenCallback};
use ringback_domain::{CallbackType, ServiceId, StateName};

use super::date_time::{DateTimeFields, DateTimeForm, Zones};
use super::free_times::{FreeTimes, NearestTimes};
use crate::api::Failure;
use crate::browser;
use crate::client::Client;
use crate::components::choice::{Card, RadioCards};
use crate::components::field::FieldError;
use crate::components::icon::Icon;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::format::{self, Style};
use crate::forms::require;
use crate::intl;
use crate::language;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::session::Session;

/// The form and its errors.
#[derive(Clone, Copy)]
pub(crate) struct RequestForm {
    pub(crate) kind: RwSignal<CallbackType>,
    pub(crate) service: RwSignal<String>,
    service_error: FieldError,
    pub(crate) number: RwSignal<String>,
    number_error: FieldError,
    date_time: DateTimeForm,
}

/// The valid values of a form.
pub(crate) struct Values {
    pub(crate) callback_type: CallbackType,
    pub(crate) service_id: ServiceId,
    pub(crate) customer_number: String,
    /// The desired time of a scheduled callback.
    pub(crate) chosen: ChosenTime,
}

impl RequestForm {
    pub(crate) fn new(service: String, number: String, style: Style) -> Self {
        Self {
            kind: RwSignal::new(CallbackType::Immediate),
            service: RwSignal::new(service),
            service_error: RwSignal::new(None),
            number: RwSignal::new(number),
            number_error: RwSignal::new(None),
            date_time: DateTimeForm::soon(style),
        }
    }

    /// The values of the form. `None` if a field is invalid; it is then marked.
    pub(crate) fn read(self, style: Style) -> Option<Values> {
        let service_id = self.service.get_untracked().parse().ok();
        if service_id.is_none() {
            self.service_error.set(Some(messages::choose_service().to_owned()));
        }
        let has_number = require(self.number, self.number_error, messages::enter_number());
        let callback_type = self.kind.get_untracked();
        let scheduled = callback_type == CallbackType::Scheduled;
        let chosen = if scheduled { self.date_time.read(style) } else { Some(ChosenTime::default()) };
        if !has_number {
            return None;
        }
        Some(Values {
            callback_type,
            service_id: service_id?,
            customer_number: self.number.get_untracked().trim().to_owned(),
            chosen: chosen?,
        })
    }

    /// Offers the times that the server names instead of one that it refused.
    pub(crate) fn offer(self, failure: &Failure) {
        self.date_time.offer(failure);
    }

    /// The fields that the server may report problems about.
    pub(crate) fn fields(self) -> [(&'static str, FieldError); 4] {
        let [time, local] = self.date_time.fields();
        [("/service_id", self.service_error), ("/customer_number", self.number_error), time, local]
    }
}

/// The fields.
#[component]
pub(crate) fn RequestFields(
    /// The form.
    form: RequestForm,
    /// The services to choose from.
    choices: Vec<SelectOption>,
    /// The time zone of the customer, if it is known.
    #[prop(into)]
    customer_zone: Signal<Option<String>>,
    /// A hint about the number, until it can be read.
    #[prop(optional)]
    hint: Option<String>,
) -> impl IntoView {
    let RequestForm { kind, service, service_error, number, number_error, date_time } = form;
    let waiting = waiting_at(service);
    let reading = reading_of(service, number);
    let hint = Signal::derive(move || {
        reading.with(|reading| reading.as_ref().map(read_as)).or_else(|| hint.clone())
    });
    let preferences = PreferenceStore::here();
    let open = move || {
        let open = reading.with(|reading| reading.as_ref().map(|one| one.open_callbacks.clone()))?;
        (!open.is_empty()).then(|| {
            let line = |one: OpenCallback| {
                let time = format::day_time(one.desired_time, preferences.style());
                let text = messages::open_callback(one.state, one.service.name, time);
                view! { <li><A href=format!("/callbacks/{}", one.id)>{text}</A></li> }
            };
            view! {
                <div class="note note--warning">
                    <Icon name="triangle-alert" />
                    <div>{messages::already_open()}<ul>{open.into_iter().map(line).collect_view()}</ul></div>
                </div>
            }
        })
    };
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
        <div role="status">{open}</div>
        <Show when=move || kind.get() == CallbackType::Scheduled>
            <DateTimeFields date_time zones />
            <FreeTimes date_time service=Signal::derive(move || service.with(|id| id.parse().ok())) />
        </Show>
        <NearestTimes date_time on_take=move |()| kind.set(CallbackType::Scheduled) />
    }
}

/// The services that the person may see, as options.
pub(crate) fn service_choices(session: Session) -> Vec<SelectOption> {
    let me = session.me();
    let services = me.iter().flat_map(|me| &me.services);
    services.map(|one| SelectOption { value: one.id.to_string(), label: one.name.clone() }).collect()
}

/// The number of callbacks in the queue of the chosen service, once it is
/// known.
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
            let response = client.call(&CountCallbacks { filter, count: CountQuery::default() }).await;
            if let (Ok(count), Some(true)) = (response, service.try_with_untracked(|now| *now == chosen)) {
                waiting.try_set(Some(count.total));
            }
        });
    });
    Signal::derive(move || waiting.get().map(|count| messages::waiting_now(format::count(count))))
}

/// Asks how a service reads a number; the query of the operation is added here.
struct Reading(ServiceId, String);

impl Endpoint for Reading {
    type Request = ();
    type Response = NumberReading;
    const METHOD: Method = Method::Get;
    const TEMPLATE: &'static str = ReadNumber::TEMPLATE;

    fn path(&self) -> String {
        let number = String::from(js_sys::encode_uri_component(&self.1));
        format!("{}?number={number}", ReadNumber(self.0).path())
    }
}

/// How the chosen service reads the number, once it can be read.
fn reading_of(service: RwSignal<String>, number: RwSignal<String>) -> RwSignal<Option<NumberReading>> {
    /// After the last key, in milliseconds.
    const DELAY: i32 = 300;
    let client = Client::here();
    let reading = RwSignal::new(None);
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let (id, typed) = (service.get().parse(), number.get());
        asked.update_value(|asked| *asked += 1);
        let question = asked.get_value();
        reading.set(None);
        let Ok(id) = id else { return };
        if typed.chars().filter(char::is_ascii_digit).count() < 3 {
            return;
        }
        spawn_local(async move {
            browser::sleep(DELAY).await;
            if asked.try_get_value() != Some(question) {
                return;
            }
            let response = client.call(&Reading(id, typed.trim().to_owned())).await;
            if let (Ok(read), Some(true)) = (response, asked.try_get_value().map(|now| now == question)) {
                reading.try_set(Some(read));
            }
        });
    });
    reading
}

/// The reading in words.
fn read_as(reading: &NumberReading) -> String {
    let kind = reading.kind.map(messages::number_kind_name);
    let extension = reading.extension.as_ref();
    let formatted = &reading.formatted;
    let number =
        extension.map_or_else(|| formatted.clone(), |digits| messages::with_extension(formatted, digits));
    let country = reading.country.as_deref().map(|code| intl::region_name(&language::current(), code));
    let parts = [Some(number), country, kind.map(ToOwned::to_owned)];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let warning = reading.warning.map(|_| messages::number_unknown_length());
    [Some(messages::read_as(parts)), warning.map(ToOwned::to_owned)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
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
