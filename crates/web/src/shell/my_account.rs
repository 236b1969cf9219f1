//! My account: the person's password, and where they are signed in.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::auth::{ChangePassword, SessionView};
use ringback_domain::wire::endpoint::{DeleteMySession, ListMySessions, PostPassword};

use crate::client::Client;
use crate::components::button::Button;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::input::TextField;
use crate::components::record_table::{Items, RecordTable};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Submission, require, show_problems};
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::preferences::PreferenceStore;

/// Whether the dialog is open.
#[derive(Clone, Copy)]
pub(super) struct MyAccount(RwSignal<bool>);

impl MyAccount {
    /// Gives the closed dialog to the components below.
    pub(super) fn provide() {
        provide_context(Self(RwSignal::new(false)));
    }

    /// The dialog of the page.
    pub(super) fn here() -> Self {
        expect_context()
    }

    /// Opens the dialog.
    pub(super) fn open(self) {
        self.0.set(true);
    }
}

/// The dialog, while it is open.
#[component]
pub(super) fn MyAccountDialog() -> impl IntoView {
    let MyAccount(open) = MyAccount::here();
    let lazy = Lazy::here();
    move || open.get().then(|| lazy.show(Part::MyAccount))
}

/// Draws the dialog.
pub(crate) fn my_account() -> AnyView {
    let MyAccount(open) = MyAccount::here();
    let toasts = Toasts::here();
    let sessions = Sessions::new();
    let [current, new] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let [current_error, new_error] = std::array::from_fn(|_| RwSignal::new(None));
    let handle = DialogHandle::new(messages::my_account());
    let submission = Submission::of(handle);
    let submit = move |()| {
        let filled = [
            require(current, current_error, messages::enter_password()),
            require(new, new_error, messages::enter_password()),
        ];
        if filled.contains(&false) {
            return handle.focus_first_error();
        }
        let change =
            ChangePassword { current_password: current.get_untracked(), new_password: new.get_untracked() };
        let work = submission.command(PostPassword(change), None);
        let done = move |()| {
            handle.close();
            toasts.show(Toast::success(messages::password_changed()));
        };
        submission.run(work, done, move |failure| {
            let fields = [("/current_password", current_error), ("/new_password", new_error)];
            handle.problem.set(show_problems(&failure, &fields));
        });
    };
    view! {
        <Dialog
            handle
            class="dialog--medium"
            on_close=move |()| open.set(false)
            on_submit=submit
            action=handle.submit(messages::change_password())
        >
            <TextField
                label=messages::current_password()
                value=current
                error=current_error
                kind="password"
                autocomplete="current-password"
                autofocus=true
            />
            <TextField
                label=messages::new_password()
                value=new
                error=new_error
                kind="password"
                autocomplete="new-password"
                hint=messages::own_password_hint().to_owned()
            />
            <h3>{messages::my_sessions()}</h3>
            <SessionTable sessions handle />
        </Dialog>
    }
    .into_any()
}

/// Where the person is signed in.
#[derive(Clone, Copy)]
struct Sessions {
    client: Client,
    items: Items<SessionView>,
}

impl Sessions {
    fn new() -> Self {
        let sessions = Self { client: Client::here(), items: RwSignal::new(None) };
        sessions.reload();
        sessions
    }

    fn reload(self) {
        spawn_local(async move {
            let loaded = self.client.call(&ListMySessions).await;
            self.items.try_set(Some(loaded.map(|list| list.items).map_err(|failure| failure.message())));
        });
    }
}

#[component]
fn SessionTable(sessions: Sessions, handle: DialogHandle) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let end = move |session: SessionView| {
        spawn_local(async move {
            let ended = sessions.client.call(&DeleteMySession(session.id)).await;
            handle.problem.try_set(ended.err().map(|failure| failure.message()));
            sessions.reload();
            handle.focus_title();
        });
    };
    let row = move |session: SessionView| {
        let used = format::day_time(session.last_used_at, preferences.style());
        let label = messages::sign_out_of(&session.client, &session.address);
        let action = if session.current {
            view! { <span class="subtle">{messages::this_session()}</span> }.into_any()
        } else {
            let session = session.clone();
            view! {
                <Button on_press=move |()| end(session.clone())>
                    <span aria-hidden="true">{messages::sign_out()}</span>
                    <span class="visually-hidden">{label}</span>
                </Button>
            }
            .into_any()
        };
        view! {
            <tr>
                <th scope="row">{session.client}</th>
                <td>{session.address}</td>
                <td>{format::day_time(session.created_at, preferences.style())}</td>
                <td>{used}</td>
                <td>{action}</td>
            </tr>
        }
        .into_any()
    };
    view! {
        <RecordTable
            items=sessions.items
            columns=vec![
                messages::browser(),
                messages::network_address(),
                messages::signed_in_at(),
                messages::last_used_at(),
                messages::column_actions(),
            ]
            label=messages::my_sessions()
            row=Callback::new(row)
            reload=Callback::new(move |()| sessions.reload())
        />
    }
}
