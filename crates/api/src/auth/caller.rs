//! The caller as a parameter of a handler: a right is what it takes.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use ringback_domain::wire::auth::UserRef;
use ringback_domain::{
    Actor, ActorKind, ApiKeyId, ApiScope, Permission, Role, SessionId, UserId, VisibleServices,
};

use super::session::granted;
use super::token::secret_hash;
use crate::app::App;
use crate::error::Error;
use crate::store::{api_keys, sessions, users};

/// Who calls.
#[derive(Clone, Debug)]
pub struct Identity {
    /// A person or a machine.
    pub who: Who,
    /// The services that the caller may see.
    pub visible: VisibleServices,
    /// What the caller may do.
    pub permissions: Vec<Permission>,
    /// The services that the caller may let others see.
    pub grantable: VisibleServices,
    /// A new log-in would let a person see other services.
    pub services_changed: bool,
}

/// A person or a machine.
#[derive(Clone, Debug)]
pub enum Who {
    /// A person in a session.
    User {
        /// The person.
        user: UserRef,
        /// Their role.
        role: Role,
        /// The session.
        session: SessionId,
    },
    /// A machine by its key.
    ApiKey {
        /// The key.
        id: ApiKeyId,
        /// Its name.
        name: String,
        /// What it may be used for.
        scopes: Vec<ApiScope>,
    },
}

impl Identity {
    /// Whether the caller may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// The caller for the timeline.
    pub fn actor(&self) -> Actor {
        match &self.who {
            Who::User { user, .. } => Actor { kind: ActorKind::User, name: user.username.clone() },
            Who::ApiKey { name, .. } => Actor { kind: ActorKind::ApiKey, name: name.clone() },
        }
    }

    /// Names the caller where something is theirs alone.
    pub fn owner(&self) -> String {
        match &self.who {
            Who::User { user, .. } => format!("user:{}", user.id),
            Who::ApiKey { id, .. } => format!("api_key:{id}"),
        }
    }

    /// The person, if it is one.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.who {
            Who::User { user, .. } => Some(user.id),
            Who::ApiKey { .. } => None,
        }
    }
}

/// How long an identity is believed without asking the database again: a
/// revocation by another node takes that long to arrive.
const BELIEVED: Duration = Duration::from_secs(1);

/// Identities by credential, for a moment.
#[derive(Debug, Default)]
pub struct Identities(Mutex<HashMap<String, (Arc<Identity>, Instant)>>);

impl Identities {
    fn get(&self, credential: &str) -> Option<Arc<Identity>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (identity, since) = known.get(credential)?;
        (since.elapsed() < BELIEVED).then(|| Arc::clone(identity))
    }

    fn put(&self, credential: String, identity: Arc<Identity>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= 10_000 {
            known.retain(|_, (_, since)| since.elapsed() < BELIEVED);
        }
        known.insert(credential, (identity, Instant::now()));
    }

    /// Forgets all: someone was shut out on this node.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl App {
    /// Who holds this access token or API key, if it is in force.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Arc<Identity>, Error> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let bearer = header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        let (credential, is_key) = match (bearer, header("x-api-key")) {
            (Some(token), _) => (format!("t{token}"), false),
            (None, Some(key)) => (format!("k{key}"), true),
            (None, None) => return Err(Error::Unauthenticated),
        };
        if let Some(identity) = self.identities.get(&credential) {
            return Ok(identity);
        }
        let identity = if is_key {
            self.machine(&credential[1..]).await?
        } else {
            self.person(&credential[1..]).await?
        };
        let identity = Arc::new(identity);
        self.identities.put(credential, Arc::clone(&identity));
        Ok(identity)
    }

    async fn person(&self, token: &str) -> Result<Identity, Error> {
        let now = self.clock.now();
        let claims = self.tokens.check(token, now).ok_or(Error::Unauthenticated)?;
        let mut conn = self.store.read().await?;
        let session = sessions::find(&mut conn, claims.sid, now).await?.ok_or(Error::Unauthenticated)?;
        let user = users::find(&mut conn, session.user_id).await?.ok_or(Error::Unauthenticated)?;
        if user.disabled || user.id != claims.sub {
            return Err(Error::Unauthenticated);
        }
        drop(conn);
        let visible: BTreeSet<_> = session.services.into_iter().collect();
        let granted: BTreeSet<_> = granted(self, &user).await?.into_iter().collect();
        let services_changed = granted != visible;
        let grantable = match &user.services {
            None => VisibleServices::All,
            Some(_) => VisibleServices::Only(&granted & &visible),
        };
        Ok(Identity {
            permissions: user.role.permissions().to_vec(),
            grantable,
            visible: VisibleServices::Only(visible),
            services_changed,
            who: Who::User {
                user: UserRef { id: user.id, username: user.username, display_name: user.display_name },
                role: user.role,
                session: session.id,
            },
        })
    }

    async fn machine(&self, key: &str) -> Result<Identity, Error> {
        let mut conn = self.store.read().await?;
        let found = api_keys::find_by_hash(&mut conn, &secret_hash(key)).await?;
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
        Ok(Identity {
            permissions,
            grantable: visible.clone(),
            visible,
            services_changed: false,
            who: Who::ApiKey { id: key.id, name: key.name, scopes: key.scopes },
        })
    }
}

/// What a handler needs, as a type.
pub trait Permit: 'static {
    /// The permissions, all of them; none where any caller will do.
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
        OwnPreferences = [OwnPreferences],
    }
}

/// A caller who holds the permission `P`: there is no other way to get one.
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

/// What the handler of a request asks of its caller.
#[derive(Clone, Copy, Debug)]
struct Required(&'static [Permission]);

async fn permitted(request: &HttpRequest, required: Required) -> Result<Arc<Identity>, Error> {
    let app = request
        .app_data::<web::Data<App>>()
        .cloned()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the application is not set up")))?;
    let identity = app.identify(request).await?;
    match required.0.iter().find(|permission| !identity.may(**permission)) {
        Some(permission) => Err(Error::Forbidden(*permission)),
        None => Ok(identity),
    }
}

/// The parameters of a handler are read side by side. Whoever finds a fault
/// asks here first, so that a caller without the right hears of that and of
/// nothing else.
pub async fn fault_after_right(request: &HttpRequest, fault: Error) -> Error {
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
