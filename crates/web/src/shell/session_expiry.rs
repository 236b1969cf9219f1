//! The end of a session: announced before it comes, and survived by open forms.

use leptos::html;
use leptos::prelude::*;

use crate::api::Failure;
use crate::client::Client;
use crate::clock::Clock;
use crate::components::banner::{Banner, Severity};
use crate::components::button::LinkButton;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::input::TextField;
use crate::format;
use crate::forms::Submission;
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::session::Session;

/// The end is announced this long before, in seconds.
const WARNING_TIME: i64 = 120;

/// Whether the dialog is open that asks for the password again.
#[derive(Clone, Copy)]
pub(super) struct SessionExpiry(RwSignal<bool>);

impl SessionExpiry {
    /// Opens the dialog whenever the session expires, and gives it to the
    /// components below.
    pub(super) fn provide() {
        let client = Client::here();
        let open = RwSignal::new(false);
        Effect::new(move |_| {
            // An open dialog stays as it is: its password may be half typed.
            if client.session_expired() && !open.get_untracked() {
                open.set(true);
            }
        });
        provide_context(Self(open));
    }
}

/// Says that the session ends soon.
#[component]
pub(super) fn SessionExpiryBanner() -> impl IntoView {
    let client = Client::here();
    let clock = Clock::here();
    let SessionExpiry(open) = expect_context();
    let left = Memo::new(move |_| {
        let left = -clock.since(client.session_ends_at()?);
        (left <= WARNING_TIME).then_some(left.max(0))
    });
    view! {
        <Show when=move || left.with(Option::is_some)>
            <Banner severity=Severity::Warning icon="clock">
                <span>{move || left.get().map(|left| messages::session_ends(format::duration(left)))}</span>
                <LinkButton on_press=move |()| open.set(true)>{messages::stay_signed_in()}</LinkButton>
            </Banner>
        </Show>
    }
}

/// The dialog, while it is open.
#[component]
pub(super) fn SignInAgain() -> impl IntoView {
    let lazy = Lazy::here();
    let SessionExpiry(open) = expect_context();
    move || open.get().then(|| lazy.show(Part::SignInAgain))
}

/// Asks for the password again, over whatever is open.
pub(crate) fn sign_in_again() -> AnyView {
    let client = Client::here();
    let session = Session::here();
    let SessionExpiry(open) = expect_context();
    let me = session.me();
    let user = me.as_ref().and_then(|me| me.user.as_ref());
    let username = user.map(|user| user.username.clone()).unwrap_or_default();
    let password = RwSignal::new(String::new());
    let error = RwSignal::new(None);
    let field = NodeRef::<html::Input>::new();
    let expired = untrack(|| client.session_expired());
    let title = if expired { messages::session_over() } else { messages::stay_signed_in() };
    let handle = DialogHandle::new(title);
    let submission = Submission::of(handle);
    let text = messages::sign_in_again(&username);
    let username = StoredValue::new(username);
    let submit = move |()| {
        // Password managers may fill fields without an event.
        let secret = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if secret.is_empty() {
            error.set(Some(messages::enter_password().to_owned()));
            return handle.focus_first_error();
        }
        let work = async move { session.sign_in(username.get_value(), secret).await };
        let refused = move |failure: Failure| {
            handle.problem.set(Some(failure.message()));
            if let Some(field) = field.get_untracked() {
                let _ = field.focus();
            }
        };
        submission.run(work, move |()| handle.close(), refused);
    };
    let close = move |()| {
        open.set(false);
        if untrack(|| client.session_expired()) {
            session.abandon();
        }
    };
    view! {
        <Dialog handle on_close=close on_submit=submit action=handle.submit(messages::sign_in())>
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
