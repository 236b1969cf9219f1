//! The audit: who did what, and what came of it.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::access::ActorKind;
use crate::time::Timestamp;

/// Most entries of a page, and how many it has unless told.
pub const AUDIT_PAGE_LIMIT: u32 = 250;

/// What was done. What stands before the dot is the kind of object.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
pub enum AuditAction {
    /// A key was made.
    #[serde(rename = "api_key.create")]
    #[strum(serialize = "api_key.create")]
    ApiKeyCreate,
    /// A key was revoked.
    #[serde(rename = "api_key.revoke")]
    #[strum(serialize = "api_key.revoke")]
    ApiKeyRevoke,
    /// A bulk cancellation was begun, or tried without effect.
    #[serde(rename = "bulk_cancellation.create")]
    #[strum(serialize = "bulk_cancellation.create")]
    BulkCancellationCreate,
    /// The report of a bulk cancellation was read.
    #[serde(rename = "bulk_cancellation.export")]
    #[strum(serialize = "bulk_cancellation.export")]
    BulkCancellationExport,
    /// A bulk cancellation was stopped.
    #[serde(rename = "bulk_cancellation.stop")]
    #[strum(serialize = "bulk_cancellation.stop")]
    BulkCancellationStop,
    /// A bulk cancellation was undone before it took effect.
    #[serde(rename = "bulk_cancellation.undo")]
    #[strum(serialize = "bulk_cancellation.undo")]
    BulkCancellationUndo,
    /// A bulk reschedule was begun, or tried without effect.
    #[serde(rename = "bulk_reschedule.create")]
    #[strum(serialize = "bulk_reschedule.create")]
    BulkRescheduleCreate,
    /// A bulk reschedule was stopped.
    #[serde(rename = "bulk_reschedule.stop")]
    #[strum(serialize = "bulk_reschedule.stop")]
    BulkRescheduleStop,
    /// A bulk reschedule was undone.
    #[serde(rename = "bulk_reschedule.undo")]
    #[strum(serialize = "bulk_reschedule.undo")]
    BulkRescheduleUndo,
    /// The report of the cancellations of a time was read.
    #[serde(rename = "cancellation.export")]
    #[strum(serialize = "cancellation.export")]
    CancellationExport,
    /// Callbacks that were promised at a wall time moved, as the law on its clock changed.
    #[serde(rename = "callback.follow_clocks")]
    #[strum(serialize = "callback.follow_clocks")]
    CallbackFollowClocks,
    /// A callback was cancelled.
    #[serde(rename = "callback.cancel")]
    #[strum(serialize = "callback.cancel")]
    CallbackCancel,
    /// A cancellation was undone before it took effect.
    #[serde(rename = "callback.undo_cancel")]
    #[strum(serialize = "callback.undo_cancel")]
    CallbackUndoCancel,
    /// A conversation whose end nobody reported was ended.
    #[serde(rename = "callback.close")]
    #[strum(serialize = "callback.close")]
    CallbackClose,
    /// A callback was created.
    #[serde(rename = "callback.create")]
    #[strum(serialize = "callback.create")]
    CallbackCreate,
    /// Callbacks were exported.
    #[serde(rename = "callback.export")]
    #[strum(serialize = "callback.export")]
    CallbackExport,
    /// A name recording was attached.
    #[serde(rename = "callback.put_name_recording")]
    #[strum(serialize = "callback.put_name_recording")]
    CallbackPutNameRecording,
    /// A finished callback was made again.
    #[serde(rename = "callback.recreate")]
    #[strum(serialize = "callback.recreate")]
    CallbackRecreate,
    /// A name recording was removed.
    #[serde(rename = "callback.remove_name_recording")]
    #[strum(serialize = "callback.remove_name_recording")]
    CallbackRemoveNameRecording,
    /// A quarantined callback was put back into the queue.
    #[serde(rename = "callback.requeue")]
    #[strum(serialize = "callback.requeue")]
    CallbackRequeue,
    /// A callback was moved to another time.
    #[serde(rename = "callback.reschedule")]
    #[strum(serialize = "callback.reschedule")]
    CallbackReschedule,
    /// A calendar of office hours was created.
    #[serde(rename = "calendar.create")]
    #[strum(serialize = "calendar.create")]
    CalendarCreate,
    /// A calendar of office hours was deleted.
    #[serde(rename = "calendar.delete")]
    #[strum(serialize = "calendar.delete")]
    CalendarDelete,
    /// A calendar of office hours was changed.
    #[serde(rename = "calendar.edit")]
    #[strum(serialize = "calendar.edit")]
    CalendarEdit,
    /// A calendar file was taken into a calendar of office hours.
    #[serde(rename = "calendar.import")]
    #[strum(serialize = "calendar.import")]
    CalendarImport,
    /// A capacity rule was created.
    #[serde(rename = "capacity_rule.create")]
    #[strum(serialize = "capacity_rule.create")]
    CapacityRuleCreate,
    /// A capacity rule was deleted.
    #[serde(rename = "capacity_rule.delete")]
    #[strum(serialize = "capacity_rule.delete")]
    CapacityRuleDelete,
    /// A capacity rule was changed.
    #[serde(rename = "capacity_rule.edit")]
    #[strum(serialize = "capacity_rule.edit")]
    CapacityRuleEdit,
    /// A configuration was applied.
    #[serde(rename = "configuration.apply")]
    #[strum(serialize = "configuration.apply")]
    ConfigurationApply,
    /// Numbers were put on the do-not-call list.
    #[serde(rename = "do_not_call.add")]
    #[strum(serialize = "do_not_call.add")]
    DoNotCallAdd,
    /// The do-not-call list was exported.
    #[serde(rename = "do_not_call.export")]
    #[strum(serialize = "do_not_call.export")]
    DoNotCallExport,
    /// A file was taken into the do-not-call list.
    #[serde(rename = "do_not_call.import")]
    #[strum(serialize = "do_not_call.import")]
    DoNotCallImport,
    /// An entry was removed from the do-not-call list.
    #[serde(rename = "do_not_call.remove")]
    #[strum(serialize = "do_not_call.remove")]
    DoNotCallRemove,
    /// A number rule was created.
    #[serde(rename = "number_rule.create")]
    #[strum(serialize = "number_rule.create")]
    NumberRuleCreate,
    /// A number rule was deleted.
    #[serde(rename = "number_rule.delete")]
    #[strum(serialize = "number_rule.delete")]
    NumberRuleDelete,
    /// A number rule was changed.
    #[serde(rename = "number_rule.edit")]
    #[strum(serialize = "number_rule.edit")]
    NumberRuleEdit,
    /// A caller asked for what their role or scopes do not allow.
    #[serde(rename = "request.authorize")]
    #[strum(serialize = "request.authorize")]
    RequestAuthorize,
    /// A view of the list was named and kept.
    #[serde(rename = "saved_view.create")]
    #[strum(serialize = "saved_view.create")]
    SavedViewCreate,
    /// A named view was deleted.
    #[serde(rename = "saved_view.delete")]
    #[strum(serialize = "saved_view.delete")]
    SavedViewDelete,
    /// A named view was changed.
    #[serde(rename = "saved_view.edit")]
    #[strum(serialize = "saved_view.edit")]
    SavedViewEdit,
    /// A service was created.
    #[serde(rename = "service.create")]
    #[strum(serialize = "service.create")]
    ServiceCreate,
    /// The settings of a service were changed.
    #[serde(rename = "service.edit")]
    #[strum(serialize = "service.edit")]
    ServiceEdit,
    /// The hold of a place was extended.
    #[serde(rename = "service.extend_hold")]
    #[strum(serialize = "service.extend_hold")]
    ServiceExtendHold,
    /// A place for a callback to come was held.
    #[serde(rename = "service.hold")]
    #[strum(serialize = "service.hold")]
    ServiceHold,
    /// A held place was given back.
    #[serde(rename = "service.release_hold")]
    #[strum(serialize = "service.release_hold")]
    ServiceReleaseHold,
    /// A session was ended by its person elsewhere, or by Ringback.
    #[serde(rename = "session.end")]
    #[strum(serialize = "session.end")]
    SessionEnd,
    /// A person logged in, or tried to.
    #[serde(rename = "session.log_in")]
    #[strum(serialize = "session.log_in")]
    SessionLogIn,
    /// A person logged out.
    #[serde(rename = "session.log_out")]
    #[strum(serialize = "session.log_out")]
    SessionLogOut,
    /// A session was given the services that its person may see by now.
    #[serde(rename = "session.reload")]
    #[strum(serialize = "session.reload")]
    SessionReload,
    /// The server signs access tokens with a new key.
    #[serde(rename = "signing_key.rotate")]
    #[strum(serialize = "signing_key.rotate")]
    SigningKeyRotate,
    /// A person changed their password.
    #[serde(rename = "user.change_password")]
    #[strum(serialize = "user.change_password")]
    UserChangePassword,
    /// A user was created.
    #[serde(rename = "user.create")]
    #[strum(serialize = "user.create")]
    UserCreate,
    /// A user was changed.
    #[serde(rename = "user.edit")]
    #[strum(serialize = "user.edit")]
    UserEdit,
    /// A person changed their preferences.
    #[serde(rename = "user.replace_preferences")]
    #[strum(serialize = "user.replace_preferences")]
    UserReplacePreferences,
}

