//! Calls the API as the person who is signed in. The access token is kept in
//! memory only; the refresh token is in a cookie that no script can read.

use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared};
use leptos::prelude::*;
use ringback_domain::wire::auth::{LogIn, Session};
use ringback_domain::wire::endpoint::{CreateSession, DeleteSession, Endpoint, RefreshSession};
use ringback_domain::{Timestamp, UserId};
use serde::de::DeserializeOwned;
use web_sys::Blob;

use crate::api::{self, Command, Failure, HttpRequest, HttpResponse};
use crate::browser::{self, Lock};
use crate::clock;

#[derive(Clone)]
struct Token {
    text: String,
    expires_at: Timestamp,
}

type Refresh = Shared<LocalBoxFuture<'static, Result<String, Failure>>>;

/// The client of this page.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    token: StoredValue<Option<Token>>,
    session_ends_at: RwSignal<Option<Timestamp>>,
    session_expired: RwSignal<bool>,
    /// Whose pages this tab shows. The cookie belongs to all tabs, so that another
    /// person may have signed in.
    user: StoredValue<Option<UserId>>,
    other_user: RwSignal<bool>,
    /// Calls wait for a new sign-in when the session has expired.
    waits: StoredValue<bool>,
    refresh: StoredValue<Option<Refresh>, LocalStorage>,
}

/// A token is renewed this long before it expires, in seconds.
const RENEWAL_MARGIN: i64 = 30;
/// How often waiting calls check whether the person has signed in again, in
/// milliseconds.
const POLL_INTERVAL: i32 = 200;

impl Client {
    /// Gives a client to the components below.
    pub(crate) fn provide() -> Self {
        let client = Self {
            token: StoredValue::new(None),
            session_ends_at: RwSignal::new(None),
            session_expired: RwSignal::new(false),
            user: StoredValue::new(None),
            other_user: RwSignal::new(false),
            waits: StoredValue::new(false),
            refresh: StoredValue::new_local(None),
        };
        provide_context(client);
        client
    }

    /// The client of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Calls an operation of the API.
    pub(crate) async fn call<E: Endpoint>(self, endpoint: &E) -> Result<E::Response, Failure> {
        self.exchange(HttpRequest::of(endpoint, None)?).await?.read()
    }

    /// Calls an operation as a command, which the server carries out once even
    /// if it is sent again.
    pub(crate) async fn command<E: Endpoint>(
        self,
        endpoint: &E,
        command: &Command,
    ) -> Result<E::Response, Failure> {
        self.exchange(HttpRequest::of(endpoint, Some(command))?).await?.read()
    }

