//! The same requests to a server on SQLite and to one on PostgreSQL have the same answers.

use std::collections::HashMap;

use futures_util::future::join;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use ringback_domain::{ApiScope, Role, Timestamp};
use ringback_tests::{Answer, Backend, Client, TestApp, figure, seed, size};
use serde_json::Value;

/// Seconds, of the ten minutes for which an access token is valid.
const MAX_TOKEN_AGE: i64 = 500;

const STATES: [&str; 5] = ["SCHEDULED", "QUEUED", "ROUTING", "PROCESSING", "COMPLETED"];
const SORTS: [&str; 8] = [
    "desired_time",
    "-desired_time",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "state",
    "-state",
];
const SEARCHES: [&str; 10] = [
    "customer_number&search=460",
    "customer_number&search=1",
    "service&search=bill",
    "state&search=queue",
    "result&search=FAIL",
    "agent&search=agent-1",
    "language&search=en",
    "any&search=e",
    "state&search=completed (fail",
    "agent&search_field=language&search=e",
];

/// Who sends a request.
#[derive(Clone, Copy, Debug)]
enum Sender {
    Integration,
    Router,
    Supervisor,
    Administrator,
}

/// A request in which `{c3}` stands for the id of the third callback, `{a3}` for the third attempt,
/// `{t3}` for its lease token, `{s0}` for a service, `{j3}` for a job and `{n}` for the last cursor.
#[derive(Clone, Debug)]
struct Template {
    sender: Sender,
    method: Method,
    path: String,
    body: String,
    version: Option<u32>,
}

/// A server, and what its answers have named so far.
struct Side {
    app: TestApp,
    /// Who logged in last, and when.
    people: HashMap<Role, (Timestamp, Client)>,
    /// Ids in the order in which they were seen.
    ids: HashMap<String, usize>,
    callbacks: Vec<String>,
    attempts: Vec<(String, String)>,
    jobs: Vec<String>,
    cursor: String,
}

impl Side {
    async fn start(backend: Backend) -> Self {
        let app = TestApp::start(backend).await;
        let (callbacks, attempts, jobs) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            app,
            people: HashMap::new(),
            ids: HashMap::new(),
            callbacks,
            attempts,
            jobs,
            cursor: String::new(),
        }
    }

    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").unwrap();
            let number = || name[1..].parse::<usize>().unwrap();
            filled.push_str(before);
            filled.push_str(&match name.as_bytes()[0] {
                b'c' => self.callbacks[number()].clone(),
                b'a' => self.attempts[number()].0.clone(),
                b't' => self.attempts[number()].1.clone(),
                b'j' => self.jobs[number()].clone(),
                b's' => [self.app.service, self.app.other_service][number()].to_string(),
                _ => self.cursor.clone(),
            });
            rest = after;
        }
        filled + rest
    }

    async fn person(&mut self, role: Role) -> Client {
        let now = self.app.clock.now();
        if let Some((since, client)) = self.people.get(&role)
            && since.plus_seconds(MAX_TOKEN_AGE) > now
        {
            return client.clone();
        }
        let client = self.app.person(role).await;
        self.people.insert(role, (now, client.clone()));
        client
    }

    async fn client(&mut self, sender: Sender) -> Client {
        match sender {
            Sender::Integration => self.app.integration(),
            Sender::Router => self.app.key(ApiScope::Router),
            Sender::Supervisor => self.person(Role::Supervisor).await,
            Sender::Administrator => self.person(Role::Administrator).await,
        }
    }

    async fn send(&mut self, template: &Template) -> String {
        let client = self.client(template.sender).await;
        let mut request = client.request(template.method.clone(), &self.fill(&template.path));
        if !template.body.is_empty() {
            request = request.header("content-type", "application/json").body(self.fill(&template.body));
        }
        if let Some(version) = template.version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        let answer = Answer::to(request).await;
        self.note(&answer, template);
        self.normalise(&answer, template)
    }

    fn note(&mut self, answer: &Answer, template: &Template) {
        let value: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if answer.status == 201 {
            self.callbacks.extend(text(&value["id"]));
        }
        if answer.status == 202 {
            self.jobs.extend(text(&value["id"]));
        }
        for one in value["reservations"].as_array().into_iter().flatten() {
            self.attempts.extend(text(&one["attempt_id"]).zip(text(&one["lease_token"])));
        }
        if template.path.contains("/callbacks?") {
            self.cursor = text(&value["next"]).unwrap_or_default();
        }
    }

    /// The answer without what differs by nature: ids become numbers, and secrets a word.
    fn normalise(&mut self, answer: &Answer, template: &Template) -> String {
        // A list's positions are as old as a second of the real clock.
        let is_list = !template.path.contains("/callbacks/{{c");
        // An export is JSON line by line.
        let lines = answer.body.lines().map(|line| match serde_json::from_str::<Value>(line) {
            Ok(mut value) => {
                mask(&mut value, is_list);
                value.to_string()
            }
            Err(_) => line.to_owned(),
        });
        let body = lines.collect::<Vec<_>>().join("\n");
        let headers = ["content-type", "etag", "location", "retry-after", "allow"];
        let headers: Vec<_> = headers.iter().filter_map(|name| answer.header(name)).collect();
        self.number_ids(&format!("{} {headers:?} {body}", answer.status))
    }

    fn number_ids(&mut self, text: &str) -> String {
        let mut numbered = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let id = rest.get(..36).filter(|part| part.contains('-') && uuid::Uuid::try_parse(part).is_ok());
            let length = id.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), str::len);
            match id {
                Some(id) => {
                    let next = self.ids.len();
                    numbered.push('#');
                    numbered.push_str(&self.ids.entry(id.to_owned()).or_insert(next).to_string());
                }
                None => numbered.push_str(&rest[..length]),
            }
            rest = &rest[length..];
        }
        numbered
    }
}

