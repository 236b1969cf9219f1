//! The operations that the browser and the tests call, each said once.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::{ApiKeyId, CallbackId, JobId, ServiceId, UserId};
use crate::wire::admin::{
    ApiKeyView, CreateApiKey, CreateService, CreateUser, CreatedApiKey, EditService, EditUser, ServiceView,
    UserView,
};
use crate::wire::auth::{LogIn, Me, Preferences, Session};
use crate::wire::bulk::{BulkCancellation, CreateBulkCancellation, ReportLine};
use crate::wire::callback::{
    AttemptView, CallbackView, CreateCallback, Items, RecreateCallback, RescheduleCallback, TimelineEntry,
};
use crate::wire::list::{CallbackCount, CallbackFilter, CountQuery, ExportQuery, FindQuery, Page, PageQuery};

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
}

endpoint!(
    /// Logs in.
    CreateSession(LogIn): Post "/session" -> Session
);
endpoint!(
    /// Takes a new access token for the refresh cookie.
    RefreshSession: Post "/session/refresh" -> Session
);
endpoint!(
    /// Lets the session see what its person may see as of now.
    ReloadSession: Post "/session/reload" -> Me
);
endpoint!(
    /// Logs out.
    DeleteSession: Delete "/session" -> ()
);
endpoint!(
    /// Who am I?
    GetMe: Get "/me" -> Me
);
endpoint!(
    /// Reads the display preferences.
    GetPreferences: Get "/me/preferences" -> Preferences
);
endpoint!(
    /// Replaces the display preferences.
    PutPreferences(Preferences): Put "/me/preferences" -> Preferences
);
endpoint!(
    /// Asks for a callback.
    PostCallback(CreateCallback): Post "/callbacks" -> CallbackView
);
endpoint!(
    /// Reads one callback.
    GetCallback[CallbackId]: Get "/callbacks/{id}" -> CallbackView
);
endpoint!(
    /// Reads the timeline of a callback.
    GetTimeline[CallbackId]: Get "/callbacks/{id}/timeline" -> Items<TimelineEntry>
);
endpoint!(
    /// Reads the attempts of a callback.
    GetAttempts[CallbackId]: Get "/callbacks/{id}/attempts" -> Items<AttemptView>
);
endpoint!(
    /// Moves a callback to another time.
    PostReschedule[CallbackId](RescheduleCallback): Post "/callbacks/{id}/reschedule" -> CallbackView
);
endpoint!(
    /// Calls a callback off.
    PostCancel[CallbackId]: Post "/callbacks/{id}/cancel" -> CallbackView
);
endpoint!(
    /// Repeats a finished callback.
    PostRecreate[CallbackId](RecreateCallback): Post "/callbacks/{id}/recreate" -> CallbackView
);
endpoint!(
    /// Cancels many callbacks.
    PostBulkCancellation(CreateBulkCancellation): Post "/bulk-cancellations" -> BulkCancellation
);
endpoint!(
    /// Reads the services.
    ListServices: Get "/services" -> Items<ServiceView>
);
endpoint!(
    /// Makes a service.
    PostService(CreateService): Post "/services" -> ServiceView
);
endpoint!(
    /// Changes a service.
    PatchService[ServiceId](EditService): Patch "/services/{id}" -> ServiceView
);
endpoint!(
    /// Reads the API keys.
    ListApiKeys: Get "/api-keys" -> Items<ApiKeyView>
);
endpoint!(
    /// Makes an API key.
    PostApiKey(CreateApiKey): Post "/api-keys" -> CreatedApiKey
);
endpoint!(
    /// Revokes an API key.
    DeleteApiKey[ApiKeyId]: Delete "/api-keys/{id}" -> ()
);
endpoint!(
    /// Reads the users.
    ListUsers: Get "/users" -> Items<UserView>
);
endpoint!(
    /// Makes a user.
    PostUser(CreateUser): Post "/users" -> UserView
);
endpoint!(
    /// Changes a user.
    PatchUser[UserId](EditUser): Patch "/users/{id}" -> UserView
);
endpoint!(
    /// Lists the caller's bulk cancellations.
    ListBulkCancellations: Get "/bulk-cancellations" -> Items<BulkCancellation>
);
endpoint!(
    /// Reads how far a bulk cancellation has got.
    GetBulkCancellation[JobId]: Get "/bulk-cancellations/{id}" -> BulkCancellation
);
endpoint!(
    /// Stops a bulk cancellation.
    PostBulkStop[JobId]: Post "/bulk-cancellations/{id}/stop" -> BulkCancellation
);
endpoint!(
    /// Reads what became of each callback of a bulk cancellation.
    GetReport[JobId]: Get "/bulk-cancellations/{id}/report" -> Items<ReportLine>
);

/// A page of callbacks.
#[derive(Clone, Debug, Default)]
pub struct ListCallbacks {
    /// Which callbacks.
    pub filter: CallbackFilter,
    /// Which page.
    pub page: PageQuery,
}

impl Endpoint for ListCallbacks {
    type Request = ();
    type Response = Page<CallbackView>;
    const METHOD: Method = Method::Get;
    const TEMPLATE: &'static str = "/callbacks";

    fn path(&self) -> String {
        let mut path = Self::TEMPLATE.to_owned();
        add_query(&mut path, &self.filter);
        add_query(&mut path, &self.page);
        path
    }
}

/// How many callbacks.
#[derive(Clone, Debug, Default)]
pub struct CountCallbacks {
    /// Which callbacks.
    pub filter: CallbackFilter,
    /// How exactly.
    pub count: CountQuery,
}

impl Endpoint for CountCallbacks {
    type Request = ();
    type Response = CallbackCount;
    const METHOD: Method = Method::Get;
    const TEMPLATE: &'static str = "/callbacks/count";

    fn path(&self) -> String {
        let mut path = Self::TEMPLATE.to_owned();
        add_query(&mut path, &self.filter);
        add_query(&mut path, &self.count);
        path
    }
}

endpoint!(
    /// Fetches the customer's recorded name; the answer is audio.
    GetNameRecording[CallbackId]: Get "/callbacks/{id}/name-recording" -> ()
);

/// Callbacks as a file; the answer is no JSON as a whole.
#[derive(Clone, Debug, Default)]
pub struct ExportCallbacks {
    /// Which callbacks.
    pub filter: CallbackFilter,
    /// In which form.
    pub query: ExportQuery,
}

impl Endpoint for ExportCallbacks {
    type Request = ();
    type Response = ();
    const METHOD: Method = Method::Get;
    const TEMPLATE: &'static str = "/callbacks/export";

    fn path(&self) -> String {
        let mut path = Self::TEMPLATE.to_owned();
        add_query(&mut path, &self.filter);
        add_query(&mut path, &self.query);
        path
    }
}

/// Callbacks by id or number, whatever their time.
#[derive(Clone, Debug, Default)]
pub struct FindCallbacks(pub FindQuery);

impl Endpoint for FindCallbacks {
    type Request = ();
    type Response = Items<CallbackView>;
    const METHOD: Method = Method::Get;
    const TEMPLATE: &'static str = "/callbacks/search";

    fn path(&self) -> String {
        let mut path = Self::TEMPLATE.to_owned();
        add_query(&mut path, &self.0);
        path
    }
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
