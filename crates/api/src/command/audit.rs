//! What the audit keeps of commands. Whoever runs one has to say what that is, and
//! [`Commands`] writes it: in the transaction of the effect, or in one of its own where the
//! command was refused.

use ringback_domain::wire::audit::{AuditAction, AuditActor};
use ringback_domain::wire::problem::{FieldCode, ProblemKind};
use ringback_domain::{ActorKind, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::tx::{Commands, Tx};
use crate::auth::Grant;
use crate::context::{self, RequestContext};
use crate::error::Error;
use crate::store::audit::{self, Entry};
use crate::store::users::User;

/// Entries that one transaction seals.
pub const SEAL_CHUNK: i64 = 1_000;

/// What the audit keeps of a command.
#[derive(Clone, Debug)]
pub enum Audit {
    /// Nothing: Ringback's own work, and what routers do, which is on the timeline.
    None,
    /// An entry.
    As(Box<Draft>),
}

/// An entry in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    action: AuditAction,
    object: Option<Uuid>,
    actor: Option<AuditActor>,
    details: Map<String, Value>,
    request: Option<RequestContext>,
}

impl Audit {
    /// An entry whose object is known once the command has run, if there is one.
    pub fn of(action: AuditAction) -> Self {
        // Now, since the writer of SQLite has a thread of its own.
        let request = context::current();
        Self::As(Box::new(Draft { action, object: None, actor: None, details: Map::new(), request }))
    }

    /// An entry about an object.
    pub fn about(action: AuditAction, object: Uuid) -> Self {
        let mut audit = Self::of(action);
        if let Self::As(draft) = &mut audit {
            draft.object = Some(object);
        }
        audit
    }

    /// The same with a detail: no secret, and no customer's number.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.add(name, value);
        self
    }

    /// The same, done by a person who is not the caller: such as one who logs in.
    #[must_use]
    pub fn by(mut self, actor: AuditActor) -> Self {
        if let Self::As(draft) = &mut self {
            draft.actor = Some(actor);
        }
        self
    }

    fn add(&mut self, name: &str, value: impl Serialize) {
        if let (Self::As(draft), Ok(value)) = (self, serde_json::to_value(value)) {
            draft.details.insert(name.to_owned(), value);
        }
    }

    /// The entry of a command that was done, or refused for a reason.
    pub(super) fn entry(&self, grant: &Grant, at: Timestamp, reason: Option<&'static str>) -> Option<Entry> {
        let Self::As(draft) = self else { return None };
        let request = draft.request.as_ref();
        Some(Entry {
            at,
            actor: draft.actor.clone().unwrap_or_else(|| caller(grant)),
            address: request.and_then(|request| request.address).map(|address| address.to_string()),
            request_id: request.map(|request| request.id),
            action: draft.action,
            object: draft.object,
            reason,
            details: Value::Object(draft.details.clone()).to_string(),
        })
    }
}

fn caller(grant: &Grant) -> AuditActor {
    let id = grant.owner.split_once(':').and_then(|(_, id)| id.parse().ok());
    AuditActor { kind: grant.actor.kind, id, name: grant.actor.name.clone() }
}

/// A person, for the audit. What was typed as the name of an unknown one may be a password.
pub fn person(user: Option<&User>) -> AuditActor {
    AuditActor {
        kind: ActorKind::User,
        id: user.map(|user| user.id.0),
        name: user.map(|user| user.username.clone()).unwrap_or_default(),
    }
}

/// Why a command was refused; `None` where it never became one, being invalid or repeated, or
/// where the server could not do it.
fn refusal(error: &Error) -> Option<&'static str> {
    use ProblemKind as P;
    match error {
        Error::Invalid(faults) => {
            let forbidden = faults.iter().any(|fault| fault.code == FieldCode::NotPermitted);
            forbidden.then(|| P::Forbidden.slug())
        }
        error => {
            let kind = error.kind();
            let refusals = [
                P::InvalidCredentials,
                P::Forbidden,
                P::NotFound,
                P::StateConflict,
                P::Duplicate,
                P::InUse,
                P::LastAdministrator,
                P::Stale,
                P::RateLimited,
            ];
            refusals.contains(&kind).then(|| kind.slug())
        }
    }
}

impl Commands {
    /// Keeps that a command was refused, unless the error says something else. The caller is
    /// told the error whether or not that can be kept.
    pub async fn keep_refusal(&self, audit: &Audit, grant: &Grant, error: &Error) {
        let entry = refusal(error).and_then(|reason| audit.entry(grant, self.clock().now(), Some(reason)));
        let Some(entry) = entry else { return };
        if let Err(error) = self.keep_entry(entry).await {
            tracing::error!(%error, "the audit lacks a refusal");
        }
    }

    /// Keeps an entry of what changes nothing, such as an export.
    ///
    /// # Errors
    /// That the database is not available.
    pub async fn keep(&self, audit: Audit, grant: &Grant) -> Result<(), Error> {
        self.change(audit, grant, async |_: &mut Tx<'_>| Ok(())).await
    }

    /// Passes on what was checked before a command is run, and keeps a refusal.
    ///
    /// # Errors
    /// The one that was passed.
    pub async fn checked<T>(
        &self,
        audit: &Audit,
        grant: &Grant,
        checked: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(error) = &checked {
            // Boxed, since few commands are refused.
            Box::pin(self.keep_refusal(audit, grant, error)).await;
        }
        checked
    }
}

/// Moves waiting entries into the chain. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn seal(tx: &mut Tx<'_>) -> Result<usize, Error> {
    Ok(audit::seal(tx.write()?, SEAL_CHUNK).await?)
}

/// Removes a chunk of entries that are older than a number of days. Gives how many.
///
/// # Errors
/// That the database is not available.
pub async fn purge(tx: &mut Tx<'_>, days: i64) -> Result<u64, Error> {
    let before = tx.now().plus_seconds(-days * 86_400);
    Ok(audit::purge(tx.write()?, before, super::sweep::CHUNK).await?)
}

impl Tx<'_> {
    /// What the command turned out to be about.
    pub fn audit_object(&mut self, object: Uuid) {
        if let Audit::As(draft) = self.audit() {
            draft.object = Some(object);
        }
    }

    /// Who acted, where that is not the caller.
    pub fn audit_actor(&mut self, actor: AuditActor) {
        if let Audit::As(draft) = self.audit() {
            draft.actor = Some(actor);
        }
    }

    /// What else belongs to it: no secret, and no customer's number.
    pub fn audit_detail(&mut self, name: &str, value: impl Serialize) {
        self.audit().add(name, value);
    }
}
