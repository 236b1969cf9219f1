//! Who is signed in.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::auth::Me;
use ringback_domain::wire::endpoint::{GetMe, GetReferenceData, ReloadSession};
use ringback_domain::wire::reference::{MAX_TIME_ZONES, ReferenceQuery};
use ringback_domain::{Permission, ServiceId};

use crate::api::Failure;
use crate::browser;
use crate::client::Client;
use crate::preferences::PreferenceStore;
use crate::{format, zones};

/// Whether somebody is signed in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// The session of the cookie is being resumed.
    Starting,
    /// The server did not answer.
    Failed(Failure),
    /// Nobody is signed in.
    SignedOut {
        /// There was a session, and it expired.
        expired: bool,
    },
    /// This person is signed in.
    SignedIn(Arc<Me>),
}

/// The session of this page.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    client: Client,
    preferences: PreferenceStore,
    stage: RwSignal<Stage>,
    /// A new sign-in would show other services.
    services_changed: RwSignal<bool>,
}

/// The key in local storage for who is signed in, which tells the other tabs.
const USER_KEY: &str = "ringback-user";

impl Session {
    /// Gives a session to the components below and tries to resume it.
    pub(crate) fn provide(client: Client, preferences: PreferenceStore) {
        let stage = RwSignal::new(Stage::Starting);
        let session = Self { client, preferences, stage, services_changed: RwSignal::new(false) };
        provide_context(session);
        session.follow_other_tabs();
        if browser::stores_items() && browser::stored_item(USER_KEY).is_none() {
            stage.set(Stage::SignedOut { expired: false });
        } else {
            session.resume();
        }
    }

    /// Shows the pages of whoever the cookie belongs to, when another tab signs
    /// somebody in or out.
    fn follow_other_tabs(self) {
        browser::on_item_stored(USER_KEY, move |user| {
            if user.unwrap_or_default() != self.user_id() {
                self.start_anew();
            }
        });
        Effect::new(move |_| {
            if self.client.other_user() {
                untrack(|| self.start_anew());
            }
        });
    }

    fn start_anew(self) {
        self.client.clear();
        self.preferences.clear();
        self.resume();
    }

    /// The session of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Whether somebody is signed in; tracked.
    pub(crate) fn stage(self) -> Stage {
        self.stage.get()
    }

    /// The person; `None` while nobody is signed in. Not tracked, as it does
    /// not change while a page of theirs is open.
    pub(crate) fn me(self) -> Option<Arc<Me>> {
        self.stage.with_untracked(|stage| match stage {
            Stage::SignedIn(me) => Some(Arc::clone(me)),
            _ => None,
        })
    }

    /// The id of the person; empty for nobody.
    pub(crate) fn user_id(self) -> String {
        let me = self.me();
        me.and_then(|me| me.user.as_ref().map(|user| user.id.to_string())).unwrap_or_default()
    }

    /// Whether the person has a permission. It is read when signing in, so it
    /// does not change while a page is open.
    pub(crate) fn may(self, permission: Permission) -> bool {
        self.stage.with_untracked(
            |stage| matches!(stage, Stage::SignedIn(me) if me.permissions.contains(&permission)),
        )
    }

    /// The time zone of a service that the person may see.
    pub(crate) fn zone_of(self, service: ServiceId) -> Option<String> {
        let me = self.me()?;
        me.services.iter().find(|one| one.id == service).map(|one| one.time_zone.clone())
    }

    /// Whether a new sign-in would show other services.
    pub(crate) fn services_changed(self) -> RwSignal<bool> {
        self.services_changed
    }

    /// Resumes the session of the cookie.
    pub(crate) fn resume(self) {
        self.stage.set(Stage::Starting);
        spawn_local(async move {
            let result = match self.client.refresh().await {
                Ok(_) => self.load().await,
                Err(failure) => Err(failure),
            };
            match result {
                Err(failure) if failure.is_unauthorized() => self.clear(false),
                Err(failure) => self.stage.set(Stage::Failed(failure)),
                Ok(()) => {}
            }
        });
    }

    /// Signs in.
    pub(crate) async fn sign_in(self, username: String, password: String) -> Result<(), Failure> {
        self.client.open_session(username, password).await?;
        self.load().await
    }

    /// Reads role and services again. `true` if they have changed; the page is
    /// then drawn again.
    pub(crate) async fn reload(self) -> Result<bool, Failure> {
        let me = self.client.call(&ReloadSession).await?;
        Ok(self.set_me(me))
    }

    /// Signs out because the session has expired and the person does not want
    /// to sign in again on this page.
    pub(crate) fn abandon(self) {
        self.clear(true);
    }

    /// Signs out, in this page even if the server cannot be reached.
    pub(crate) async fn sign_out(self) {
        self.client.close_session().await;
        self.clear(false);
    }

    /// Reads who the person is, and their preferences.
    async fn load(self) -> Result<(), Failure> {
        let me = self.client.call(&GetMe).await?;
        let preferences = async {
            if me.permissions.contains(&Permission::OwnPreferences) {
                self.preferences.load().await;
            }
        };
        let mut zones: BTreeSet<_> = me.services.iter().map(|service| service.time_zone.clone()).collect();
        zones.insert(format::zone_name(false));
        let time_zone = zones.into_iter().take(MAX_TIME_ZONES).collect();
        let clocks = async {
            // Without it the browser's own tables serve.
            if let Ok(known) = self.client.call(&GetReferenceData(ReferenceQuery { time_zone })).await {
                zones::adopt(known.time_zones);
            }
        };
        futures_util::join!(preferences, clocks);
        self.set_me(me);
        Ok(())
    }

    /// Shows the pages of a person. An open page stays as it is unless the
    /// person or their rights have changed.
    fn set_me(self, mut me: Me) -> bool {
        self.client.wait_for_sign_in();
        self.services_changed.set(mem::take(&mut me.services_changed));
        if let Some(user) = &me.user {
            browser::store_item(USER_KEY, Some(&user.id.to_string()));
        }
        let changed = self.me().is_none_or(|before| *before != me);
        if changed {
            self.stage.set(Stage::SignedIn(Arc::new(me)));
        }
        changed
    }

    fn clear(self, expired: bool) {
        self.client.clear();
        self.preferences.clear();
        browser::store_item(USER_KEY, None);
        self.stage.set(Stage::SignedOut { expired });
    }
}
