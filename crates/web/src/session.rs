//! Who is signed in. The access token lives in memory only; the refresh token
//! is in a cookie that no script can read.

use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared};
use js_sys::{Function, Promise};
use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::auth::{self, LogIn, Me, Preferences};
use ringback_domain::wire::endpoint::{
    CreateSession, DeleteSession, Endpoint, GetMe, GetPreferences, PutPreferences, RefreshSession,
    ReloadSession,
};
use ringback_domain::{Permission, ServiceId, Timestamp};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Blob;

use crate::api::{self, Answer, Command, Failure, Request};
use crate::browser;
use crate::format::Style;
use crate::language;
use crate::theme;

/// How far the page has got with knowing its user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// The cookie is being tried.
    Starting,
    /// The server did not answer.
    Failed(Failure),
    /// Nobody is signed in.
    SignedOut {
        /// There was a session, and it ended by itself.
        ended: bool,
    },
    /// This person is.
    SignedIn(Arc<Me>),
}

#[derive(Clone)]
struct Token {
    text: String,
    expires_at: Timestamp,
}

type Refreshing = Shared<LocalBoxFuture<'static, Result<String, Failure>>>;

type Change = Rc<dyn Fn(&mut Preferences)>;

/// The session of this page.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    stage: RwSignal<Stage>,
    preferences: RwSignal<Preferences>,
    token: StoredValue<Option<Token>>,
    /// When the person has to sign in again.
    ends_at: RwSignal<Option<Timestamp>>,
    /// It ended under a page, which waits for the person to sign in again.
    ended: RwSignal<bool>,
    /// Signing in anew would show other services.
    services_changed: RwSignal<bool>,
    refreshing: StoredValue<Option<Refreshing>, LocalStorage>,
    /// Changes of the preferences that the server does not know yet.
    changes: StoredValue<Vec<Change>, LocalStorage>,
}

/// A token is renewed this long before it ends, in seconds.
const AHEAD: i64 = 30;
/// How often those who wait look whether the person has signed in again, in
/// milliseconds.
const LOOK: i32 = 200;
/// Preferences are sent after this pause.
const PREFERENCE_PAUSE: Duration = Duration::from_millis(400);

impl Session {
    /// Gives a session to the components below and tries to resume it.
    pub(crate) fn provide() -> Self {
        let session = Self {
            stage: RwSignal::new(Stage::Starting),
            preferences: RwSignal::new(Preferences::default()),
            token: StoredValue::new(None),
            ends_at: RwSignal::new(None),
            ended: RwSignal::new(false),
            services_changed: RwSignal::new(false),
            refreshing: StoredValue::new_local(None),
            changes: StoredValue::new_local(Vec::new()),
        };
        provide_context(session);
        session.resume();
        session
    }

    /// The session of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Followed by those who ask.
    pub(crate) fn stage(self) -> Stage {
        self.stage.get()
    }

    /// The person; `None` while nobody is signed in. Not followed, as it does
    /// not change while a page of theirs stands.
    pub(crate) fn me(self) -> Option<Arc<Me>> {
        self.stage.with_untracked(|stage| match stage {
            Stage::SignedIn(me) => Some(Arc::clone(me)),
            _ => None,
        })
    }

    /// Whether the person may do something. Fixed as long as the page stands,
    /// since it is read when signing in.
    pub(crate) fn may(self, permission: Permission) -> bool {
        self.stage.with_untracked(
            |stage| matches!(stage, Stage::SignedIn(me) if me.permissions.contains(&permission)),
        )
    }

    /// How the person wants things to look.
    pub(crate) fn preferences(self) -> RwSignal<Preferences> {
        self.preferences
    }

    /// How times are shown.
    pub(crate) fn style(self) -> Style {
        self.preferences.with(style_of)
    }

    /// The same, not followed.
    pub(crate) fn style_now(self) -> Style {
        self.preferences.with_untracked(style_of)
    }

    /// When the person has to sign in again; followed.
    pub(crate) fn ends_at(self) -> Option<Timestamp> {
        self.ends_at.get()
    }

    /// It ended under a page; followed.
    pub(crate) fn ended(self) -> bool {
        self.ended.get()
    }

    /// The zone of a service, where the person may see it.
    pub(crate) fn zone_of(self, service: ServiceId) -> Option<String> {
        let me = self.me()?;
        me.services.iter().find(|one| one.id == service).map(|one| one.time_zone.clone())
    }

    /// Whether signing in anew would show other services.
    pub(crate) fn services_changed(self) -> RwSignal<bool> {
        self.services_changed
    }

