//! Help: the guide, the keys, and past messages.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::Timestamp;
use ringback_domain::wire::endpoint::GetReferenceData;

use super::guide::guide;
use super::shortcuts::shortcut_list;
use crate::client::Client;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::key_value::{Fact, KeyValue};
use crate::components::menu::{Menu, MenuItem, MenuLink};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::preferences::PreferenceStore;

/// A topic of Help.
#[derive(Clone, Copy)]
enum Topic {
    /// What callbacks are, and how to work with them.
    Guide,
    /// The keyboard shortcuts.
    Shortcuts,
    /// The messages since the page was opened.
    Messages,
    /// The releases of the server and its tables.
    About,
}

/// The topic that is open.
#[derive(Clone, Copy)]
pub(super) struct Help(RwSignal<Option<Topic>>);

impl Help {
    /// Gives Help to the components below, with no topic open.
    pub(super) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }
}

/// The menu.
#[component]
pub(super) fn HelpMenu() -> impl IntoView {
    let help: Help = expect_context();
    let open = move |topic| move |()| help.0.set(Some(topic));
    view! {
        <Menu
            label=messages::help()
            button_label=messages::help().to_owned()
            button_class="icon-button icon-button--large"
            button=Box::new(|| view! { <Icon name="circle-question-mark" /> }.into_any())
        >
            <MenuItem on_press=open(Topic::Guide)>
                <Icon name="info" />
                {messages::guide()}
            </MenuItem>
            <MenuItem keys="?" on_press=open(Topic::Shortcuts)>
                <Icon name="keyboard" />
                {messages::shortcuts()}
                <kbd class="menu__shortcut" aria-hidden="true">"?"</kbd>
            </MenuItem>
            <MenuItem on_press=open(Topic::Messages)>
                <Icon name="scroll-text" />
                {messages::notifications()}
            </MenuItem>
            <MenuItem on_press=open(Topic::About)>
                <Icon name="gauge" />
                {messages::about()}
            </MenuItem>
            <MenuLink href="/swagger-ui/" outside=true>
                <Icon name="file-text" />
                {messages::api_documentation()}
            </MenuLink>
        </Menu>
    }
}

/// The topic, while it is open.
#[component]
pub(super) fn HelpDialog() -> impl IntoView {
    let Help(open) = expect_context();
    let lazy = Lazy::here();
    move || open.with(Option::is_some).then(|| lazy.show(Part::Help))
}

/// Draws the open topic; nothing if none is open.
pub(crate) fn help() -> AnyView {
    let Help(open) = expect_context();
    let (title, class, content) = match open.get_untracked() {
        None => return ().into_any(),
        Some(Topic::Guide) => (messages::guide(), "dialog--medium", guide()),
        Some(Topic::Shortcuts) => (messages::shortcuts(), "", shortcut_list()),
        Some(Topic::About) => (messages::about(), "", view! { <About /> }.into_any()),
        Some(Topic::Messages) => (messages::notifications(), "", view! { <PastMessages /> }.into_any()),
    };
    view! {
        <Dialog
            handle=DialogHandle::new(title)
            class
            confirms=true
            on_close=move |()| open.set(None)
        >
            {content}
        </Dialog>
    }
    .into_any()
}

/// The releases of the server and its tables.
#[component]
fn About() -> impl IntoView {
    let client = Client::here();
    let facts = RwSignal::new(None::<Vec<Fact>>);
    let problem = RwSignal::new(None::<String>);
    spawn_local(async move {
        match client.call(&GetReferenceData::default()).await {
            Ok(data) => facts.try_set(Some(vec![
                Fact::new(messages::server_release(), data.server),
                Fact::new(messages::time_zone_database(), data.time_zone_database),
                Fact::new(messages::phone_number_tables(), data.phone_number_tables),
            ])),
            Err(failure) => problem.try_set(Some(failure.message())).map(|_| None),
        };
    });
    view! {
        {move || facts.get().map(|facts| view! { <KeyValue facts /> })}
        <p role="status">{move || problem.get()}</p>
    }
}

/// The messages since the page was opened, the newest first.
#[component]
fn PastMessages() -> impl IntoView {
    let preferences = PreferenceStore::here();
    let toasts = Toasts::here();
    move || {
        let history = toasts.history();
        if history.is_empty() {
            return view! { <p>{messages::no_news()}</p> }.into_any();
        }
        let line = |(at, toast): (Timestamp, Toast)| {
            let (class, icon) = toast.class_and_icon();
            view! {
                <li class=class>
                    <Icon name=icon />
                    <span>
                        <b class="semibold">{toast.title}</b>
                        {toast.detail.map(|detail| view! { <small>{detail}</small> })}
                    </span>
                    <time class="num subtle" datetime=at.to_string()>
                        {format::time_seconds(at, preferences.style())}
                    </time>
                </li>
            }
        };
        view! { <ol class="news">{history.into_iter().map(line).collect_view()}</ol> }.into_any()
    }
}
