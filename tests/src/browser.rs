//! A browser without a window, used as people do: by what a thing is and what
//! it is called, as assistive technology tells it, never by classes or ids.
//!
//! The protocol is `WebDriver`, a few JSON requests to `chromedriver`. The
//! accessibility tree comes from Chromium's own protocol, through the same.

mod axe;
mod driver;
pub mod key;

use std::fmt::Write as _;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{setting, settle, wait_for};

/// Quiet, and without what a test does not need.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    // Containers have little of it.
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
    "--window-size=1280,900",
];

/// The name of a reference to an element in `WebDriver`'s protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running browser with a profile of its own. Dropping it closes it.
#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    driver: Child,
    /// The driver must be able to write to it.
    _output: BufReader<ChildStdout>,
    port: u16,
    session: String,
    /// Profile, downloads, and what Chromium leaves in passing.
    folder: TempDir,
}

type Failure = String;

impl Browser {
    /// Starts a browser.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (driver, output, port) = driver::start(folder.path());
        let http = reqwest::Client::new();
        let mut browser = Self { http, driver, _output: output, port, session: String::new(), folder };
        browser.session = browser.open_session().await;
        browser
    }

    async fn open_session(&self) -> String {
        let profile = format!("--user-data-dir={}", self.folder.path().join("profile").display());
        let flags: Vec<_> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let downloads = json!({ "download.default_directory": self.downloads() });
        let mut options = json!({ "args": flags, "prefs": downloads });
        if let Some(program) = setting("RINGBACK_TEST_CHROMIUM") {
            options["binary"] = program.into();
        }
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let body = json!({ "capabilities": { "alwaysMatch": wanted } });
        let session = self.request(Method::POST, "/session", Some(body)).await.expect("the browser starts");
        format!("/session/{}", text(&session["sessionId"]))
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await.expect("the page opens");
    }

    /// The address of the page.
    pub async fn url(&self) -> String {
        text(&self.get("/url").await.expect("there is a page"))
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.post("/refresh", json!({})).await.expect("the page loads again");
    }

    /// Lets so many bytes through a second, without what was loaded before; or
    /// as many as there are.
    pub async fn network(&self, bytes_a_second: Option<u32>) {
        let most = bytes_a_second.map_or(-1, i64::from);
        let limits = json!({
            "offline": false, "latency": 0, "downloadThroughput": most, "uploadThroughput": most,
        });
        for (command, parameters) in [
            ("Network.enable", json!({})),
            ("Network.setCacheDisabled", json!({ "cacheDisabled": bytes_a_second.is_some() })),
            ("Network.emulateNetworkConditions", limits),
        ] {
            self.chromium(command, parameters).await.expect("Chromium knows networks");
        }
    }

    /// Makes the window as wide and as high as a device.
    pub async fn resize(&self, width: u32, height: u32) {
        let device = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.chromium("Emulation.setDeviceMetricsOverride", device).await.expect("it takes the size");
    }

    /// Puts the page into a time zone, such as `Asia/Tokyo`.
    pub async fn time_zone(&self, name: &str) {
        let zone = json!({ "timezoneId": name });
        self.chromium("Emulation.setTimezoneOverride", zone).await.expect("it knows the zone");
    }

    /// From now on lets nothing through whose address is like one of these.
    pub async fn refuse(&self, addresses: &[&str]) {
        self.chromium("Network.enable", json!({})).await.expect("it watches the network");
        let urls = json!({ "urls": addresses });
        self.chromium("Network.setBlockedURLs", urls).await.expect("it refuses them");
    }

    /// What a function with this body returns in the page.
    pub async fn script(&self, body: &str) -> Value {
        let call = json!({ "script": body, "args": [] });
        self.post("/execute/sync", call).await.unwrap_or_else(|error| panic!("{error} in {body}"))
    }

    fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Waits for a file that the page has saved under this name, and takes it.
    pub async fn saved(&self, name: &str) -> String {
        let file = self.downloads().join(name);
        // Chromium may take the name with an empty file, which the whole one replaces.
        let read = || std::fs::read_to_string(&file).ok().filter(|text| !text.is_empty());
        let text = wait_for(name, async || read()).await;
        std::fs::remove_file(&file).expect("it can be taken away");
        text
    }

    /// The same for the body of an asynchronous function, once it is through.
    pub async fn later(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; \
             (async () => {{ {body} }})().then((value) => done({{ value }}), (error) => done({{ error: `${{error}}` }}))"
        );
        let call = json!({ "script": script, "args": [] });
        let answer =
            self.post("/execute/async", call).await.unwrap_or_else(|error| panic!("{error} in {body}"));
        assert!(answer["error"].is_null(), "{} in {body}", answer["error"]);
        answer["value"].clone()
    }

    /// What Chromium counts about the page, such as `JSHeapUsedSize` in bytes,
    /// after everything that is not needed was let go.
    pub async fn figures(&self) -> Value {
        let ask = async |command| self.chromium(command, json!({})).await.expect("Chromium tells");
        ask("HeapProfiler.collectGarbage").await;
        ask("Performance.enable").await;
        let metrics = ask("Performance.getMetrics").await;
        let pairs = metrics["metrics"].as_array().into_iter().flatten();
        pairs.map(|pair| (text(&pair["name"]), pair["value"].clone())).collect()
    }

    /// What the page wrote to the console since it was last asked: errors of
    /// scripts and whatever the content security policy refused among it.
    pub async fn console(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" })).await.expect("the console");
        let lines = log.as_array().into_iter().flatten();
        lines.map(|line| format!("{} {}", text(&line["level"]), text(&line["message"]))).collect()
    }

    /// Types into whatever has the focus.
    pub async fn press(&self, keys: &str) {
        let focused = self.get("/element/active").await.expect("something has the focus");
        let path = format!("/element/{}/value", element(&focused));
        self.post(&path, json!({ "text": keys })).await.expect("it takes keys");
    }

    /// Strikes one key as a keyboard does. [`Self::press`] sets fields for a date
    /// or a time as a whole.
    pub async fn strike(&self, key: &str) {
        let stroke = ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key }));
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": stroke }]);
        self.post("/actions", json!({ "actions": actions })).await.expect("the key is struck");
    }

    /// Presses the button of the mouse where the pointer is.
    pub async fn press_mouse(&self) {
        let actions = json!([{ "type": "pointerDown", "button": 0 }, { "type": "pointerUp", "button": 0 }]);
        let pointer = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.post("/actions", json!({ "actions": [pointer] })).await.expect("the button is pressed");
    }

    /// What has the focus, such as `button "Save"`.
    pub async fn focus(&self) -> String {
        // It may be drawn again in between.
        let focus = settle(async || {
            let focused = self.get("/element/active").await?;
            let path = format!("/element/{}", element(&focused));
            let role = self.get(&format!("{path}/computedrole")).await?;
            let name = self.get(&format!("{path}/computedlabel")).await?;
            Ok::<_, Failure>(format!("{} {name}", text(&role)))
        });
        focus.await.expect("something has the focus")
    }

    /// The thing of this role with exactly this name.
    pub fn at(&self, role: &'static str, name: &str) -> Place<'_> {
        self.page().at(role, name)
    }

    /// The whole page.
    pub fn page(&self) -> Place<'_> {
        Place { browser: self, path: Vec::new() }
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.request(Method::GET, &format!("{}{path}", self.session), None).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.request(Method::POST, &format!("{}{path}", self.session), Some(body)).await
    }

    async fn chromium(&self, command: &str, parameters: Value) -> Result<Value, Failure> {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let mut request = self.http.request(method, format!("http://127.0.0.1:{}{path}", self.port));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let failed = !response.status().is_success();
        let mut answer: Value = response.json().await.map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        if failed {
            Err(format!("{}: {}", text(&value["error"]), text(&value["message"])))
        } else {
            Ok(value)
        }
    }

    /// The things of a role that are there for assistive technology.
    async fn query(&self, within: Option<&Value>, role: &str) -> Result<Vec<Node>, Failure> {
        self.ask_tree(within, json!({ "role": role })).await
    }

    /// The rows with a cell of this name; a row itself has none.
    async fn rows_with(&self, within: Option<&Value>, cell: &str) -> Result<Vec<Node>, Failure> {
        let mut rows: Vec<Node> = Vec::new();
        for part in self.ask_tree(within, json!({ "accessibleName": cell })).await? {
            let closest = "function () {
                const part = this.nodeType === Node.TEXT_NODE ? this.parentElement : this;
                return part.closest('tr, [role=row]') ?? part.ownerDocument;
            }";
            let row = self.apply(&part, closest).await?;
            let row = self.chromium("DOM.describeNode", json!({ "objectId": row["objectId"] })).await?;
            let (id, is_row) = (row["node"]["backendNodeId"].clone(), row["node"]["nodeType"] == 1);
            if is_row && !rows.iter().any(|row| row.id == id) {
                let (name, description) = (String::new(), String::new());
                rows.push(Node { id, role: "row".to_owned(), name, description });
            }
        }
        Ok(rows)
    }

    async fn ask_tree(&self, within: Option<&Value>, mut query: Value) -> Result<Vec<Node>, Failure> {
        if let Some(node) = within {
            query["backendNodeId"] = node.clone();
        } else {
            let document = self.chromium("Runtime.evaluate", json!({ "expression": "document" })).await?;
            query["objectId"] = document["result"]["objectId"].clone();
        }
        Ok(nodes(&self.chromium("Accessibility.queryAXTree", query).await?))
    }

    /// What the function returns, with the node as `this`.
    async fn apply(&self, node: &Node, function: &str) -> Result<Value, Failure> {
        let node = self.chromium("DOM.resolveNode", json!({ "backendNodeId": node.id })).await?;
        let call = json!({ "objectId": node["object"]["objectId"], "functionDeclaration": function });
        Ok(self.chromium("Runtime.callFunctionOn", call).await?["result"].take())
    }

    /// `WebDriver`'s handle of a node.
    async fn handle(&self, node: &Node) -> Result<String, Failure> {
        self.apply(node, "function () { window.ringbackFound = this }").await?;
        let script = json!({ "script": "return window.ringbackFound", "args": [] });
        Ok(element(&self.post("/execute/sync", script).await?))
    }

    /// All that has a name, for the message of a test that did not find it.
    async fn outline(&self) -> String {
        let tree = self.chromium("Accessibility.getFullAXTree", json!({})).await.unwrap_or_default();
        let mut outline = String::new();
        for node in nodes(&tree).iter().filter(|node| !node.name.is_empty()) {
            let inner = ["StaticText", "InlineTextBox"].contains(&node.role.as_str());
            if !inner && write!(outline, "\n  {} {:?}", node.role, node.name).is_err() {
                break;
            }
        }
        outline
    }
}