    /// Changes the preferences here at once and on the server soon.
    pub(crate) fn prefer(self, change: impl Fn(&mut Preferences) + 'static) {
        self.preferences.update(&change);
        self.changes.update_value(|changes| changes.push(Rc::new(change)));
        let count = self.changes.with_value(Vec::len);
        let send = move || {
            if self.changes.with_value(Vec::len) == count {
                // Shown as chosen even if it could not be kept.
                spawn_local(async move { drop(self.keep(|_| {}).await) });
            }
        };
        set_timeout(send, PREFERENCE_PAUSE);
    }

    /// Changes the preferences once the server keeps them, with whatever was
    /// to be sent soon. Another tab may have changed others meanwhile.
    pub(crate) async fn keep(self, change: impl FnOnce(&mut Preferences)) -> Result<(), Failure> {
        let mut wanted = self.get(&GetPreferences).await?;
        let changes = self.changes.get_value();
        for change in &changes {
            change(&mut wanted);
        }
        change(&mut wanted);
        let mut kept = self.get(&PutPreferences(wanted)).await?;
        self.changes.update_value(|pending| {
            pending.retain(|change| !changes.iter().any(|sent| Rc::ptr_eq(change, sent)));
            for change in pending {
                change(&mut kept);
            }
        });
        self.preferences.set(kept);
        Ok(())
    }

    /// Tries the cookie.
    pub(crate) fn resume(self) {
        self.stage.set(Stage::Starting);
        spawn_local(async move {
            let result = match self.refresh().await {
                Ok(_) => self.enter().await,
                Err(failure) => Err(failure),
            };
            match result {
                Err(failure) if failure.wants_credentials() => self.leave(false),
                Err(failure) => self.stage.set(Stage::Failed(failure)),
                Ok(()) => {}
            }
        });
    }

    /// Signs in.
    pub(crate) async fn sign_in(self, username: String, password: String) -> Result<(), Failure> {
        let request = Request::of(&CreateSession(LogIn { username, password }), None)?;
        self.hold(api::send(&request, None).await?.read()?);
        self.enter().await
    }

    /// Shows the page in another language, here and wherever the person signs
    /// in next.
    pub(crate) async fn speak(self, language: language::Language) {
        drop(self.keep(|preferences| preferences.language = Some(language.tag().into())).await);
        language::choose(language);
    }

    /// Takes the role and the services as they are now. `true` if they are
    /// others; then the page begins anew.
    pub(crate) async fn reload(self) -> Result<bool, Failure> {
        let me = self.get(&ReloadSession).await?;
        Ok(self.take(me))
    }

    /// The session is over, and the person does not want another one here.
    pub(crate) fn give_up(self) {
        self.leave(true);
    }

    /// Signs out, here even if the server cannot be told.
    pub(crate) async fn sign_out(self) {
        let token = self.token.with_value(|token| token.as_ref().map(|token| token.text.clone()));
        if let Ok(request) = Request::of(&DeleteSession, None) {
            drop(api::send(&request, token.as_deref()).await);
        }
        self.leave(false);
    }

    /// Calls an operation as the person who is signed in.
    pub(crate) async fn get<E: Endpoint>(self, endpoint: &E) -> Result<E::Response, Failure> {
        self.call(endpoint, None).await
    }

    /// Gives a command.
    pub(crate) async fn command<E: Endpoint>(
        self,
        endpoint: &E,
        command: &Command,
    ) -> Result<E::Response, Failure> {
        self.call(endpoint, Some(command)).await
    }

    /// What an operation answers, as a file.
    pub(crate) async fn file<E: Endpoint>(self, endpoint: &E) -> Result<Blob, Failure> {
        let request = Request::of(endpoint, None)?;
        let token = self.token().await?;
        match api::fetch(&request, &token).await {
            Err(failure) if failure.wants_credentials() => {
                api::fetch(&request, &self.renewed_token(&token).await?).await
            }
            file => file,
        }
    }

    /// Has the browser save what an operation answers, under this name.
    pub(crate) async fn save<E: Endpoint>(self, endpoint: &E, name: &str) -> Result<(), Failure> {
        browser::save(&self.file(endpoint).await?, name);
        Ok(())
    }

    async fn call<E: Endpoint>(
        self,
        endpoint: &E,
        command: Option<&Command>,
    ) -> Result<E::Response, Failure> {
        self.exchange(Request::of(endpoint, command)?).await?.read()
    }

    async fn exchange(self, request: Request) -> Result<Answer, Failure> {
        let token = self.token().await?;
        match api::send(&request, Some(&token)).await {
            Err(failure) if failure.wants_credentials() => {
                let token = self.renewed_token(&token).await?;
                api::send(&request, Some(&token)).await
            }
            answer => answer,
        }
    }