impl AuditAction {
    /// The kind of object that it is about.
    pub fn object_kind(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }
}

/// Whether a command had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    /// It had.
    Accepted,
    /// It had not; `reason` says why.
    Refused,
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditActor {
    /// A person, a machine, or Ringback itself.
    pub kind: ActorKind,
    /// The user or the API key; null for Ringback itself, and for an unknown person.
    pub id: Option<Uuid>,
    /// The user name, or the name of the key, at that time; empty for an unknown person.
    #[schema(example = "supervisor")]
    pub name: String,
}

/// What a command was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditObject {
    /// The kind of object.
    #[schema(example = "callback")]
    pub kind: String,
    /// The object; null where there is none, such as after a refused log-in.
    pub id: Option<Uuid>,
}

/// An entry of the audit. Customers' numbers and secrets are in none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its number, without a gap: in the order in which entries were sealed.
    #[schema(example = 4211)]
    pub number: i64,
    /// When it was.
    pub at: Timestamp,
    /// Who acted.
    pub actor: AuditActor,
    /// The client's address; null for Ringback itself and on the command line.
    #[schema(example = "192.0.2.7")]
    pub address: Option<String>,
    /// The request, as in the log and in `X-Request-Id`.
    pub request_id: Option<Uuid>,
    /// What was done.
    pub action: AuditAction,
    /// To what.
    pub object: AuditObject,
    /// Whether it was done.
    pub result: AuditResult,
    /// Why not: the end of the problem's `type`, such as `state-conflict`.
    pub reason: Option<String>,
    /// What else belongs to it. Of a service that was edited, its new `version`, and as `changes`
    /// each value that differs: the `pointer` to it, its value before (`from`) and now (`to`).
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    /// Hash of the entry before, in hexadecimal digits.
    pub previous_hash: String,
    /// SHA-256 of this entry and the hash before, in hexadecimal digits.
    pub hash: String,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// From this moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// What this user or API key did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Uuid>,
    /// Only this action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<AuditAction>,
    /// What was done to this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Uuid>,
    /// Entries of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 250, default = 250)]
    pub limit: Option<u32>,
    /// Where the page begins, from `next` of another page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 100)]
    pub cursor: Option<String>,
}

/// Entries, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// The entries.
    pub items: Vec<AuditEntry>,
    /// Cursor of the page with older ones; null on the last.
    pub next: Option<String>,
}
