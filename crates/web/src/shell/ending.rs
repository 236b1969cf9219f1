//! The end of a session: told before it comes, and no reason to lose a form.

use leptos::html;
use leptos::prelude::*;

use crate::api::Failure;
use crate::clock::Clock;
use crate::components::banner::{Banner, Gravity};
use crate::components::button::LinkButton;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::input::TextField;
use crate::format;
use crate::forms::Sending;
use crate::later::{Later, Parts};
use crate::messages;
use crate::session::Session;

/// The end is told this long before, in seconds.
const AHEAD: i64 = 120;

/// Asks for the password again, over whatever is open.
#[derive(Clone, Copy)]
pub(crate) struct Ending(RwSignal<bool>);

impl Ending {
    /// Watches over the session as long as the component around it stands.
    pub(super) fn watch() -> Self {
        let session = Session::here();
        let asking = RwSignal::new(false);
        Effect::new(move |_| {
            if session.ended() {
                asking.set(true);
            }
        });
        Self(asking)
    }
}

/// Says that the session ends soon.
#[component]
pub(super) fn EndingBanner(ending: Ending) -> impl IntoView {
    let session = Session::here();
    let clock = Clock::here();
    let left = Memo::new(move |_| {
        let left = -clock.since(session.ends_at()?);
        (left <= AHEAD).then_some(left.max(0))
    });
    view! {
        <Show when=move || left.with(Option::is_some)>
            <Banner gravity=Gravity::Warning icon="clock">
                <span>{move || left.get().map(|left| messages::session_ends(format::duration(left)))}</span>
                <LinkButton on_press=move |()| ending.0.set(true)>{messages::stay_signed_in()}</LinkButton>
            </Banner>
        </Show>
    }
}

/// The dialog.
#[component]
pub(super) fn SignInAgain(ending: Ending, username: String) -> impl IntoView {
    let username = StoredValue::new(username);
    let later = Later::here();
    let show = move |parts: Parts| (parts.sign_in_again)(ending, username.get_value());
    move || ending.0.get().then(|| later.show(show))
}

/// What the dialog says.
pub(crate) fn sign_in_again(ending: Ending, username: String) -> AnyView {
    let session = Session::here();
    let password = RwSignal::new(String::new());
    let error = RwSignal::new(None);
    let field = NodeRef::<html::Input>::new();
    let over = untrack(|| session.ended());
    let title = if over { messages::session_over() } else { messages::stay_signed_in() };
    let handle = DialogHandle::new(title);
    let sending = Sending::of(handle);
    let text = messages::sign_in_again(&username);
    let username = StoredValue::new(username);
    let submit = move |()| {
        // Password managers may fill fields without telling.
        let secret = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if secret.is_empty() {
            error.set(Some(messages::enter_password().to_owned()));
            return handle.focus_first_error();
        }
        let work = async move { session.sign_in(username.get_value(), secret).await };
        let refused = move |failure: Failure| {
            handle.problem.set(Some(failure.sentence()));
            if let Some(field) = field.get_untracked() {
                let _ = field.focus();
            }
        };
        sending.send(work, move |()| handle.close(), refused);
    };
    let closed = move |()| {
        ending.0.set(false);
        if untrack(|| session.ended()) {
            session.give_up();
        }
    };
    view! {
        <Dialog handle on_close=closed on_submit=submit action=handle.submit(messages::sign_in())>
            <p>{text}</p>
            <TextField
                label=messages::password()
                value=password
                error
                kind="password"
                autocomplete="current-password"
                autofocus=true
                node=field
            />
        </Dialog>
    }
    .into_any()
}
