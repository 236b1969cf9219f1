//! Loads what the first view does not need: the second WebAssembly module of
//! the page, once that view is there or something of the module is asked for.

use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::banner::{Banner, Severity};
use crate::components::button::LinkButton;
use crate::messages;

/// A view of the second module. What it shows comes from the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The items of the account menu.
    AccountMenu,
    /// The menu of saved views.
    ViewsMenu,
    /// The way from the address of a saved view to the list.
    SavedView,
    /// The items of the menu of exports.
    ExportMenu,
    /// The order of the list on a small screen.
    SortSelect,
    /// The links to other pages of the list.
    Pager,
    /// The ways to the current time.
    WaysToNow,
    /// Says that no events arrive.
    PausedBanner,
    /// What is selected.
    SelectionBar,
    /// Banners of the frame.
    Banners,
    /// The tools of the table.
    TableTools,
    /// Why the list is empty.
    EmptyList,
    /// The page of one callback.
    Record,
    /// The page Callback Search.
    Search,
    /// The page Services.
    Services,
    /// The page Office Hours.
    OfficeHours,
    /// The page Capacity.
    Capacity,
    /// The page Permitted & Blocked Numbers.
    Numbers,
    /// The page Integrations.
    Integrations,
    /// The page Users.
    Users,
    /// The page Audit.
    Audit,
    /// The open dialog of the Callbacks page.
    CallbackDialog,
    /// The details of the row in the context.
    RowDetails,
    /// The open topic of Help.
    Help,
    /// The dialog with the person's password and sessions.
    MyAccount,
    /// The dialog that asks for the password again.
    SignInAgain,
}

/// Draws a part.
pub(crate) type Render = fn(Part) -> AnyView;

/// Loads the module; `None` if that fails.
pub(crate) type Load = fn() -> LocalBoxFuture<'static, Option<Render>>;

#[derive(Clone, Copy)]
enum Stage {
    Idle,
    Loading,
    Loaded(Render),
    Failed,
}

/// The second module, loaded or not.
#[derive(Clone, Copy)]
pub(crate) struct Lazy {
    stage: RwSignal<Stage>,
    load: Load,
}

impl Lazy {
    /// Gives the module to the components below.
    pub(crate) fn provide(load: Load) {
        provide_context(Self { stage: RwSignal::new(Stage::Idle), load });
    }

    /// The module of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Loads the module unless it is loaded or being loaded.
    pub(crate) fn load(self) {
        if matches!(self.stage.get_untracked(), Stage::Loading | Stage::Loaded(_)) {
            return;
        }
        self.stage.set(Stage::Loading);
        spawn_local(async move {
            self.stage.set((self.load)().await.map_or(Stage::Failed, Stage::Loaded));
        });
    }

    /// Adds a part that nobody waits for.
    pub(crate) fn add(self, part: Part) -> impl Fn() -> Option<AnyView> {
        move || match self.stage.get() {
            Stage::Loaded(render) => Some(untrack(|| render(part))),
            Stage::Idle | Stage::Loading | Stage::Failed => None,
        }
    }

    /// Shows a part as soon as the module is loaded.
    pub(crate) fn show(self, part: Part) -> AnyView {
        untrack(|| self.load());
        (move || match self.stage.get() {
            Stage::Idle | Stage::Loading => {
                view! { <p class="visually-hidden" role="status">{messages::loading()}</p> }.into_any()
            }
            // Signals that the part reads while it is drawn must not draw it again.
            Stage::Loaded(render) => untrack(|| render(part)),
            Stage::Failed => view! {
                <Banner severity=Severity::Danger icon="circle-alert">
                    <span>{messages::part_failed()}</span>
                    <LinkButton on_press=move |()| self.load()>{messages::try_again()}</LinkButton>
                </Banner>
            }
            .into_any(),
        })
        .into_any()
    }
}