    /// A token that is good for a while.
    pub(crate) async fn token(self) -> Result<String, Failure> {
        let soon = browser::now().plus_seconds(AHEAD);
        let token = self.token.with_value(|token| match token {
            Some(token) if token.expires_at > soon => Some(token.text.clone()),
            _ => None,
        });
        match token {
            Some(token) => Ok(token),
            None => self.refresh_or_wait().await,
        }
    }

    /// Another token than the one that was refused.
    pub(crate) async fn renewed_token(self, refused: &str) -> Result<String, Failure> {
        let current = self.token.with_value(|token| token.as_ref().map(|token| token.text.clone()));
        match current {
            Some(current) if current != refused => Ok(current),
            _ => self.refresh_or_wait().await,
        }
    }

    /// Whoever asks while the session is over waits until the person has signed
    /// in again, and goes on as if nothing had been.
    async fn refresh_or_wait(self) -> Result<String, Failure> {
        let result = if self.ended.get_untracked() { Err(None) } else { self.refresh().await.map_err(Some) };
        let failure = match result {
            Ok(token) => return Ok(token),
            Err(Some(failure)) if !failure.wants_credentials() => return Err(failure),
            Err(failure) => failure.unwrap_or(Failure::Unreadable(401)),
        };
        if self.me().is_none() {
            self.leave(true);
            return Err(failure);
        }
        self.ended.set(true);
        while self.ended.get_untracked() {
            browser::sleep(LOOK).await;
        }
        self.token.with_value(|token| token.as_ref().map(|token| token.text.clone())).ok_or(failure)
    }

    /// One refresh for everyone who waits for it, in all tabs one after the
    /// other: using a refresh token twice would end the session.
    async fn refresh(self) -> Result<String, Failure> {
        let running = self.refreshing.with_value(Clone::clone);
        let refreshing = running.unwrap_or_else(|| {
            let work = async move {
                let request = Request::of(&RefreshSession, None)?;
                let answer = exclusively(async move { api::send(&request, None).await }).await;
                self.refreshing.set_value(None);
                let session = answer.unwrap_or(Err(Failure::Unreachable))?.read()?;
                Ok(self.hold(session))
            };
            let refreshing = work.boxed_local().shared();
            self.refreshing.set_value(Some(refreshing.clone()));
            refreshing
        });
        refreshing.await
    }

    fn hold(self, session: auth::Session) -> String {
        let text = session.access_token;
        let now = browser::now();
        let expires_at = now.plus_seconds(i64::from(session.expires_in_seconds));
        self.token.set_value(Some(Token { text: text.clone(), expires_at }));
        self.ends_at.set(Some(now.plus_seconds(i64::from(session.session_ends_in_seconds))));
        self.ended.set(false);
        text
    }

    /// Reads who it is and how things are to look.
    async fn enter(self) -> Result<(), Failure> {
        let me = self.get(&GetMe).await?;
        if me.permissions.contains(&Permission::OwnPreferences)
            && let Ok(preferences) = self.get(&GetPreferences).await
        {
            theme::apply(preferences.theme);
            language::adopt(preferences.language.as_deref());
            self.preferences.set(preferences);
        }
        self.take(me);
        Ok(())
    }

    /// A page that stands stays as it is unless the person or their rights are
    /// others.
    fn take(self, mut me: Me) -> bool {
        self.services_changed.set(mem::take(&mut me.services_changed));
        let other = self.me().is_none_or(|before| *before != me);
        if other {
            self.stage.set(Stage::SignedIn(Arc::new(me)));
        }
        other
    }

    fn leave(self, ended: bool) {
        self.token.set_value(None);
        self.ends_at.set(None);
        self.ended.set(false);
        self.changes.set_value(Vec::new());
        self.preferences.set(Preferences::default());
        self.stage.set(Stage::SignedOut { ended });
    }
}

fn style_of(preferences: &Preferences) -> Style {
    Style { h24: preferences.time_24h, utc: preferences.utc }
}

/// Works while no other tab does the same; where the browser has no locks, at
/// once. `None` if the lock could not be had.
async fn exclusively<T: 'static>(work: impl Future<Output = T> + 'static) -> Option<T> {
    let Some(locks) = browser::property(&window().navigator(), "locks") else { return Some(work.await) };
    let result = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&result);
    let held = Closure::once(move |_lock: JsValue| -> Promise {
        future_to_promise(async move {
            let done = work.await;
            slot.replace(Some(done));
            Ok(JsValue::UNDEFINED)
        })
    });
    let request: Function = browser::property(&locks, "request")?.unchecked_into();
    let promise = request.call2(&locks, &"ringback-session".into(), held.as_ref()).ok()?;
    drop(JsFuture::from(promise.unchecked_into::<Promise>()).await);
    result.take()
}
