//! The caller as a parameter of a handler, which requires a permission.

use std::collections::BTreeSet;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use quick_cache::sync::Cache;
use ringback_domain::wire::auth::UserRef;
use ringback_domain::{
    Actor, ActorKind, ApiKeyId, ApiScope, Permission, Role, ServiceId, SessionId, Timestamp, VisibleServices,
};
use tokio::sync::OnceCell;

use super::grant::Grant;
use super::throttle::Throttle;
use super::token::{PURPOSE, Tokens, secret_hash};
use crate::clock::Clock;
use crate::directory::{Directory, Services};
use crate::error::Error;
use crate::recent::{CACHE_TTL, Recent};
use crate::signals::Signals;
use crate::store::{Conn, Store, api_keys, sessions, users};

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The person or machine.
    pub principal: Principal,
    /// The caller's rights.
    pub grant: Grant,
    /// Whether a new log-in would change the services that the person sees.
    pub services_changed: bool,
    /// When the credential expires; `None` for a key without an end.
    pub expires_at: Option<Timestamp>,
}

/// A person or a machine.
#[derive(Clone, Debug)]
pub enum Principal {
    /// A person in a session.
    User {
        /// The person.
        user: UserRef,
        /// Their role.
        role: Role,
        /// The session.
        session: SessionId,
    },
    /// A machine with an API key.
    ApiKey {
        /// The key.
        id: ApiKeyId,
        /// The name of the key.
        name: String,
        /// The scopes of the key.
        scopes: Vec<ApiScope>,
    },
}

impl Deref for Identity {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.grant
    }
}

/// How long a copy of what is known of revocations may be used.
const REVOCATIONS_TTL: Duration = Duration::from_millis(400);

/// Cached identities.
const MAX_IDENTITIES: usize = 10_000;

/// An identity, the time when it was read, and the version of the access rights
/// at that time.
type CachedIdentity = (Arc<Identity>, Instant, u64);

/// Identifies callers by their credentials.
pub struct Access {
    store: Store,
    clock: Clock,
    /// Signs and checks access tokens; read again after a second, since the operator
    /// may make a new key.
    tokens: Recent<Tokens>,
    /// Makes fingerprints of idempotent requests.
    fingerprint_key: Vec<u8>,
    /// What changes in the database when somebody is shut out.
    revocations: Recent<String>,
    /// Failed log-ins.
    pub throttle: Throttle,
    /// The services.
    pub directory: Arc<Directory>,
    signals: Arc<Signals>,
    identities: Cache<String, CachedIdentity>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

impl Access {
    /// Reads users, sessions and keys from this database.
    pub fn new(
        store: Store,
        clock: Clock,
        fingerprint_key: Vec<u8>,
        directory: Arc<Directory>,
        signals: Arc<Signals>,
    ) -> Self {
        let identities = Cache::new(MAX_IDENTITIES);
        Self {
            store,
            clock,
            tokens: Recent::default(),
            fingerprint_key,
            revocations: Recent::default(),
            throttle: Throttle::default(),
            directory,
            signals,
            identities,
        }
    }

    /// Signs and checks access tokens.
    ///
    /// # Errors
    /// If the keys cannot be read.
    pub async fn tokens(&self) -> Result<Arc<Tokens>, Error> {
        let read = async || {
            let keys = self.store.ask(async |conn| sessions::keys(conn, PURPOSE).await).await?;
            Tokens::new(keys, self.clock.now())
        };
        self.tokens.get(0, read).await
    }

    /// The key for fingerprints of idempotent requests.
    pub fn fingerprint_key(&self) -> &[u8] {
        &self.fingerprint_key
    }

    /// A text that is another one after somebody was shut out, on this node at once
    /// and on others within a second. It is read twice a second however many ask.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn revocations(&self) -> Result<Arc<String>, Error> {
        let version = self.signals.access.current();
        let read = async || {
            let last = self.store.ask(async |conn| sessions::last_revocation(conn).await).await?;
            Ok(format!("{version} {last}"))
        };
        self.revocations.get_within(version, REVOCATIONS_TTL, read).await
    }