impl Drop for Browser {
    /// Asks the driver to close the browser, which knows its processes, and
    /// ends the driver.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let host = "Host: localhost\r\nConnection: close";
            let _ = write!(stream, "DELETE {} HTTP/1.1\r\n{host}\r\n\r\n", self.session);
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            // It answers once the browser is closed, and keeps the connection.
            let _ = stream.read(&mut [0; 1024]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// How to get to something on the page. It is looked up anew for each use, and
/// waited for, since pages draw themselves again.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    browser: &'a Browser,
    path: Vec<Mark>,
}

#[derive(Clone, Debug)]
enum Mark {
    Named(&'static str, String),
    Like(&'static str, String),
    Nth(&'static str, usize),
    RowWith(String),
}

impl Place<'_> {
    /// The thing in here of this role with exactly this name.
    #[must_use]
    pub fn at(&self, role: &'static str, name: &str) -> Self {
        self.then(Mark::Named(role, name.to_owned()))
    }

    /// The thing in here of this role whose name has this part.
    #[must_use]
    pub fn like(&self, role: &'static str, part: &str) -> Self {
        self.then(Mark::Like(role, part.to_owned()))
    }

    /// The thing in here of this role that comes after so many others.
    #[must_use]
    pub fn nth(&self, role: &'static str, index: usize) -> Self {
        self.then(Mark::Nth(role, index))
    }

    /// The row in here that has a cell with exactly this text.
    #[must_use]
    pub fn row_with(&self, cell: &str) -> Self {
        self.then(Mark::RowWith(cell.to_owned()))
    }

    fn then(&self, mark: Mark) -> Self {
        let mut place = self.clone();
        place.path.push(mark);
        place
    }

    /// Waits until it is there.
    pub async fn shown(&self) {
        self.settle(async || self.find().await).await;
    }

    /// Waits until it is not there.
    pub async fn gone(&self) {
        self.settle(async || match self.find().await {
            Ok(_) => Err("it is still there".to_owned()),
            Err(_) => Ok(()),
        })
        .await;
    }

    /// The names of all things of a role in here, as it is now.
    pub async fn names(&self, role: &str) -> Vec<String> {
        let names = async || {
            let here = self.find().await?;
            let nodes = self.browser.query(here.as_ref().map(|node| &node.id), role).await?;
            Ok(nodes.into_iter().map(|node| node.name).collect())
        };
        self.settle(names).await
    }

    /// Clicks it.
    pub async fn click(&self) {
        self.act("click", json!({})).await;
    }

    /// Clicks it while Shift is held down.
    pub async fn shift_click(&self) {
        const SHIFT: &str = "\u{E008}";
        self.settle(async || {
            let origin = json!({ ELEMENT: self.handle().await? });
            let pause = json!({ "type": "pause" });
            let keys = json!({ "type": "key", "id": "keys", "actions": [
                { "type": "keyDown", "value": SHIFT }, pause, pause, { "type": "keyUp", "value": SHIFT },
            ]});
            let mouse = json!({ "type": "pointer", "id": "mouse", "actions": [
                { "type": "pointerMove", "origin": origin, "x": 0, "y": 0 },
                { "type": "pointerDown", "button": 0 }, { "type": "pointerUp", "button": 0 }, pause,
            ]});
            self.browser.post("/actions", json!({ "actions": [keys, mouse] })).await
        })
        .await;
    }

    /// What is said about it beside its name.
    pub async fn description(&self) -> String {
        self.settle(async || Ok(self.find().await?.map(|node| node.description).unwrap_or_default())).await
    }

    /// Writes into it, in place of what it had.
    pub async fn fill(&self, text: &str) {
        self.act("clear", json!({})).await;
        self.act("value", json!({ "text": text })).await;
    }

    /// Chooses what a drop-down offers by this name.
    pub async fn choose(&self, option: &str) {
        let option = json!({ "using": "xpath", "value": format!(".//option[normalize-space()='{option}']") });
        self.settle(async || {
            let path = format!("/element/{}/element", self.handle().await?);
            let found = element(&self.browser.post(&path, option.clone()).await?);
            self.browser.post(&format!("/element/{found}/click"), json!({})).await
        })
        .await;
    }

    /// Sets a field for a date or a time as its picker does, in ISO form.
    pub async fn set(&self, value: &str) {
        let set = format!(
            "function () {{
                this.value = '{value}';
                this.dispatchEvent(new Event('input', {{ bubbles: true }}));
            }}"
        );
        self.settle(async || {
            let node = self.find().await?.ok_or("the page itself is no field")?;
            self.browser.apply(&node, &set).await
        })
        .await;
    }

