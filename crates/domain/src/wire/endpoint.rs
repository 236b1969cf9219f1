//! The operations that the browser and the tests call, each said once.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::{
    ApiKeyId, CalendarId, CallbackId, CapacityRuleId, DoNotCallId, JobId, NumberRuleId, SavedViewId,
    ServiceId, SessionId, UserId,
};
use crate::number_rule::NumberRule;
use crate::wire::admin::{
    ApiKeyView, CreateApiKey, CreateService, CreateUser, CreatedApiKey, EditService, EditUser, ServiceView,
    UserView,
};
use crate::wire::audit::{AuditPage, AuditQuery};
use crate::wire::auth::{ChangePassword, LogIn, Me, Preferences, Session, SessionView};
use crate::wire::bulk::{
    BulkCancellation, CancellationsQuery, CreateBulkCancellation, ReportLine, ReportQuery,
};
use crate::wire::bulk_reschedule::{BulkReschedule, CreateBulkReschedule, MoveItem, MoveItemsQuery};
use crate::wire::calendar::{
    Availability, AvailabilityQuery, CapacityRule, CapacityRuleView, EditCapacityRule, EditOfficeHours,
    OfficeHoursCalendar, OfficeHoursView, OpenQuery, OpenState,
};
use crate::wire::callback::{
    AttemptView, CallbackView, CancelCallback, CloseCallback, CreateCallback, Items, RecreateCallback,
    RescheduleCallback, TimelineEntry,
};
use crate::wire::do_not_call::{AddDoNotCall, DoNotCallEntry, DoNotCallQuery, ImportedEntries};
use crate::wire::gates::{DryRun, Gates};
use crate::wire::list::{CallbackCount, CallbackFilter, CountQuery, ExportQuery, FindQuery, Page, PageQuery};
use crate::wire::number_rule::{EditNumberRule, NumberRuleView, NumberTestQuery, NumberVerdict};
use crate::wire::reference::{NumberReading, ReferenceData, ReferenceQuery};
use crate::wire::saved_view::{CreateSavedView, EditSavedView, SavedView};

/// Every API path begins so.
pub const BASE: &str = "/api/v1";

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or commands.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

/// An operation of the API: what is sent where, and what comes back.
pub trait Endpoint {
    /// The body; `()` where there is none.
    type Request: Serialize;
    /// The answer.
    type Response: DeserializeOwned;
    /// The method.
    const METHOD: Method;
    /// The path as in the OpenAPI document, after [`BASE`].
    const TEMPLATE: &'static str;

    /// The path with its parameters and query, after [`BASE`].
    fn path(&self) -> String {
        Self::TEMPLATE.to_owned()
    }

    /// The body, if there is one.
    fn body(&self) -> Option<&Self::Request> {
        None
    }
}

/// Adds the fields of a flat struct to a query; a list repeats its name.
fn add_query(into: &mut String, fields: &impl Serialize) {
    let Ok(query) = serde_html_form::to_string(fields) else { return };
    if !query.is_empty() {
        into.push(if into.contains('?') { '&' } else { '?' });
        into.push_str(&query);
    }
}

