//! The OpenAPI document is up to date, complete and correct.

use std::collections::BTreeSet;

use ringback_domain::wire::endpoint::{self, BASE};
use ringback_domain::wire::{
    admin, auth, bulk, bulk_reschedule, calendar, callback, do_not_call, gates, number_rule, router,
    saved_view,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Operations that need no credentials.
const PUBLIC: [&str; 5] = ["create_session", "delete_session", "live", "ready", "metrics"];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) value: Value,
}

impl Operation {
    /// Its unique id.
    pub(crate) fn id(&self) -> &str {
        self.value["operationId"].as_str().unwrap_or_default()
    }

    /// Whether it can be called without credentials.
    fn is_public(&self) -> bool {
        self.value["security"]
            .as_array()
            .is_some_and(|ways| ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty)))
    }

    fn body(&self) -> Option<&Value> {
        self.value.get("requestBody")?["content"].get("application/json")
    }
}

/// The document as the server serves it.
pub(crate) fn document() -> Value {
    serde_json::from_str(&ringback_api::http::openapi::json()).unwrap()
}

/// Every operation of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let (method, path) = (method.to_owned(), path.clone());
                operations.push(Operation { method, path, value: value.clone() });
            }
        }
    }
    operations
}

#[test]
fn the_committed_document_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == ringback_api::http::openapi::json(),
        "openapi.json is out of date: run `cargo xtask codegen`"
    );
}

#[test]
fn the_document_is_openapi_3_1_and_names_its_version() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(document["info"]["license"]["identifier"].is_string());
}

#[test]
fn every_operation_has_an_id_of_its_own_a_tag_and_a_description() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let (method, path) = (&operation.method, &operation.path);
        assert!(!operation.id().is_empty() && ids.insert(operation.id().to_owned()), "{method} {path}");
        let own: Vec<_> = operation.value["tags"].as_array().unwrap().iter().collect();
        assert_eq!(own.len(), 1, "{method} {path}");
        assert!(tags.contains(own[0].as_str().unwrap()), "{method} {path}: {own:?} is not described");
        for text in ["summary", "description"] {
            let said = operation.value[text].as_str().is_some_and(|text| !text.is_empty());
            assert!(said, "{method} {path} has no {text}");
        }
    }
    assert!(ids.len() > 30, "{ids:?}");
}

#[test]
fn every_operation_says_who_may_call_it() {
    for operation in operations() {
        let id = operation.id();
        assert!(operation.value["security"].as_array().is_some_and(|ways| !ways.is_empty()), "{id}");
        assert_eq!(operation.is_public(), PUBLIC.contains(&id), "{id}");
        let guarded = operation.value.get("x-permission").is_some();
        let unguarded =
            PUBLIC.contains(&id) || ["refresh_session", "get_me", "get_reference_data"].contains(&id);
        assert_eq!(guarded, !unguarded, "{id}");
    }
}

#[test]
fn every_operation_documents_its_answers_and_refusals() {
    for operation in operations() {
        let id = operation.id();
        let responses = operation.value["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id}");
        let problems = responses
            .iter()
            .filter(|(_, response)| {
                response["content"]["application/problem+json"]["schema"]["$ref"]
                    == "#/components/schemas/Problem"
            })
            .map(|(status, _)| status.as_str());
        let problems: Vec<_> = problems.collect();
        assert!(!problems.is_empty(), "{id}");
        let mut expected: Vec<&str> = Vec::new();
        if operation.value.get("x-permission").is_some() {
            expected.extend(["401", "403"]);
        }
        if operation.path.contains('{') {
            expected.extend(["400", "404"]);
        }
        if operation.body().is_some() {
            expected.extend(["400", "413", "415", "422"]);
        }
        for status in expected {
            assert!(problems.contains(&status), "{id} does not say {status}");
        }
        for (status, response) in responses {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{id} {status}");
        }
    }
}

