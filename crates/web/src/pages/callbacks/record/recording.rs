//! The recording of the customer's name.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::CallbackId;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::endpoint::{GetCallback, GetNameRecording};
use web_sys::Url;

use crate::client::Client;
use crate::clock;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::format;
use crate::messages;
use crate::preferences::PreferenceStore;

/// Plays the recording of a callback. It is fetched on demand.
#[component]
pub(super) fn Recording(
    /// The callback.
    id: CallbackId,
    /// How long a recreated callback can take it over, if that is known.
    note: Signal<Option<String>>,
) -> impl IntoView {
    let client = Client::here();
    let address = RwSignal::new(None::<String>);
    let failed = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let release = move || {
        if let Some(address) = address.try_get_untracked().flatten() {
            let _ = Url::revoke_object_url(&address);
        }
    };
    on_cleanup(release);
    let play = move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            let response = client.file(&GetNameRecording(id)).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match response {
                Ok(file) => address.set(Url::create_object_url_with_blob(&file).ok()),
                Err(failure) => failed.set(Some(failure.message())),
            }
        });
    };
    view! {
        <div class="recording" role="group" aria-label=messages::name_recording()>
            <span class="semibold">{messages::name_recording()}</span>
            {move || match address.get() {
                Some(address) => {
                    view! { <audio controls autoplay src=address aria-label=messages::name_recording()></audio> }
                        .into_any()
                }
                None => view! {
                    <Button icon="volume-2" busy=Signal::from(busy) on_press=play>
                        {messages::play_recording()}
                    </Button>
                }
                .into_any(),
            }}
            <span class="hint">{note}</span>
            {move || failed.get().map(|text| view! { <span class="note note--warning" role="alert">{text}</span> })}
        </div>
    }
}

/// Says whether a recreated callback takes over the recording.
#[component]
pub(super) fn RecordingNote(
    /// The callback.
    id: CallbackId,
) -> impl IntoView {
    let client = Client::here();
    let preferences = PreferenceStore::here();
    let full = RwSignal::new(None::<CallbackView>);
    spawn_local(async move {
        // Without a response nothing is shown.
        if let Ok(view) = client.call(&GetCallback(id)).await {
            full.try_set(Some(view));
        }
    });
    let text = move || {
        let view = full.get()?;
        let until = view.name_recording.map(|recording| recording.kept_until);
        let completed_at = view.metrics.completed_at?;
        match until {
            Some(Some(until)) => {
                Some(messages::recording_is_kept(format::day_time(until, preferences.style())))
            }
            Some(None) => None,
            None => {
                let expired = ringback_domain::retention::name_recording_until(completed_at) <= clock::now();
                expired.then(|| messages::recording_is_lost().to_owned())
            }
        }
    };
    view! {
        <div role="status">
            {move || {
                text().map(|text| view! { <div class="note"><Icon name="volume-2" /><span>{text}</span></div> })
            }}
        </div>
    }
}