/// One line of the table below: a name, what is sent, and the operation.
///
/// `Name(Request)` has a body, `Name[Id]` an id in its path, `Name[Id](Request)`
/// both; the fields of `Name { field: Query }` and of `Name?(Query)` are a query.
macro_rules! endpoint {
    ($(#[$doc:meta])* $name:ident: $method:ident $template:literal -> $response:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Endpoint for $name {
            type Request = ();
            type Response = $response;
            const METHOD: Method = Method::$method;
            const TEMPLATE: &'static str = $template;
        }
    };
    ($(#[$doc:meta])* $name:ident($request:ty): $method:ident $template:literal -> $response:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $request);

        impl Endpoint for $name {
            type Request = $request;
            type Response = $response;
            const METHOD: Method = Method::$method;
            const TEMPLATE: &'static str = $template;

            fn body(&self) -> Option<&Self::Request> {
                Some(&self.0)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident[$id:ty]: $method:ident $template:literal -> $response:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $id);

        impl Endpoint for $name {
            type Request = ();
            type Response = $response;
            const METHOD: Method = Method::$method;
            const TEMPLATE: &'static str = $template;

            fn path(&self) -> String {
                $template.replace("{id}", &self.0.to_string())
            }
        }
    };
    ($(#[$doc:meta])* $name:ident[$id:ty]($request:ty): $method:ident $template:literal -> $response:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $id, pub $request);

        impl Endpoint for $name {
            type Request = $request;
            type Response = $response;
            const METHOD: Method = Method::$method;
            const TEMPLATE: &'static str = $template;

            fn path(&self) -> String {
                $template.replace("{id}", &self.0.to_string())
            }

            fn body(&self) -> Option<&Self::Request> {
                Some(&self.1)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident?($query:ty): $method:ident $template:literal -> $response:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub struct $name(pub $query);

        impl Endpoint for $name {
            type Request = ();
            type Response = $response;
            const METHOD: Method = Method::$method;
            const TEMPLATE: &'static str = $template;

            fn path(&self) -> String {
                let mut path = Self::TEMPLATE.to_owned();
                add_query(&mut path, &self.0);
                path
            }
        }
    };
    ($(#[$doc:meta])* $name:ident[$id:ty]?($query:ty): $method:ident $template:literal -> $response:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $id, pub $query);

        impl Endpoint for $name {
            type Request = ();
            type Response = $response;
            const METHOD: Method = Method::$method;
            const TEMPLATE: &'static str = $template;

            fn path(&self) -> String {
                let mut path = $template.replace("{id}", &self.0.to_string());
                add_query(&mut path, &self.1);
                path
            }
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$about:meta])* $field:ident: $query:ty),* }:
            $method:ident $template:literal -> $response:ty
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub struct $name {
            $($(#[$about])* pub $field: $query),*
        }

        impl Endpoint for $name {
            type Request = ();
            type Response = $response;
            const METHOD: Method = Method::$method;
            const TEMPLATE: &'static str = $template;

            fn path(&self) -> String {
                let mut path = Self::TEMPLATE.to_owned();
                $(add_query(&mut path, &self.$field);)*
                path
            }
        }
    };
}

/// An endpoint as data.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name of its type.
    pub name: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path as in the OpenAPI document, after [`BASE`].
    pub template: &'static str,
    /// The type of the body, if there is one.
    pub request: Option<&'static str>,
}

macro_rules! endpoints {
    ($(
        $(#[$doc:meta])*
        $name:ident $([$id:ty])? $(($request:ident))? $(?($params:ty))?
        $({ $($(#[$about:meta])* $field:ident: $query:ty,)* })?:
            $method:ident $template:literal -> $response:ty;
    )*) => {
        $(endpoint!(
            $(#[$doc])*
            $name $([$id])? $(($request))? $(?($params))? $({ $($(#[$about])* $field: $query),* })?:
                $method $template -> $response
        );)*

        /// Every endpoint.
        pub const ALL: &[Operation] = &[$(Operation {
            name: stringify!($name),
            method: Method::$method,
            template: $template,
            request: [$(Some(stringify!($request)),)? None][0],
        }),*];
    };
}

endpoints! {
    /// Logs in.
    CreateSession(LogIn): Post "/session" -> Session;

    /// Takes a new access token for the refresh cookie.
    RefreshSession: Post "/session/refresh" -> Session;

    /// Lets the session see what its person may see as of now.
    ReloadSession: Post "/session/reload" -> Me;

    /// Logs out.
    DeleteSession: Delete "/session" -> ();

    /// Who am I?
    GetMe: Get "/me" -> Me;

    /// Reads the releases of the server's tables and the clocks of time zones.
    GetReferenceData?(ReferenceQuery): Get "/reference-data" -> ReferenceData;

    /// Reads the display preferences.
    GetPreferences: Get "/me/preferences" -> Preferences;

    /// Replaces the display preferences.
    PutPreferences(Preferences): Put "/me/preferences" -> Preferences;

    /// Changes the caller's password.
    PostPassword(ChangePassword): Post "/me/password" -> ();

    /// Reads where the caller is logged in.
    ListMySessions: Get "/me/sessions" -> Items<SessionView>;

    /// Ends a session of the caller.
    DeleteMySession[SessionId]: Delete "/me/sessions/{id}" -> ();

    /// Asks for a callback.
    PostCallback(CreateCallback): Post "/callbacks" -> CallbackView;

    /// Reads one callback.
    GetCallback[CallbackId]: Get "/callbacks/{id}" -> CallbackView;

    /// Reads the timeline of a callback.
    GetTimeline[CallbackId]: Get "/callbacks/{id}/timeline" -> Items<TimelineEntry>;

    /// Reads the attempts of a callback.
    GetAttempts[CallbackId]: Get "/callbacks/{id}/attempts" -> Items<AttemptView>;

    /// Reads why a callback is not called now.
    GetGates[CallbackId]: Get "/callbacks/{id}/gates" -> Gates;

    /// Asks whether a number could be called.
    PostGatesDryRun(DryRun): Post "/gates/dry-run" -> Gates;

    /// Moves a callback to another time.
    PostReschedule[CallbackId](RescheduleCallback): Post "/callbacks/{id}/reschedule" -> CallbackView;

    /// Calls a callback off.
    PostCancel[CallbackId](CancelCallback): Post "/callbacks/{id}/cancel" -> CallbackView;

    /// Takes a cancellation back.
    PostCancelUndo[CallbackId]: Post "/callbacks/{id}/cancel/undo" -> CallbackView;

    /// Puts a quarantined callback back into the queue.
    PostRequeue[CallbackId]: Post "/callbacks/{id}/requeue" -> CallbackView;

    /// Ends a conversation whose end nobody reports.
    PostClose[CallbackId](CloseCallback): Post "/callbacks/{id}/close" -> CallbackView;

    /// Repeats a finished callback.
    PostRecreate[CallbackId](RecreateCallback): Post "/callbacks/{id}/recreate" -> CallbackView;

    /// Cancels many callbacks.
    PostBulkCancellation(CreateBulkCancellation): Post "/bulk-cancellations" -> BulkCancellation;

    /// Moves many callbacks.
    PostBulkReschedule(CreateBulkReschedule): Post "/bulk-reschedules" -> BulkReschedule;

    /// Reads the services.
    ListServices: Get "/services" -> Items<ServiceView>;

    /// Reads a service.
    GetService[ServiceId]: Get "/services/{id}" -> ServiceView;

    /// Reads a number as a service does; the query is not described here.
    ReadNumber[ServiceId]: Get "/services/{id}/number-reading" -> NumberReading;

    /// Makes a service.
    PostService(CreateService): Post "/services" -> ServiceView;

    /// Changes a service.
    PatchService[ServiceId](EditService): Patch "/services/{id}" -> ServiceView;

    /// Reads the free times of a service.
    GetAvailability[ServiceId]?(AvailabilityQuery): Get "/services/{id}/availability" -> Availability;

    /// Reads the calendars of office hours.
    ListOfficeHours: Get "/office-hours" -> Items<OfficeHoursView>;

    /// Reads a calendar.
    GetOfficeHours[CalendarId]: Get "/office-hours/{id}" -> OfficeHoursView;

    /// Creates a calendar.
    PostOfficeHours(OfficeHoursCalendar): Post "/office-hours" -> OfficeHoursView;

    /// Changes a calendar.
    PatchOfficeHours[CalendarId](EditOfficeHours): Patch "/office-hours/{id}" -> OfficeHoursView;

    /// Deletes a calendar.
    DeleteOfficeHours[CalendarId]: Delete "/office-hours/{id}" -> ();

    /// Reads whether a calendar is open.
    GetOpenState[CalendarId]?(OpenQuery): Get "/office-hours/{id}/open" -> OpenState;

    /// Reads the capacity rules.
    ListCapacityRules: Get "/capacity-rules" -> Items<CapacityRuleView>;

    /// Reads a capacity rule.
    GetCapacityRule[CapacityRuleId]: Get "/capacity-rules/{id}" -> CapacityRuleView;

    /// Creates a capacity rule.
    PostCapacityRule(CapacityRule): Post "/capacity-rules" -> CapacityRuleView;

    /// Changes a capacity rule.
    PatchCapacityRule[CapacityRuleId](EditCapacityRule): Patch "/capacity-rules/{id}" -> CapacityRuleView;

    /// Deletes a capacity rule.
    DeleteCapacityRule[CapacityRuleId]: Delete "/capacity-rules/{id}" -> ();

    /// Reads the number rules.
    ListNumberRules: Get "/number-rules" -> Items<NumberRuleView>;

    /// Reads a number rule.
    GetNumberRule[NumberRuleId]: Get "/number-rules/{id}" -> NumberRuleView;

    /// Creates a number rule.
    PostNumberRule(NumberRule): Post "/number-rules" -> NumberRuleView;

    /// Changes a number rule.
    PatchNumberRule[NumberRuleId](EditNumberRule): Patch "/number-rules/{id}" -> NumberRuleView;

    /// Deletes a number rule.
    DeleteNumberRule[NumberRuleId]: Delete "/number-rules/{id}" -> ();

    /// Tries a number against the rules of a service.
    TestNumber?(NumberTestQuery): Get "/number-rules/test" -> NumberVerdict;

    /// Reads a page of the do-not-call list.
    ListDoNotCall?(DoNotCallQuery): Get "/do-not-call" -> Page<DoNotCallEntry>;

    /// Adds an entry to the do-not-call list.
    PostDoNotCall(AddDoNotCall): Post "/do-not-call" -> DoNotCallEntry;

    /// Removes an entry from the do-not-call list.
    DeleteDoNotCall[DoNotCallId]: Delete "/do-not-call/{id}" -> ();

    /// Takes in a CSV file, which is the body.
    ImportDoNotCall: Post "/do-not-call/import" -> ImportedEntries;

    /// The do-not-call list as a CSV file.
    ExportDoNotCall: Get "/do-not-call/export" -> ();

    /// Reads the named views that the caller may see.
    ListSavedViews: Get "/saved-views" -> Items<SavedView>;

    /// Keeps a view under a name.
    PostSavedView(CreateSavedView): Post "/saved-views" -> SavedView;

    /// Changes a named view.
    PatchSavedView[SavedViewId](EditSavedView): Patch "/saved-views/{id}" -> SavedView;

    /// Deletes a named view.
    DeleteSavedView[SavedViewId]: Delete "/saved-views/{id}" -> ();

    /// Reads the API keys.
    ListApiKeys: Get "/api-keys" -> Items<ApiKeyView>;

    /// Makes an API key.
    PostApiKey(CreateApiKey): Post "/api-keys" -> CreatedApiKey;

    /// Revokes an API key.
    DeleteApiKey[ApiKeyId]: Delete "/api-keys/{id}" -> ();

    /// Reads a page of the audit.
    ListAudit?(AuditQuery): Get "/audit" -> AuditPage;

    /// Reads the users.
    ListUsers: Get "/users" -> Items<UserView>;

    /// Makes a user.
    PostUser(CreateUser): Post "/users" -> UserView;

    /// Changes a user.
    PatchUser[UserId](EditUser): Patch "/users/{id}" -> UserView;

    /// Lists the caller's bulk cancellations.
    ListBulkCancellations: Get "/bulk-cancellations" -> Items<BulkCancellation>;

    /// Reads how far a bulk cancellation has got.
    GetBulkCancellation[JobId]: Get "/bulk-cancellations/{id}" -> BulkCancellation;

    /// Stops a bulk cancellation.
    PostBulkStop[JobId]: Post "/bulk-cancellations/{id}/stop" -> BulkCancellation;

    /// Takes a bulk cancellation back.
    PostBulkUndo[JobId]: Post "/bulk-cancellations/{id}/undo" -> BulkCancellation;

    /// Reads what became of each callback of a bulk cancellation.
    GetReport[JobId]?(ReportQuery): Get "/bulk-cancellations/{id}/report" -> Items<ReportLine>;

    /// Lists the caller's bulk reschedules.
    ListBulkReschedules: Get "/bulk-reschedules" -> Items<BulkReschedule>;

    /// Reads how far a bulk reschedule has got.
    GetBulkReschedule[JobId]: Get "/bulk-reschedules/{id}" -> BulkReschedule;

    /// Stops a bulk reschedule.
    PostBulkRescheduleStop[JobId]: Post "/bulk-reschedules/{id}/stop" -> BulkReschedule;

    /// Moves the callbacks of a bulk reschedule back.
    PostBulkRescheduleUndo[JobId]: Post "/bulk-reschedules/{id}/undo" -> BulkReschedule;

    /// Reads what becomes of each callback of a bulk reschedule.
    ListMoveItems[JobId]?(MoveItemsQuery): Get "/bulk-reschedules/{id}/items" -> Page<MoveItem>;

    /// Reads which callbacks were cancelled.
    ReportCancellations?(CancellationsQuery): Get "/reports/cancellations" -> Page<ReportLine>;

    /// Reads a page of callbacks.
    ListCallbacks {
        /// Which callbacks.
        filter: CallbackFilter,
        /// Which page.
        page: PageQuery,
    }: Get "/callbacks" -> Page<CallbackView>;

    /// Counts callbacks.
    CountCallbacks {
        /// Which callbacks.
        filter: CallbackFilter,
        /// How exactly.
        count: CountQuery,
    }: Get "/callbacks/count" -> CallbackCount;

    /// Finds callbacks by id or number, at any time.
    FindCallbacks?(FindQuery): Get "/callbacks/search" -> Items<CallbackView>;

    /// Exports callbacks as a file, which this type does not describe.
    ExportCallbacks {
        /// Which callbacks.
        filter: CallbackFilter,
        /// In which format.
        query: ExportQuery,
    }: Get "/callbacks/export" -> ();

    /// Fetches the recording of the customer's name; the response is audio.
    GetNameRecording[CallbackId]: Get "/callbacks/{id}/name-recording" -> ();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callback::state::StateName;
    use crate::wire::list::Sort;

    #[test]
    fn a_list_query_repeats_lists_and_encodes_values() {
        let list = ListCallbacks {
            filter: CallbackFilter {
                from: Some("2026-11-24T00:00:00Z".parse().unwrap()),
                state: vec![StateName::Queued, StateName::Routing],
                search: Some("+44 20".into()),
                ..CallbackFilter::default()
            },
            page: PageQuery { sort: Some(Sort::DesiredTimeDescending), ..PageQuery::default() },
        };
        assert_eq!(
            list.path(),
            "/callbacks?from=2026-11-24T00%3A00%3A00Z&state=QUEUED&state=ROUTING&search=%2B44+20&sort=-desired_time"
        );
    }
}