#[test]
fn every_reference_can_be_resolved() {
    fn visit(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    found.insert(reference.clone());
                }
                fields.values().for_each(|value| visit(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| visit(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    visit(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    for operation in operations() {
        let id = operation.id();
        let parameters = operation.value["parameters"].as_array().cloned().unwrap_or_default();
        let described: BTreeSet<_> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect();
        let used: BTreeSet<_> = operation
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(ToOwned::to_owned)
            .collect();
        assert_eq!(described, used, "{id}");
    }
}

#[test]
fn every_endpoint_is_described_with_its_body() {
    let operations = operations();
    for endpoint in endpoint::ALL {
        let method = match endpoint.method {
            endpoint::Method::Get => "get",
            endpoint::Method::Post => "post",
            endpoint::Method::Put => "put",
            endpoint::Method::Patch => "patch",
            endpoint::Method::Delete => "delete",
        };
        let path = format!("{BASE}{}", endpoint.template);
        let described = operations.iter().find(|one| one.method == method && one.path == path);
        let described = described.unwrap_or_else(|| panic!("{}: no {method} {path}", endpoint.name));
        let body = described.body().map(|body| body["schema"]["$ref"].as_str().unwrap());
        let expected = endpoint.request.map(|name| format!("#/components/schemas/{name}"));
        assert_eq!(body, expected.as_deref(), "{}", endpoint.name);
    }
}

fn reads<T: DeserializeOwned>(example: &Value) -> Result<(), String> {
    serde_json::from_value::<T>(example.clone()).map(drop).map_err(|error| error.to_string())
}

#[test]
fn the_server_accepts_every_example_of_a_request() {
    for operation in operations() {
        let Some(body) = operation.body() else { continue };
        let id = operation.id();
        let example = &body["example"];
        assert!(example.is_object(), "{id} has no example");
        let read = match body["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap() {
            "LogIn" => reads::<auth::LogIn>(example),
            "ChangePassword" => reads::<auth::ChangePassword>(example),
            "Preferences" => reads::<auth::Preferences>(example),
            "CreateCallback" => reads::<callback::CreateCallback>(example),
            "RescheduleCallback" => reads::<callback::RescheduleCallback>(example),
            "RecreateCallback" => reads::<callback::RecreateCallback>(example),
            "CreateBulkCancellation" => reads::<bulk::CreateBulkCancellation>(example),
            "CreateBulkReschedule" => reads::<bulk_reschedule::CreateBulkReschedule>(example),
            "Reserve" => reads::<router::Reserve>(example),
            "CancelCallback" => reads::<callback::CancelCallback>(example),
            "CloseCallback" => reads::<callback::CloseCallback>(example),
            "ReleaseAttempt" => reads::<router::ReleaseAttempt>(example),
            "Lease" => reads::<router::Lease>(example),
            "ExtendLease" => reads::<router::ExtendLease>(example),
            "FailAttempt" => reads::<router::FailAttempt>(example),
            "AttemptReports" => reads::<router::AttemptReports>(example),
            "CompleteAttempt" => reads::<router::CompleteAttempt>(example),
            "CreateHold" => reads::<callback::CreateHold>(example),
            "CreateService" => reads::<admin::CreateService>(example),
            "EditService" => reads::<admin::EditService>(example),
            "CreateUser" => reads::<admin::CreateUser>(example),
            "EditUser" => reads::<admin::EditUser>(example),
            "OfficeHoursCalendar" => reads::<calendar::OfficeHoursCalendar>(example),
            "EditOfficeHours" => reads::<calendar::EditOfficeHours>(example),
            "AddDoNotCall" => reads::<do_not_call::AddDoNotCall>(example),
            "DryRun" => reads::<gates::DryRun>(example),
            "NumberRule" => reads::<ringback_domain::number_rule::NumberRule>(example),
            "EditNumberRule" => reads::<number_rule::EditNumberRule>(example),
            "CapacityRule" => reads::<calendar::CapacityRule>(example),
            "EditCapacityRule" => reads::<calendar::EditCapacityRule>(example),
            "CreateSavedView" => reads::<saved_view::CreateSavedView>(example),
            "EditSavedView" => reads::<saved_view::EditSavedView>(example),
            "CreateApiKey" => reads::<admin::CreateApiKey>(example),
            other => panic!("{id} takes {other}, which this test does not know"),
        };
        read.unwrap_or_else(|error| panic!("{id}: {error}"));
    }
}
