//! Help: the guide, the keys, and what was told.

use leptos::prelude::*;
use ringback_domain::Timestamp;

use super::guide::guide;
use super::shortcuts::shortcut_list;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuItem, MenuLink};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::later::Later;
use crate::messages;
use crate::session::Session;

/// What help is about.
#[derive(Clone, Copy)]
pub(crate) enum Topic {
    /// What callbacks are, and how to work with them.
    Guide,
    /// The single keys.
    Shortcuts,
    /// What was told since the page was opened.
    News,
}

/// The topic that is open.
#[derive(Clone, Copy)]
pub(crate) struct Help(RwSignal<Option<Topic>>);

impl Help {
    /// With nothing open.
    pub(super) fn new() -> Self {
        Self(RwSignal::new(None))
    }
}

/// The menu.
#[component]
pub(super) fn HelpMenu(help: Help) -> impl IntoView {
    let open = move |topic| move |()| help.0.set(Some(topic));
    view! {
        <Menu
            label=messages::help()
            button_label=messages::help().to_owned()
            button_class="iconbtn iconbtn-lg"
            button=Box::new(|| view! { <Icon name="circle-question-mark" /> }.into_any())
        >
            <MenuItem on_press=open(Topic::Guide)>
                <Icon name="info" />
                {messages::guide()}
            </MenuItem>
            <MenuItem keys="?" on_press=open(Topic::Shortcuts)>
                <Icon name="keyboard" />
                {messages::shortcuts()}
                <kbd class="end" aria-hidden="true">"?"</kbd>
            </MenuItem>
            <MenuItem on_press=open(Topic::News)>
                <Icon name="scroll-text" />
                {messages::notifications()}
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
pub(super) fn HelpDialog(help: Help) -> impl IntoView {
    let later = Later::here();
    move || help.0.get().map(|topic| later.show(move |parts| (parts.help)(help, topic)))
}

/// What it says.
pub(crate) fn help(Help(open): Help, topic: Topic) -> AnyView {
    let (title, class, content) = match topic {
        Topic::Guide => (messages::guide(), "dialog-md", guide()),
        Topic::Shortcuts => (messages::shortcuts(), "", shortcut_list()),
        Topic::News => (messages::notifications(), "", view! { <News /> }.into_any()),
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

/// The newest first.
#[component]
fn News() -> impl IntoView {
    let (session, toasts) = (Session::here(), Toasts::here());
    move || {
        let told = toasts.told();
        if told.is_empty() {
            return view! { <p>{messages::no_news()}</p> }.into_any();
        }
        let line = |(at, toast): (Timestamp, Toast)| {
            let (class, icon) = toast.look();
            view! {
                <li class=class>
                    <Icon name=icon />
                    <span>
                        <b class="semi">{toast.title}</b>
                        {toast.detail.map(|detail| view! { <small>{detail}</small> })}
                    </span>
                    <time class="num subtle" datetime=at.to_string()>
                        {format::time_seconds(at, session.style())}
                    </time>
                </li>
            }
        };
        view! { <ol class="news">{told.into_iter().map(line).collect_view()}</ol> }.into_any()
    }
}