    /// The database with users, sessions and keys.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The clock that expiry times are compared with.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The holder of the request's access token or API key. A revocation on
    /// another node takes effect after [`CACHE_TTL`].
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the request has no valid credential;
    /// [`Error::TwoCredentials`] if it has more than one.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Arc<Identity>, Error> {
        let given = only_credential(request)?;
        let credential = given.cache_key();
        let version = self.signals.access.current();
        if let Some((identity, read_at, read_version)) = self.identities.get(&credential)
            && read_version == version
            && read_at.elapsed() < CACHE_TTL
            && identity.expires_at.is_none_or(|end| self.clock.now() < end)
        {
            return Ok(identity);
        }
        let identity = match given {
            Credential::AccessToken(token) => self.person(token).await?,
            Credential::ApiKey(key) => self.machine(key).await?,
        };
        let identity = Arc::new(identity);
        self.identities.insert(credential, (Arc::clone(&identity), Instant::now(), version));
        Ok(identity)
    }

    /// The same, read from the database now.
    ///
    /// # Errors
    /// As [`Self::identify`].
    pub async fn identify_again(&self, request: &HttpRequest) -> Result<Arc<Identity>, Error> {
        self.identities.remove(&only_credential(request)?.cache_key());
        self.identify(request).await
    }

    async fn person(&self, token: &str) -> Result<Identity, Error> {
        let now = self.clock.now();
        let claims = self.tokens().await?.check(token, now).ok_or(Error::Unauthenticated)?;
        let services = self.directory.services().await?;
        let found = async |conn: &mut Conn| {
            let Some(session) = sessions::find(conn, claims.sid, now).await? else { return Ok(None) };
            Ok(users::find(conn, session.user_id).await?.map(|user| (session, user)))
        };
        let (session, user) = self.store.ask(found).await?.ok_or(Error::Unauthenticated)?;
        if user.disabled || user.id != claims.sub {
            return Err(Error::Unauthenticated);
        }
        let visible: BTreeSet<_> = session.services.into_iter().collect();
        let granted: BTreeSet<_> =
            granted_services(&services, user.services.as_deref()).into_iter().collect();
        let services_changed = granted != visible;
        let grantable = match &user.services {
            None => VisibleServices::All,
            Some(_) => VisibleServices::Only(&granted & &visible),
        };
        let grant = Grant {
            actor: Actor { kind: ActorKind::User, name: user.username.clone() },
            owner: format!("user:{}", user.id),
            user: Some(user.id),
            visible: VisibleServices::Only(visible),
            permissions: user.role.permissions().to_vec(),
            grantable,
        };
        let user_ref = UserRef { id: user.id, username: user.username, display_name: user.display_name };
        let principal = Principal::User { user: user_ref, role: user.role, session: session.id };
        let expires_at = Some(Timestamp::from_micros(claims.exp * 1_000_000));
        Ok(Identity { principal, grant, services_changed, expires_at })
    }

    async fn machine(&self, key: &str) -> Result<Identity, Error> {
        let hash = secret_hash(key);
        let found = self.store.ask(async |conn| api_keys::find_by_hash(conn, &hash).await).await?;
        let key = found.ok_or(Error::Unauthenticated)?.view;
        let now = self.clock.now();
        if key.revoked_at.is_some() || key.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::Unauthenticated);
        }
        let mut permissions: Vec<Permission> = Vec::new();
        for permission in key.scopes.iter().flat_map(|scope| scope.permissions()) {
            if !permissions.contains(permission) {
                permissions.push(*permission);
            }
        }
        let visible = match key.services {
            None => VisibleServices::All,
            Some(services) => VisibleServices::Only(services.into_iter().collect::<BTreeSet<_>>()),
        };
        let grant = Grant {
            actor: Actor { kind: ActorKind::ApiKey, name: key.name.clone() },
            owner: format!("api_key:{}", key.id),
            user: None,
            grantable: visible.clone(),
            visible,
            permissions,
        };
        let principal = Principal::ApiKey { id: key.id, name: key.name, scopes: key.scopes };
        Ok(Identity { principal, grant, services_changed: false, expires_at: key.expires_at })
    }
}

/// What a request identifies its caller by.
enum Credential<'r> {
    AccessToken(&'r str),
    ApiKey(&'r str),
}

impl Credential<'_> {
    fn cache_key(&self) -> String {
        match self {
            Self::AccessToken(token) => format!("t{token}"),
            Self::ApiKey(key) => format!("k{key}"),
        }
    }
}

