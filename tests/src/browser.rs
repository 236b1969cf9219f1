//! A headless browser. Elements are found by role and accessible name, as people
//! and assistive technology find them, never by classes or ids.
//!
//! The protocol is `WebDriver`: a few JSON requests to `chromedriver`. The
//! accessibility tree comes from the `DevTools` protocol, through `chromedriver`.

mod axe;
mod driver;
mod emulation;
pub mod key;

use std::fmt::Write as _;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Child, ChildStdout};

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{retry, setting, wait_for};

/// Flags that switch off what tests do not need.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    // Containers have little shared memory.
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

/// A running browser with its own profile. Dropping it closes the browser.
#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    driver: Child,
    /// Kept open, as the driver must be able to write to it.
    _output: BufReader<ChildStdout>,
    port: u16,
    session: String,
    /// Profile, downloads and temporary files.
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
        // The shell refuses downloads until it is told where to put them.
        let downloads = json!({ "behavior": "allow", "downloadPath": browser.downloads() });
        browser.chromium("Browser.setDownloadBehavior", downloads).await.expect("it keeps downloads");
        browser
    }

    async fn open_session(&self) -> String {
        let mut options = json!({ "args": FLAGS });
        if let Some(program) = setting("RINGBACK_TEST_CHROMIUM") {
            options["binary"] = program.into();
        }
        let capabilities =
            json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
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

    /// Opens another tab and shows it; returns both tabs, this one first.
    pub async fn open_tab(&self) -> [String; 2] {
        let here = text(&self.get("/window").await.expect("there is a tab"));
        let opened = self.post("/window/new", json!({ "type": "tab" })).await.expect("a tab opens");
        let tab = text(&opened["handle"]);
        self.show_tab(&tab).await;
        [here, tab]
    }

    /// Shows a tab.
    pub async fn show_tab(&self, tab: &str) {
        self.post("/window", json!({ "handle": tab })).await.expect("the tab is there");
    }

    /// Runs a script on every page of this tab before the page's own.
    pub async fn prepare_pages(&self, script: &str) {
        let source = json!({ "source": script });
        self.chromium("Page.addScriptToEvaluateOnNewDocument", source).await.expect("it takes the script");
    }

    /// Runs a function with this body in the page and returns its result.
    pub async fn script(&self, body: &str) -> Value {
        let call = json!({ "script": body, "args": [] });
        self.post("/execute/sync", call).await.unwrap_or_else(|error| panic!("{error} in {body}"))
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub async fn before_pages(&self, script: &str) {
        let source = json!({ "source": script });
        self.chromium("Page.addScriptToEvaluateOnNewDocument", source).await.expect("it takes the script");
    }

    fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Waits for a downloaded file, and returns and removes it; what is not text of it
    /// is lost. A `*` in its name stands for anything.
    pub async fn downloaded(&self, name: &str) -> String {
        let (start, end) = name.split_once('*').unwrap_or((name, ""));
        let find = || {
            let files = std::fs::read_dir(self.downloads()).ok()?.filter_map(Result::ok);
            files.map(|file| file.path()).find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(start) && name.ends_with(end)
            })
        };
        // Chromium may create an empty file first.
        let read = || {
            let file = find()?;
            let bytes = std::fs::read(&file).ok().filter(|bytes| !bytes.is_empty())?;
            Some((file, String::from_utf8_lossy(&bytes).into_owned()))
        };
        let (file, text) = wait_for(name, async || read()).await;
        std::fs::remove_file(&file).expect("it can be removed");
        text
    }

    /// Runs an asynchronous function with this body in the page and returns its
    /// result.
    pub async fn script_async(&self, body: &str) -> Value {
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

    /// Chromium's metrics of the page after a garbage collection, such as
    /// `JSHeapUsedSize` in bytes.
    pub async fn metrics(&self) -> Value {
        let run =
            async |command| self.chromium(command, json!({})).await.expect("Chromium knows the command");
        run("HeapProfiler.collectGarbage").await;
        run("Performance.enable").await;
        let metrics = run("Performance.getMetrics").await;
        let pairs = metrics["metrics"].as_array().into_iter().flatten();
        pairs.map(|pair| (text(&pair["name"]), pair["value"].clone())).collect()
    }

    /// The lines of the console since the last call, with errors of scripts and
    /// violations of the content security policy.
    pub async fn console(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" })).await.expect("the console");
        let lines = log.as_array().into_iter().flatten();
        lines.map(|line| format!("{} {}", text(&line["level"]), text(&line["message"]))).collect()
    }

    /// Types into the element with the focus.
    pub async fn type_keys(&self, keys: &str) {
        let focused = self.get("/element/active").await.expect("something has the focus");
        let path = format!("/element/{}/value", element(&focused));
        self.post(&path, json!({ "text": keys })).await.expect("it takes keys");
    }

    /// Presses one key as a keyboard does, whereas [`Self::type_keys`] sets the
    /// whole value of a field for a date or time.
    pub async fn press_key(&self, key: &str) {
        let stroke = ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key }));
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": stroke }]);
        self.post("/actions", json!({ "actions": actions })).await.expect("the key is pressed");
    }

    /// Clicks at the position of the pointer.
    pub async fn press_mouse(&self) {
        let actions = json!([{ "type": "pointerDown", "button": 0 }, { "type": "pointerUp", "button": 0 }]);
        let pointer = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.post("/actions", json!({ "actions": [pointer] })).await.expect("the button is pressed");
    }

    /// Presses the mouse at one place of the window and releases it at another, in CSS
    /// pixels.
    pub async fn drag(&self, from: [i64; 2], to: [i64; 2]) {
        let reach = |[x, y]: [i64; 2]| json!({ "type": "pointerMove", "duration": 0, "x": x, "y": y });
        let half = [from[0].midpoint(to[0]), from[1].midpoint(to[1])];
        let actions = json!([
            reach(from), { "type": "pointerDown", "button": 0 }, reach(half), reach(to),
            { "type": "pointerUp", "button": 0 },
        ]);
        let pointer = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.post("/actions", json!({ "actions": [pointer] })).await.expect("the mouse is dragged");
    }

    /// Role and name of the element with the focus, such as `button "Save"`.
    pub async fn focus(&self) -> String {
        // The element may be replaced between the requests.
        let focus = retry(async || {
            let focused = self.get("/element/active").await?;
            let path = format!("/element/{}", element(&focused));
            let role = self.get(&format!("{path}/computedrole")).await?;
            let name = self.get(&format!("{path}/computedlabel")).await?;
            Ok::<_, Failure>(format!("{} {name}", text(&role)))
        });
        focus.await.expect("something has the focus")
    }

    /// The element with this role and exactly this name.
    pub fn at(&self, role: &'static str, name: &str) -> Locator<'_> {
        self.page().at(role, name)
    }

    /// The whole page.
    pub fn page(&self) -> Locator<'_> {
        Locator { browser: self, path: Vec::new() }
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

    /// The elements with a role in the accessibility tree.
    async fn query(&self, within: Option<&Value>, role: &str) -> Result<Vec<Node>, Failure> {
        self.ask_tree(within, json!({ "role": role })).await
    }

    /// The rows with a cell of this name; rows themselves have no names.
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

    /// Calls a function with the node as `this` and returns its result.
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

    /// All elements with a name, for the message of a failed test.
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
    /// Ends the browser and its driver. Its profile is removed with the folder.
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Describes how to find an element. Each use looks it up again and waits for it,
/// since pages replace their elements.
#[derive(Clone, Debug)]
pub struct Locator<'a> {
    browser: &'a Browser,
    path: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Named(&'static str, String),
    Like(&'static str, String),
    Nth(&'static str, usize),
    RowWith(String),
}

impl Locator<'_> {
    /// The element in here with this role and exactly this name.
    #[must_use]
    pub fn at(&self, role: &'static str, name: &str) -> Self {
        self.then(Step::Named(role, name.to_owned()))
    }

    /// The element in here with this role whose name contains this part.
    #[must_use]
    pub fn like(&self, role: &'static str, part: &str) -> Self {
        self.then(Step::Like(role, part.to_owned()))
    }

    /// The element in here with this role and this index among them, from 0.
    #[must_use]
    pub fn nth(&self, role: &'static str, index: usize) -> Self {
        self.then(Step::Nth(role, index))
    }

    /// The row in here that has a cell with exactly this text.
    #[must_use]
    pub fn row_with(&self, cell: &str) -> Self {
        self.then(Step::RowWith(cell.to_owned()))
    }

    fn then(&self, step: Step) -> Self {
        let mut locator = self.clone();
        locator.path.push(step);
        locator
    }

    /// Waits until it is on the page.
    pub async fn shown(&self) {
        self.retry(async || self.find().await).await;
    }

    /// Waits until it is not on the page.
    pub async fn gone(&self) {
        self.retry(async || match self.find().await {
            Ok(_) => Err("it is still there".to_owned()),
            Err(_) => Ok(()),
        })
        .await;
    }

    /// The current names of all elements with a role in here.
    pub async fn names(&self, role: &str) -> Vec<String> {
        let names = async || {
            let here = self.find().await?;
            let nodes = self.browser.query(here.as_ref().map(|node| &node.id), role).await?;
            Ok(nodes.into_iter().map(|node| node.name).collect())
        };
        self.retry(names).await
    }

    /// Clicks it.
    pub async fn click(&self) {
        self.act("click", json!({})).await;
    }

    /// Clicks it while Shift is held down.
    pub async fn shift_click(&self) {
        const SHIFT: &str = "\u{E008}";
        self.retry(async || {
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

    /// Its accessible description.
    pub async fn description(&self) -> String {
        self.retry(async || Ok(self.find().await?.map(|node| node.description).unwrap_or_default())).await
    }

    /// Replaces its text.
    pub async fn fill(&self, text: &str) {
        self.act("clear", json!({})).await;
        self.act("value", json!({ "text": text })).await;
    }

    /// Chooses an option of a drop-down.
    pub async fn choose(&self, option: &str) {
        let option = json!({ "using": "xpath", "value": format!(".//option[normalize-space()='{option}']") });
        self.retry(async || {
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
        self.retry(async || {
            let node = self.find().await?.ok_or("the page itself is not a field")?;
            self.browser.apply(&node, &set).await
        })
        .await;
    }

    /// Moves the pointer over it.
    pub async fn hover(&self) {
        self.retry(async || {
            let origin = json!({ ELEMENT: self.handle().await? });
            let hover = json!({ "type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0 });
            let pointer = json!({ "type": "pointer", "id": "mouse", "actions": [hover] });
            self.browser.post("/actions", json!({ "actions": [pointer] })).await
        })
        .await;
    }

    /// Its position and size, in CSS pixels.
    pub async fn rect(&self) -> Value {
        self.read("rect").await
    }

    /// The text that it shows.
    pub async fn text(&self) -> String {
        text(&self.read("text").await)
    }

    /// One of its properties, such as `value`, `checked` or `ariaExpanded`.
    pub async fn property(&self, name: &str) -> Value {
        self.read(&format!("property/{name}")).await
    }

    async fn act(&self, action: &str, body: Value) {
        self.retry(async || {
            let path = format!("/element/{}/{action}", self.handle().await?);
            self.browser.post(&path, body.clone()).await
        })
        .await;
    }

    async fn read(&self, path: &str) -> Value {
        self.retry(async || self.browser.get(&format!("/element/{}/{path}", self.handle().await?)).await)
            .await
    }

    async fn handle(&self) -> Result<String, Failure> {
        let node = self.find().await?.ok_or("the page itself is not an element")?;
        self.browser.handle(&node).await
    }

    /// The node; `None` for the whole page.
    async fn find(&self) -> Result<Option<Node>, Failure> {
        let mut here: Option<Node> = None;
        for step in &self.path {
            let within = here.as_ref().map(|node| &node.id);
            let mut found = match step {
                Step::Named(role, _) | Step::Like(role, _) | Step::Nth(role, _) => {
                    self.browser.query(within, role).await?
                }
                Step::RowWith(cell) => self.browser.rows_with(within, cell).await?,
            };
            match step {
                Step::Named(_, name) => found.retain(|node| node.name == *name),
                Step::Like(_, part) => found.retain(|node| node.name.contains(part)),
                Step::Nth(_, index) => found = found.into_iter().skip(*index).take(1).collect(),
                Step::RowWith(_) => {}
            }
            let count = found.len();
            here = found.pop().filter(|_| count == 1);
            if here.is_none() {
                return Err(format!("there are {count} of {step:?}"));
            }
        }
        Ok(here)
    }

    async fn retry<T>(&self, attempt: impl AsyncFnMut() -> Result<T, Failure>) -> T {
        match retry(attempt).await {
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

/// The handle of an element: the only value in `WebDriver`'s reference to it.
fn element(reference: &Value) -> String {
    reference.as_object().and_then(|object| object.values().next()).map(text).unwrap_or_default()
}
