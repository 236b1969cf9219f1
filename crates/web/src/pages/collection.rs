//! A page with all records of a kind: loads them, and opens the dialogs that
//! create and change them.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::ServiceId;
use ringback_domain::wire::admin::ServiceView;

use crate::api::Failure;
use crate::components::button::{Appearance, Button};
use crate::components::page::PlainPage;
use crate::components::record_table::{Items, RecordTable};
use crate::messages;

/// What a dialog is about.
#[derive(Clone)]
pub(super) enum Subject<T> {
    /// A record that is to be created.
    New,
    /// An existing record.
    Existing(T),
}

impl<T> Subject<T> {
    /// The existing record.
    pub(super) fn existing(self) -> Option<T> {
        match self {
            Self::New => None,
            Self::Existing(record) => Some(record),
        }
    }
}

/// The records of a page, and its dialog.
pub(super) struct Collection<T: Send + Sync + 'static> {
    items: Items<T>,
    subject: RwSignal<Option<Subject<T>>>,
    reload: Callback<()>,
}

impl<T: Send + Sync + 'static> Clone for Collection<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Collection<T> {}

impl<T: Clone + Send + Sync + 'static> Collection<T> {
    /// Loads the records, now and whenever they may have changed.
    pub(super) fn new<F>(load: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<T>, Failure>> + 'static,
    {
        let items = RwSignal::new(None);
        let reload = Callback::new(move |()| {
            let work = load();
            spawn_local(async move {
                let loaded = work.await;
                items.try_set(Some(loaded.map_err(|failure| failure.message())));
            });
        });
        reload.run(());
        Self { items, subject: RwSignal::new(None), reload }
    }

    /// The records, or why they could not be loaded.
    pub(super) fn items(self) -> Items<T> {
        self.items
    }

    /// Loads the records again.
    pub(super) fn reload(self) {
        self.reload.run(());
    }

    /// Opens the dialog for an existing record.
    pub(super) fn open(self, record: T) {
        self.subject.set(Some(Subject::Existing(record)));
    }

    /// Closes the dialog.
    pub(super) fn close(self) {
        self.subject.set(None);
    }
}

/// The page: a button that creates, the table, and the open dialog.
#[component]
pub(super) fn CollectionPage<T: Clone + Send + Sync + 'static>(
    /// The records.
    collection: Collection<T>,
    /// The name of the page.
    title: &'static str,
    /// The name of the table.
    label: &'static str,
    /// The label of the button that creates a record; `None` for those who may
    /// not.
    create: Option<&'static str>,
    /// The column headings; the last column is for actions.
    columns: Vec<&'static str>,
    /// The last column is one as the others.
    #[prop(optional)]
    shows_last: bool,
    /// Draws the row of a record.
    #[prop(into)]
    row: Callback<T, AnyView>,
    /// Draws the dialog.
    #[prop(into)]
    dialog: Callback<Subject<T>, AnyView>,
) -> impl IntoView {
    let Collection { items, subject, reload } = collection;
    let actions = create.map(|label| {
        view! {
            <div class="actions">
                <Button
                    appearance=Appearance::Primary
                    icon="plus"
                    on_press=move |()| subject.set(Some(Subject::New))
                >
                    {label}
                </Button>
            </div>
        }
    });
    view! {
        <PlainPage title actions=actions.into_any()>
            <RecordTable items columns label row reload shows_last />
        </PlainPage>
        {move || subject.get().map(|subject| dialog.run(subject))}
    }
}

/// The names of the services that someone may see; `None` stands for all.
pub(super) fn service_names(visible: Option<&[ServiceId]>, services: &[ServiceView]) -> String {
    let Some(visible) = visible else { return messages::all_services().to_owned() };
    let visible = services.iter().filter(|service| visible.contains(&service.id));
    let names: Vec<_> = visible.map(|service| service.name.as_str()).collect();
    if names.is_empty() { messages::none().to_owned() } else { names.join(", ") }
}