/// The credential of a request. Of two, one could be somebody else's, such as a
/// proxy's, and nobody would notice which of them counted.
fn only_credential(request: &HttpRequest) -> Result<Credential<'_>, Error> {
    let headers = request.headers();
    let mut tokens = headers.get_all(AUTHORIZATION);
    let mut keys = headers.get_all("x-api-key");
    let credential = match (tokens.next(), keys.next()) {
        (Some(_), Some(_)) => return Err(Error::TwoCredentials),
        (Some(token), None) => token.to_str().ok().and_then(bearer).map(Credential::AccessToken),
        (None, Some(key)) => key.to_str().ok().map(Credential::ApiKey),
        (None, None) => None,
    };
    if tokens.next().is_some() || keys.next().is_some() {
        return Err(Error::TwoCredentials);
    }
    credential.ok_or(Error::Unauthenticated)
}

/// The token of `Authorization: Bearer …`.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The ids of the granted services that exist; `None` grants all.
pub fn granted_services(services: &Services, granted: Option<&[ServiceId]>) -> Vec<ServiceId> {
    let all = services.ids();
    match granted {
        None => all,
        Some(granted) => all.into_iter().filter(|id| granted.contains(id)).collect(),
    }
}

/// The permissions that a handler requires, as a type.
pub trait Permit: 'static {
    /// The permissions, all of which are required; empty if any caller will do.
    const PERMISSIONS: &'static [Permission];
}

/// The permissions as types, for the parameters of handlers.
pub mod permit {
    use super::Permit;
    use ringback_domain::Permission;

    macro_rules! permits {
        ($($name:ident = [$($permission:ident),*]),* $(,)?) => {$(
            #[doc = concat!("Needs ", stringify!([$($permission),*]), ".")]
            #[derive(Debug)]
            pub struct $name;

            impl Permit for $name {
                const PERMISSIONS: &'static [Permission] = &[$(Permission::$permission),*];
            }
        )*};
    }

    permits! {
        Anyone = [],
        ViewCallbacks = [ViewCallbacks],
        ManageCallbacks = [ManageCallbacks],
        ExportCallbacks = [ViewCallbacks, ManageCallbacks],
        RouteCallbacks = [RouteCallbacks],
        ViewServices = [ViewServices],
        ManageServices = [ManageServices],
        ManageUsers = [ManageUsers],
        ManageApiKeys = [ManageApiKeys],
        ViewAudit = [ViewAudit],
        OwnPreferences = [OwnPreferences],
    }
}

/// A caller who has the permissions `P`. Handlers get one only through
/// [`FromRequest`], which checks them.
#[derive(Debug)]
pub struct Caller<P> {
    identity: Arc<Identity>,
    permit: PhantomData<P>,
}

impl<P> Deref for Caller<P> {
    type Target = Arc<Identity>;

    fn deref(&self) -> &Arc<Identity> {
        &self.identity
    }
}

/// The permissions that the handler of a request requires.
#[derive(Clone, Copy, Debug)]
struct Required(&'static [Permission]);

/// Who the caller of a request is, once one of the handler's parameters asked: they
/// are extracted at the same time.
#[derive(Clone, Debug, Default)]
struct Identified(Arc<OnceCell<Arc<Identity>>>);

async fn permitted(request: &HttpRequest, required: Required) -> Result<Arc<Identity>, Error> {
    let access = request
        .app_data::<web::Data<Access>>()
        .cloned()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("`Access` is not in the app data")))?;
    let identified = request.extensions_mut().get_or_insert_with(Identified::default).clone();
    let identity = Arc::clone(identified.0.get_or_try_init(|| access.identify(request)).await?);
    match required.0.iter().find(|permission| !identity.may(**permission)) {
        Some(permission) => Err(Error::Forbidden(*permission)),
        None => Ok(identity),
    }
}

/// The error to answer with if another parameter of a handler is invalid. A
/// caller without the permission learns nothing else, in whatever order the
/// parameters are extracted.
pub async fn deny_before(request: &HttpRequest, fault: Error) -> Error {
    let required = request.extensions().get::<Required>().copied();
    match required {
        None => fault,
        Some(required) => permitted(request, required).await.err().unwrap_or(fault),
    }
}

impl<P: Permit> FromRequest for Caller<P> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, required) = (request.clone(), Required(P::PERMISSIONS));
        request.extensions_mut().insert(required);
        Box::pin(async move {
            let identity = permitted(&request, required).await?;
            Ok(Self { identity, permit: PhantomData })
        })
    }
}