    /// Moves the pointer over it.
    pub async fn point(&self) {
        self.settle(async || {
            let origin = json!({ ELEMENT: self.handle().await? });
            let over = json!({ "type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0 });
            let pointer = json!({ "type": "pointer", "id": "mouse", "actions": [over] });
            self.browser.post("/actions", json!({ "actions": [pointer] })).await
        })
        .await;
    }

    /// Where it is and how large, in CSS pixels.
    pub async fn rect(&self) -> Value {
        self.ask("rect").await
    }

    /// The text that it shows.
    pub async fn text(&self) -> String {
        text(&self.ask("text").await)
    }

    /// One of its properties, such as `value`, `checked` or `ariaExpanded`.
    pub async fn property(&self, name: &str) -> Value {
        self.ask(&format!("property/{name}")).await
    }

    async fn act(&self, action: &str, body: Value) {
        self.settle(async || {
            let path = format!("/element/{}/{action}", self.handle().await?);
            self.browser.post(&path, body.clone()).await
        })
        .await;
    }

    async fn ask(&self, question: &str) -> Value {
        self.settle(async || self.browser.get(&format!("/element/{}/{question}", self.handle().await?)).await)
            .await
    }

    async fn handle(&self) -> Result<String, Failure> {
        let node = self.find().await?.ok_or("the page itself is no element")?;
        self.browser.handle(&node).await
    }

    /// The node; none for the whole page.
    async fn find(&self) -> Result<Option<Node>, Failure> {
        let mut here: Option<Node> = None;
        for mark in &self.path {
            let within = here.as_ref().map(|node| &node.id);
            let mut found = match mark {
                Mark::Named(role, _) | Mark::Like(role, _) | Mark::Nth(role, _) => {
                    self.browser.query(within, role).await?
                }
                Mark::RowWith(cell) => self.browser.rows_with(within, cell).await?,
            };
            match mark {
                Mark::Named(_, name) => found.retain(|node| node.name == *name),
                Mark::Like(_, part) => found.retain(|node| node.name.contains(part)),
                Mark::Nth(_, index) => found = found.into_iter().skip(*index).take(1).collect(),
                Mark::RowWith(_) => {}
            }
            let count = found.len();
            here = found.pop().filter(|_| count == 1);
            if here.is_none() {
                return Err(format!("there are {count} of {mark:?}"));
            }
        }
        Ok(here)
    }

    async fn settle<T>(&self, attempt: impl AsyncFnMut() -> Result<T, Failure>) -> T {
        match settle(attempt).await {
            Ok(value) => value,
            Err(failure) => panic!("{failure}; the page has:{}", self.browser.outline().await),
        }
    }
}

/// A node of the accessibility tree.
#[derive(Debug)]
struct Node {
    id: Value,
    role: String,
    name: String,
    description: String,
}

fn nodes(tree: &Value) -> Vec<Node> {
    let nodes = tree["nodes"].as_array().into_iter().flatten();
    let present = nodes.filter(|node| node["ignored"] == false);
    present
        .map(|node| Node {
            id: node["backendDOMNodeId"].clone(),
            role: text(&node["role"]["value"]),
            name: text(&node["name"]["value"]),
            description: text(&node["description"]["value"]),
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The handle in `WebDriver`'s reference to an element, its only value.
fn element(reference: &Value) -> String {
    reference.as_object().and_then(|object| object.values().next()).map(text).unwrap_or_default()
}
