//! How the person wants the page to look. A change shows at once and is saved
//! on the server soon after.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::auth::Preferences;
use ringback_domain::wire::endpoint::{GetPreferences, PutPreferences};

use crate::api::Failure;
use crate::browser;
use crate::client::Client;
use crate::format::{self, Style};
use crate::language;
use crate::theme;

type Change = Rc<dyn Fn(&mut Preferences)>;

/// The preferences of the person who is signed in; the usual ones for nobody.
#[derive(Clone, Copy)]
pub(crate) struct PreferenceStore {
    client: Client,
    preferences: RwSignal<Preferences>,
    /// Changes that are not saved yet.
    pending: StoredValue<Vec<Change>, LocalStorage>,
}

/// The key in local storage that tells other tabs of saved preferences.
const CHANGED_KEY: &str = "ringback-preferences";
/// Changes are saved after this pause.
const SAVE_DELAY: Duration = Duration::from_millis(400);

impl PreferenceStore {
    /// Gives a store to the components below.
    pub(crate) fn provide(client: Client) -> Self {
        let store = Self {
            client,
            preferences: RwSignal::new(Preferences::default()),
            pending: StoredValue::new_local(Vec::new()),
        };
        provide_context(store);
        browser::on_item_stored(CHANGED_KEY, move |_| {
            if client.has_user() {
                spawn_local(store.follow());
            }
        });
        store
    }

    /// Takes over what another tab has saved. The language stays, as it would load
    /// the page anew.
    async fn follow(self) {
        if let Ok(preferences) = self.client.call(&GetPreferences).await {
            theme::apply(preferences.theme);
            self.preferences.set(preferences);
        }
    }

    /// The store of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Reads the preferences; tracked.
    pub(crate) fn with<T>(self, read: impl FnOnce(&Preferences) -> T) -> T {
        self.preferences.with(read)
    }

    /// Reads the preferences without tracking them.
    pub(crate) fn with_untracked<T>(self, read: impl FnOnce(&Preferences) -> T) -> T {
        self.preferences.with_untracked(read)
    }

    /// How times are shown; tracked.
    pub(crate) fn style(self) -> Style {
        self.with(style_of)
    }

    /// How times are shown, without tracking it.
    pub(crate) fn style_untracked(self) -> Style {
        self.with_untracked(style_of)
    }

    /// Reads the preferences from the server and shows the page by them. Those
    /// that cannot be read stay as they are.
    pub(crate) async fn load(self) {
        if let Ok(preferences) = self.client.call(&GetPreferences).await {
            theme::apply(preferences.theme);
            language::apply_preference(preferences.language.as_deref());
            self.preferences.set(preferences);
        }
    }

    /// Returns to the usual preferences, and drops changes that are not saved.
    pub(crate) fn clear(self) {
        self.pending.set_value(Vec::new());
        self.preferences.set(Preferences::default());
    }

    /// Changes the preferences here at once, and on the server soon.
    pub(crate) fn update_soon(self, change: impl Fn(&mut Preferences) + 'static) {
        self.preferences.update(&change);
        self.pending.update_value(|pending| pending.push(Rc::new(change)));
        let count = self.pending.with_value(Vec::len);
        let save = move || {
            if self.pending.with_value(Vec::len) == count {
                // The page shows the change even if it cannot be saved.
                spawn_local(async move { drop(self.save(|_| {}).await) });
            }
        };
        set_timeout(save, SAVE_DELAY);
    }

    /// Changes the preferences on the server and then here, together with
    /// pending changes. Reads them first, as another tab may have changed them.
    pub(crate) async fn save(self, change: impl FnOnce(&mut Preferences)) -> Result<(), Failure> {
        let mut wanted = self.client.call(&GetPreferences).await?;
        let sent = self.pending.get_value();
        for change in &sent {
            change(&mut wanted);
        }
        change(&mut wanted);
        let mut saved = self.client.call(&PutPreferences(wanted)).await?;
        browser::store_item(CHANGED_KEY, Some(&browser::random_uuid().to_string()));
        self.pending.update_value(|pending| {
            pending.retain(|change| !sent.iter().any(|sent| Rc::ptr_eq(change, sent)));
            for change in pending {
                change(&mut saved);
            }
        });
        self.preferences.set(saved);
        Ok(())
    }

    /// Shows the page in another language, here and wherever the person signs
    /// in next.
    pub(crate) async fn set_language(self, tag: String) {
        drop(self.save(|preferences| preferences.language = Some(tag.clone())).await);
        language::switch_to(&tag);
    }
}

fn style_of(preferences: &Preferences) -> Style {
    Style { h24: preferences.time_24h.unwrap_or_else(format::locale_has_24h), utc: preferences.utc }
}
