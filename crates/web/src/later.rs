//! What the first view does not need is a module of its own, which is loaded
//! once that view is there.

#![expect(clippy::unnecessary_wraps, reason = "loading it may fail, the function itself does not")]

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::components::banner::{Banner, Gravity};
use crate::components::button::LinkButton;
use crate::messages;
use crate::pages::callbacks::{Open, Row, detail, dialog};
use crate::pages::integrations::IntegrationsPage;
use crate::pages::search::SearchPage;
use crate::pages::services::ServicesPage;
use crate::pages::users::UsersPage;
use crate::shell::{Ending, Help, Topic, help, sign_in_again};

/// The ways into that module. Only what is reached through them alone is in it.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    /// Callback Search.
    pub(crate) search: fn() -> AnyView,
    /// Services.
    pub(crate) services: fn() -> AnyView,
    /// Integrations.
    pub(crate) integrations: fn() -> AnyView,
    /// Users.
    pub(crate) users: fn() -> AnyView,
    /// A dialog of the list.
    pub(crate) dialog: fn(Open) -> AnyView,
    /// What an expanded row says.
    pub(crate) detail: fn(Row) -> AnyView,
    /// Help on a topic.
    pub(crate) help: fn(Help, Topic) -> AnyView,
    /// Asks for the password again.
    pub(crate) sign_in_again: fn(Ending, String) -> AnyView,
}

#[wasm_split(later, fallible, wasm_split_path = leptos::wasm_split)]
fn parts() -> Result<Parts, SplitLoaderError> {
    Ok(Parts {
        search: || SearchPage().into_any(),
        services: || ServicesPage().into_any(),
        integrations: || IntegrationsPage().into_any(),
        users: || UsersPage().into_any(),
        dialog,
        detail,
        help,
        sign_in_again,
    })
}

#[derive(Clone, Copy)]
enum Stage {
    Untouched,
    Loading,
    Loaded(Parts),
    Failed,
}

/// How far the module has come.
#[derive(Clone, Copy)]
pub(crate) struct Later(RwSignal<Stage>);

impl Later {
    /// For the whole page.
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(Stage::Untouched)));
    }

    /// That of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Loads it, unless it is there or on its way.
    pub(crate) fn load(self) {
        if matches!(self.0.get_untracked(), Stage::Loading | Stage::Loaded(_)) {
            return;
        }
        self.0.set(Stage::Loading);
        spawn_local(async move {
            self.0.set(parts().await.map_or(Stage::Failed, Stage::Loaded));
        });
    }

    /// Shows a part of it as soon as it is there.
    pub(crate) fn show(self, part: impl Fn(Parts) -> AnyView + Send + Sync + 'static) -> AnyView {
        untrack(|| self.load());
        (move || match self.0.get() {
            Stage::Untouched | Stage::Loading => {
                view! { <p class="vh" role="status">{messages::loading()}</p> }.into_any()
            }
            // What it reads as it is made must not make it anew.
            Stage::Loaded(parts) => untrack(|| part(parts)),
            Stage::Failed => view! {
                <Banner gravity=Gravity::Danger icon="circle-alert">
                    <span>{messages::part_failed()}</span>
                    <LinkButton on_press=move |()| self.load()>{messages::try_again()}</LinkButton>
                </Banner>
            }
            .into_any(),
        })
        .into_any()
    }
}