    /// Sends a request.
    pub(crate) async fn send<T: DeserializeOwned>(self, request: HttpRequest) -> Result<T, Failure> {
        self.exchange(request).await?.read()
    }

    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        self.authorized(async |token: String| api::send(&request, Some(&token)).await).await
    }

    /// The response of an operation as a file.
    pub(crate) async fn file<E: Endpoint>(self, endpoint: &E) -> Result<Blob, Failure> {
        let request = HttpRequest::of(endpoint, None)?;
        self.authorized(async |token: String| api::fetch(&request, &token).await).await
    }

    /// Lets the browser save the response of an operation under this name.
    pub(crate) async fn save<E: Endpoint>(self, endpoint: &E, name: &str) -> Result<(), Failure> {
        browser::save(&self.file(endpoint).await?, name);
        Ok(())
    }

    /// Sends a request with an access token, and once more with a new token if
    /// the server refuses the first.
    pub(crate) async fn authorized<T>(
        self,
        send: impl AsyncFn(String) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let token = self.token().await?;
        match send(token.clone()).await {
            Err(failure) if failure.is_unauthorized() => send(self.renewed_token(&token).await?).await,
            outcome => outcome,
        }
    }

    /// Opens a session.
    pub(crate) async fn open_session(self, username: String, password: String) -> Result<(), Failure> {
        let request = HttpRequest::of(&CreateSession(LogIn { username, password }), None)?;
        let session: Session = api::send(&request, None).await?.read()?;
        self.user.set_value(Some(session.user.id));
        self.store_token(session);
        Ok(())
    }

    /// Ends the session, in this page even if the server cannot be reached.
    pub(crate) async fn close_session(self) {
        let token = self.token_text();
        if let Ok(request) = HttpRequest::of(&DeleteSession, None) {
            drop(api::send(&request, token.as_deref()).await);
        }
        self.clear();
    }

    /// Forgets the token.
    pub(crate) fn clear(self) {
        self.token.set_value(None);
        self.session_ends_at.set(None);
        self.session_expired.set(false);
        self.user.set_value(None);
        self.other_user.set(false);
        self.waits.set_value(false);
    }

    /// Whether somebody is signed in.
    pub(crate) fn has_user(self) -> bool {
        self.user.with_value(Option::is_some)
    }

    /// Whether the cookie is now of another person than the one whose pages this
    /// tab shows; tracked. No call is made in their name.
    pub(crate) fn other_user(self) -> bool {
        self.other_user.get()
    }

    /// From now on a call waits for a new sign-in when the session has expired,
    /// and then goes on. Before, it fails.
    pub(crate) fn wait_for_sign_in(self) {
        self.waits.set_value(true);
    }

    /// When the person has to sign in again; tracked.
    pub(crate) fn session_ends_at(self) -> Option<Timestamp> {
        self.session_ends_at.get()
    }

    /// Whether calls wait for the person to sign in again; tracked.
    pub(crate) fn session_expired(self) -> bool {
        self.session_expired.get()
    }

    fn token_text(self) -> Option<String> {
        self.token.with_value(|token| token.as_ref().map(|token| token.text.clone()))
    }

    /// A token that is valid for a while.
    async fn token(self) -> Result<String, Failure> {
        let soon = clock::now().plus_seconds(RENEWAL_MARGIN);
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
    async fn renewed_token(self, refused: &str) -> Result<String, Failure> {
        match self.token_text() {
            Some(current) if current != refused => Ok(current),
            _ => self.refresh_or_wait().await,
        }
    }

    async fn refresh_or_wait(self) -> Result<String, Failure> {
        let failure = if self.session_expired.get_untracked() {
            Failure::Unreadable(401)
        } else {
            match self.refresh().await {
                Err(failure) if failure.is_unauthorized() => failure,
                outcome => return outcome,
            }
        };
        if !self.waits.get_value() || self.other_user.get_untracked() {
            return Err(failure);
        }
        self.session_expired.set(true);
        while self.session_expired.get_untracked() {
            browser::sleep(POLL_INTERVAL).await;
        }
        self.token_text().ok_or(failure)
    }

    /// Exchanges the cookie for a token. All who wait share one refresh, and
    /// tabs take turns: using a refresh token twice would end the session.
    pub(crate) async fn refresh(self) -> Result<String, Failure> {
        let running = self.refresh.with_value(Clone::clone);
        let refresh = running.unwrap_or_else(|| {
            let work = async move {
                let request = HttpRequest::of(&RefreshSession, None)?;
                let response = browser::locked("ringback-session", Lock::Wait, async move {
                    api::send(&request, None).await
                })
                .await;
                self.refresh.set_value(None);
                let session: Session = response.unwrap_or(Err(Failure::Unreachable))?.read()?;
                if self.user.get_value().is_some_and(|user| user != session.user.id) {
                    self.other_user.set(true);
                    return Err(Failure::Unreadable(401));
                }
                self.user.set_value(Some(session.user.id));
                Ok(self.store_token(session))
            };
            let refresh = work.boxed_local().shared();
            self.refresh.set_value(Some(refresh.clone()));
            refresh
        });
        refresh.await
    }

    fn store_token(self, session: Session) -> String {
        let text = session.access_token;
        let now = clock::now();
        let expires_at = now.plus_seconds(i64::from(session.expires_in_seconds));
        self.token.set_value(Some(Token { text: text.clone(), expires_at }));
        self.session_ends_at.set(Some(now.plus_seconds(i64::from(session.session_ends_in_seconds))));
        self.session_expired.set(false);
        text
    }
}