fn mask(value: &mut Value, is_list: bool) {
    match value {
        Value::Object(fields) => {
            // Whether somebody had looked at the queue by then depends on the second.
            fields.retain(|name, _| {
                !["last_position_in_queue", "last_estimated_wait_seconds"].contains(&name.as_str())
            });
            for (name, field) in fields {
                let masked = match name.as_str() {
                    "next" | "previous" | "lease_token" => !field.is_null(),
                    // It is worked out from a look at the past that is as old.
                    "estimated_wait_seconds" => true,
                    "position_in_queue" => is_list,
                    // In a list both are up to a second old: whether the customer is in another call as well.
                    "reason" => is_list && (*field == "agent" || *field == "other_call"),
                    _ => false,
                };
                if masked {
                    *field = "masked".into();
                }
                mask(field, is_list);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, is_list)),
        _ => {}
    }
}

/// The part of a text about a place.
fn around(text: &str, place: usize) -> String {
    String::from_utf8_lossy(&text.as_bytes()[place.saturating_sub(400)..text.len().min(place + 200)])
        .into_owned()
}

/// Makes requests out of what there is so far.
struct Generator {
    rng: StdRng,
}

impl Generator {
    fn any<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of.choose(&mut self.rng).copied().unwrap()
    }

    /// One of the last few, mostly.
    fn recent(&mut self, count: usize) -> Option<usize> {
        let first = if self.rng.random_bool(0.8) { count.saturating_sub(40) } else { 0 };
        (count > 0).then(|| self.rng.random_range(first..count))
    }

    fn filter(&mut self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for state in STATES {
            if self.rng.random_bool(0.25) {
                parts.push(format!("state={state}"));
            }
        }
        if self.rng.random_bool(0.3) {
            parts.push(format!("service={{{{s{}}}}}", self.rng.random_range(0..2)));
        }
        if self.rng.random_bool(0.2) {
            parts.push("from=2026-11-24T09:20:00Z&to=2026-11-27T18:00:00Z".to_owned());
        }
        if self.rng.random_bool(0.2) {
            parts.push(format!("search_field={}", self.any(&SEARCHES)));
        }
        if self.rng.random_bool(0.1) {
            parts.push("overdue=true".to_owned());
        }
        parts.join("&")
    }

    fn create(&mut self, now: &str) -> Template {
        let service = self.rng.random_range(0..2);
        let number = self.rng.random_range(0..40);
        let priority = self.rng.random_range(-2..=2);
        let language = self.any(&["en-GB", "de", "fr-CH", "not a language"]);
        // Many share a desired time.
        let kind = if self.rng.random_bool(0.5) {
            r#""immediate""#.to_owned()
        } else {
            let minute = self.rng.random_range(0..600) / 5 * 5;
            let hours = 10 + minute / 60;
            format!(r#""scheduled","desired_time":"{now}T{hours:02}:{:02}:00Z""#, minute % 60)
        };
        let body = format!(
            r#"{{"callback_type":{kind},"service_id":"{{{{s{service}}}}}","customer_number":"+4420794603{number:02}","priority":{priority},"language":"{language}","user_data":{{"ä":[{number},"x"]}}}}"#
        );
        Template {
            sender: Sender::Integration,
            method: Method::POST,
            path: "callbacks".into(),
            body,
            version: None,
        }
    }

    fn command(&mut self, id: usize, now: &str) -> (String, String) {
        let command = self.any(&["cancel", "reschedule", "recreate", "requeue", "close"]);
        let body = match command {
            "reschedule" => {
                format!(r#"{{"desired_time":"{now}T22:{:02}:00Z"}}"#, self.rng.random_range(0..60))
            }
            "recreate" => r#"{"callback_type":"immediate"}"#.to_owned(),
            "close" => r#"{"result":"SUCCESS_CALLBACK","reason":"nobody reported"}"#.to_owned(),
            _ => String::new(),
        };
        (format!("callbacks/{{{{c{id}}}}}/{command}"), body)
    }

    fn report(&mut self, attempt: usize) -> (String, String) {
        let report = self.any(&["extend", "connect", "connect", "release", "fail", "complete", "complete"]);
        let more = match report {
            "extend" => r#","lease_seconds":60"#,
            "release" => r#","reason":"agent_unavailable""#,
            "fail" => r#","dial_result":"busy""#,
            _ => "",
        };
        (
            format!("attempts/{{{{a{attempt}}}}}/{report}"),
            format!(r#"{{"lease_token":"{{{{t{attempt}}}}}"{more}}}"#),
        )
    }

    fn next(&mut self, side: &Side) -> Template {
        let now = side.app.clock.now().to_string()[..10].to_owned();
        let get = |path: String| (Sender::Supervisor, Method::GET, path, String::new());
        let (sender, method, path, body) = match self.rng.random_range(0..100) {
            0..22 => return self.create(&now),
            22..40 => {
                let sort = self.any(&SORTS);
                let limit = self.rng.random_range(1..60);
                get(format!("callbacks?limit={limit}&sort={sort}&{}", self.filter()))
            }
            40..44 if !side.cursor.is_empty() => get("callbacks?cursor={{n}}".to_owned()),
            44..48 => get(format!("callbacks/count?{}", self.filter())),
            48..50 => get(format!(
                "callbacks/search?customer_number=%2B4420794603{:02}",
                self.rng.random_range(0..40)
            )),
            50..52 => {
                let format = self.any(&["csv", "ndjson"]);
                let filter = self.filter();
                get(format!("callbacks/export?format={format}&{filter}"))
            }
            52..60 if let Some(id) = self.recent(side.callbacks.len()) => {
                let part = self.any(&["", "/timeline", "/attempts"]);
                get(format!("callbacks/{{{{c{id}}}}}{part}"))
            }
            60..72 if let Some(id) = self.recent(side.callbacks.len()) => {
                let (path, body) = self.command(id, &now);
                let version = self.rng.random_bool(0.3).then(|| self.rng.random_range(1..5));
                return Template { sender: Sender::Supervisor, method: Method::POST, path, body, version };
            }
            72..80 => {
                let agent = self.rng.random_range(0..3);
                let limit = self.rng.random_range(1..5);
                let body = format!(
                    r#"{{"agent":"agent-{agent}","services":["{{{{s0}}}}","{{{{s1}}}}"],"limit":{limit}}}"#
                );
                (Sender::Router, Method::POST, "router/reservations".to_owned(), body)
            }
            80..92 if let Some(attempt) = self.recent(side.attempts.len()) => {
                let (path, body) = self.report(attempt);
                (Sender::Router, Method::POST, path, body)
            }
            92..93 => (Sender::Router, Method::GET, "router/attempts".to_owned(), String::new()),
            93..94 => {
                let state = self.any(&STATES);
                let body = format!(
                    r#"{{"range":{{"from":"2026-11-24T00:00:00Z","to":"{now}T12:00:00Z"}},"matching":{{"state":["{state}"],"service":["{{{{s1}}}}"]}},"dry_run":{}}}"#,
                    self.rng.random_bool(0.8)
                );
                (Sender::Supervisor, Method::POST, "bulk-cancellations".to_owned(), body)
            }
            94..96 if let Some(job) = self.recent(side.jobs.len()) => {
                let part = self.any(&["", "/report"]);
                get(format!("bulk-cancellations/{{{{j{job}}}}}{part}"))
            }
            96..97 => get("bulk-cancellations".to_owned()),
            97 => (
                Sender::Administrator,
                Method::GET,
                self.any(&["users", "services"]).to_owned(),
                String::new(),
            ),
            _ => get(self
                .any(&["services", "services/{{s0}}", "me", "callbacks?limit=0", "nothing"])
                .to_owned()),
        };
        Template { sender, method, path, body, version: None }
    }
}

/// Runs the workers of both, which have to do the same.
async fn work(rng: &mut StdRng, one: &Side, other: &Side) {
    let done = match rng.random_range(0..4) {
        0 | 1 => join(one.app.submit(), other.app.submit()).await,
        2 => join(one.app.expire_leases(), other.app.expire_leases()).await,
        _ => {
            join(one.app.finish_bulk_cancellations(), other.app.finish_bulk_cancellations()).await;
            join(one.app.run_retention(), other.app.run_retention()).await
        }
    };
    assert_eq!(done.0, done.1, "the workers did not do the same");
}

#[tokio::test]
async fn both_databases_give_the_same_answers() {
    let seed = seed();
    let mut generator = Generator { rng: StdRng::seed_from_u64(seed) };
    let (mut one, mut other) = join(Side::start(Backend::Sqlite), Side::start(Backend::Postgres)).await;
    let mut statuses: HashMap<String, usize> = HashMap::new();
    let requests = size(2_000, 100_000);
    for number in 0..requests {
        let seconds = if generator.rng.random_bool(0.02) { generator.rng.random_range(30..600) } else { 1 };
        one.app.advance(seconds);
        other.app.advance(seconds);
        if generator.rng.random_bool(0.15) {
            work(&mut generator.rng, &one, &other).await;
        }
        let mut template = generator.next(&one);
        template.path = format!("/api/v1/{}", template.path);
        let (first, second) = join(one.send(&template), other.send(&template)).await;
        let same = first.bytes().zip(second.bytes()).take_while(|(one, other)| one == other).count();
        assert!(
            first == second,
            "request {number} of seed {seed}, {template:?}:\n{}\n{}",
            around(&first, same),
            around(&second, same)
        );
        *statuses.entry(first[..3].to_owned()).or_default() += 1;
    }
    figure(format_args!("{requests} requests, no difference; statuses {statuses:?}"));
    assert!(!statuses.contains_key("500"), "{statuses:?}");
}
