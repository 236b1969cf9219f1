//! P11: the Callbacks page with a million callbacks in a real browser: how long a
//! person waits, and a minute of five hundred changes per second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use ringback_domain::Timestamp;
use ringback_tests::Browser;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Client, Result, load};
use crate::report::{self, Report};
use crate::subject::Subject;
use crate::{Bench, now};

/// Samples of each action; with twenty, p95 would be the largest.
const SAMPLES: usize = 40;
/// 10 Mbit/s in bytes per second.
const TEN_MEGABITS: u32 = 1_250_000;
/// Records in the largest batch that the goal is for.
const BATCH_SIZE: usize = 50;
/// Five hundred changes per second.
const PACE: Duration = Duration::from_millis(2);
const CLIENTS: usize = 10;
const STORM: Duration = Duration::from_mins(1);
/// Boxes that are ticked during the storm.
const BOXES: usize = 60;

/// Functions for the page: they wait until a condition holds and is painted, note
/// when a list arrived, and inject records into the event stream.
const HELPERS: &str = "
    window.frame = () => new Promise(requestAnimationFrame);
    window.rows = () => [...document.querySelectorAll('tr.row')].filter((row) => row.offsetParent !== null);
    window.busy = () => document.querySelector('.tablewrap[aria-busy]') !== null;
    window.task = () => new Promise((resolve) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = resolve;
        channel.port2.postMessage(0);
    });
    window.until = async (so) => {
        const started = performance.now();
        do {
            if (performance.now() - started > 10000) throw new Error('not within 10 s: ' + so);
            await frame();
        } while (!so());
        await task();
        return performance.now() - started;
    };
    const text = Response.prototype.text;
    Response.prototype.text = async function () {
        const read = await text.call(this);
        if (this.url.includes('/callbacks?')) window.came = performance.now();
        return read;
    };
    const read = ReadableStreamDefaultReader.prototype.read;
    let next = null;
    ReadableStreamDefaultReader.prototype.read = async function () {
        next ??= read.call(this);
        const chunk = await Promise.race([next, new Promise((resolve) => { window.inject = resolve; })]);
        if (!chunk.injected) next = null;
        return chunk;
    };
    window.longest = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration);
    }).observe({ type: 'longtask' });
    window.seen = [];
    window.watch = () => new MutationObserver((changes) => {
        // The start of a mark, not its removal.
        const marked = new Set(changes.map(({ target }) => target).filter((cell) => cell.dataset.changed));
        for (const cell of marked) seen.push([cell.parentElement.dataset.id, Date.now()]);
    }).observe(document.querySelector('tbody'), {
        subtree: true, attributes: true, attributeFilter: ['data-changed'],
    });
";

/// Clicks on Next page. Returns the time until it was painted, the time from its
/// data until it was painted, and the time from its data until it was laid out;
/// `null` on the last page.
const NEXT: &str = "
    const top = () => document.querySelector('tr.row')?.dataset.id;
    const first = top();
    // The observer runs between the layout of a frame and its painting.
    const laidOut = new Promise((resolve) => new MutationObserver((_, rows) => {
        if (!top() || top() === first) return;
        rows.disconnect();
        new ResizeObserver((_, sizes) => {
            sizes.disconnect();
            resolve(performance.now());
        }).observe(document.querySelector('tr.row'));
    }).observe(document.querySelector('tbody'), { childList: true }));
    const link = [...document.querySelectorAll('a')].find((link) =>
        (link.getAttribute('aria-label') ?? link.textContent).includes('Next page'));
    if (link.ariaDisabled) return null;
    link.click();
    const all = await until(() => top() && top() !== first && !busy());
    return [all, performance.now() - came, await laidOut - came];
";

/// Types into the search box. Returns the time until the rows on the page are
/// filtered, and the time until the rows of the server are shown.
const TYPE: &str = "
    const box = document.querySelector('input[type=search]');
    box.value = TEXT;
    box.dispatchEvent(new Event('input', { bubbles: true }));
    const marked = () => rows().every((row) => row.querySelector('mark'));
    const here = await until(marked);
    const from = performance.now();
    await until(() => location.search.includes('q=' + TEXT) && !busy() && rows().length > 0 && marked());
    return [here, here + performance.now() - from];
";

const CLEAR: &str = "
    const box = document.querySelector('input[type=search]');
    box.value = '';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    return await until(() => !location.search.includes('q=') && !busy() && rows().length === 250);
";

/// Injects records together. Returns the time until they are laid out. It starts
/// right after a frame, so that none is painted in between.
const BATCH: &str = "
    const value = new TextEncoder().encode(TEXT);
    await frame();
    await task();
    const started = performance.now();
    inject({ injected: true, done: false, value });
    await task();
    document.body.getBoundingClientRect();
    return performance.now() - started;
";

/// KiB of the page's compressed lists, and of the module's memory.
const LISTS: &str = "return performance.getEntriesByType('resource')
    .filter((entry) => entry.name.includes('/callbacks?')).map((entry) => entry.encodedBodySize / 1024)";
const MEMORY: &str = "
    const { default: module } = await import(document.querySelector('link[rel=modulepreload]').href);
    return (await module()).memory.buffer.byteLength / 1024;
";

/// Milliseconds since the Unix epoch, as in JavaScript.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of this century are far below 2⁵³")]
fn milliseconds(at: Timestamp) -> f64 {
    (at.micros() / 1_000) as f64
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

/// The growth of a metric of the browser.
fn growth(name: &str, before: &Value, after: &Value) -> f64 {
    number(&after[name]) - number(&before[name])
}

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P11", "the page in Chromium, 1440 × 900; milliseconds unless said otherwise");
    report::spreads();
    let (subject, report) = (&bench.ours, &mut bench.report);
    let browser = log_in(subject).await?;
    first_loads(&browser, report).await;
    let elements = browser.script("return document.querySelectorAll('*').length").await;
    report.spread("elements on the page", vec![number(&elements)], Some(9_000.0));
    paging(&browser, report).await?;
    typing(&browser, report).await;

    browser.script("watch()").await;
    let ids = texts(&browser.script("return rows().map((row) => row.dataset.id)").await);
    let times = browser.script("return rows().map((row) => row.querySelector('time').dateTime)").await;
    let base = times[0].as_str().unwrap_or_default().parse().map_err(|_| "a row has no time")?;
    let mut client = subject.client().await?;
    let taken = commands(&browser, &mut client, &ids, base).await?;
    report.spread("from a command until its row has changed", taken, None);
    let taken = batches(&browser, &mut client, &ids).await?;
    report.spread("a batch of 50 records until it is laid out", taken, Some(16.0));
    storm(&browser, subject, report, base).await
}

/// Logs a supervisor in, with the list of tomorrow's callbacks.
async fn log_in(subject: &Subject) -> Result<Browser> {
    let password = Uuid::new_v4().simple().to_string();
    let name = format!("page-{}", Uuid::new_v4().simple());
    let person = json!({"username": name, "password": password, "role": "supervisor"});
    subject.client().await?.post("/api/v1/users", &person.to_string()).await?;
    let browser = Browser::start().await;
    browser.resize(1440, 900).await;
    browser.open(&format!("http://{}/callbacks?range=tomorrow", subject.process()?.address)).await;
    browser.at("textbox", "Username").fill(&name).await;
    browser.at("textbox", "Password").fill(&password).await;
    browser.at("button", "Sign in").click().await;
    browser.at("heading", "Callbacks").shown().await;
    Ok(browser)
}

/// Measures the first load of the page until it shows its list.
async fn first_loads(browser: &Browser, report: &mut Report) {
    let painted = "await until(() => rows().length === 250 && !busy()); return performance.now()";
    let mut taken = Vec::new();
    browser.throttle_network(Some(TEN_MEGABITS)).await;
    for _ in 0..5 {
        browser.reload().await;
        browser.script(HELPERS).await;
        taken.push(number(&browser.script_async(painted).await));
    }
    browser.throttle_network(None).await;
    report.spread("a list to use after the first load at 10 Mbit/s", taken, Some(1_500.0));
}

async fn paging(browser: &Browser, report: &mut Report) -> Result<()> {
    let before = browser.metrics().await;
    let (mut clicked, mut drawn, mut laid_out) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let taken = browser.script_async(NEXT).await;
        if taken.is_null() {
            break;
        }
        clicked.push(number(&taken[0]));
        drawn.push(number(&taken[1]));
        laid_out.push(number(&taken[2]));
    }
    let all = growth("ThreadTime", &before, &browser.metrics().await);
    let each = all * 1_000.0 / f64::from(u32::try_from(clicked.len().max(1))?);
    let lists = browser.script(LISTS).await;
    let lists = lists.as_array().into_iter().flatten().map(number).collect();
    report.spread("a list, KiB gzip", lists, Some(40.0));
    report.spread("from its data until 250 rows are laid out", laid_out, Some(150.0));
    report.spread("from its data until they are painted", drawn, None);
    report.spread("from the click on Next page until then", clicked, None);
    report.spread("for all of that, time of a core in the page's thread", vec![each], None);
    Ok(())
}

async fn typing(browser: &Browser, report: &mut Report) {
    let (mut here, mut all) = (Vec::new(), Vec::new());
    for text in ["4", "47", "2", "25", "7", "71", "9", "90", "3", "38"] {
        let both = browser.script_async(&TYPE.replace("TEXT", &format!("'{text}'"))).await;
        here.push(number(&both[0]));
        all.push(number(&both[1]));
        browser.script_async(CLEAR).await;
    }
    report.spread("from a key in the search box until the page is filtered", here, Some(50.0));
    report.spread("from then, with 150 ms pause, until the server's are there", all, None);
}

/// Times from a command of another client until the page shows the change.
async fn commands(
    browser: &Browser,
    client: &mut Client,
    ids: &[String],
    base: Timestamp,
) -> Result<Vec<f64>> {
    let mut taken = Vec::new();
    for id in ids.iter().take(SAMPLES) {
        browser.script("seen.length = 0").await;
        let started = now();
        let body = json!({"desired_time": base.plus_seconds(7)}).to_string();
        // Only SCHEDULED callbacks can be rescheduled.
        if client.post(&format!("/api/v1/callbacks/{id}/reschedule"), &body).await.is_err() {
            continue;
        }
        let seen = browser
            .script_async(&format!(
                "await until(() => seen.some(([id]) => id === '{id}')); return seen.find(([id]) => id === '{id}')[1]"
            ))
            .await;
        taken.push(number(&seen) - milliseconds(started));
    }
    Ok(taken)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

/// Times for batches of records, which are injected without the server.
async fn batches(browser: &Browser, client: &mut Client, ids: &[String]) -> Result<Vec<f64>> {
    let mut records = Vec::new();
    for id in ids.iter().take(BATCH_SIZE) {
        records
            .push(serde_json::from_slice::<Value>(&client.get(&format!("/api/v1/callbacks/{id}")).await?)?);
    }
    let mut taken = Vec::new();
    for turn in 0..SAMPLES {
        let events = records.iter_mut().map(|record| {
            record["metrics"]["agent"] = format!("Agent {turn}").into();
            ["event: callback\ndata: ", &record.to_string(), "\n\n"].concat()
        });
        let text: String = events.collect();
        taken.push(number(&browser.script_async(&BATCH.replace("TEXT", &json!(text).to_string())).await));
    }
    Ok(taken)
}

/// Five hundred changes per second while a person selects rows.
async fn storm(browser: &Browser, subject: &Subject, report: &mut Report, base: Timestamp) -> Result<()> {
    let movable = browser
        .script(
            "return rows().filter((row) => row.innerText.includes('SCHEDULED')).map((row) => row.dataset.id)",
        )
        .await;
    let movable = Arc::new(texts(&movable));
    browser.script("seen.length = 0; longest = 0").await;
    let before = browser.metrics().await;
    let memory_before = number(&browser.script_async(MEMORY).await);
    let started = tokio::time::Instant::now();
    let login = subject.login()?;
    let work = load(subject.process()?, &login, CLIENTS, STORM, move |client, round| {
        let movable = Arc::clone(&movable);
        async move {
            // Each at a fixed time, so that slow answers do not lower the rate.
            tokio::time::sleep_until(started + PACE * u32::try_from(round)?).await;
            let id = &movable[round % movable.len()];
            let body = json!({"desired_time": base.plus_seconds(i64::try_from(round % 600)?)}).to_string();
            client.post(&format!("/api/v1/callbacks/{id}/reschedule"), &body).await?;
            Ok(1)
        }
        .boxed_local()
    });
    let (figures, taken) = tokio::join!(work, tick_boxes(browser));
    let (figures, chosen) = (figures?, taken.len());
    let after = browser.metrics().await;
    report.spread(&format!("a box ticked during {:.0} changes a second", figures.rate()), taken, None);
    let memory = number(&browser.script_async(MEMORY).await);
    report.spread("the module's memory afterwards, KiB", vec![memory], Some(memory_before));
    report.spread("JavaScript's heap afterwards, KiB", vec![number(&after["JSHeapUsedSize"]) / 1024.0], None);
    let ticked = browser.script("return document.querySelectorAll('tbody input:checked').length").await;
    let changes = browser.script("return seen.length").await;
    let longest = browser.script("return longest").await;
    println!(
        "\nof {} changes the page showed {changes}, the longest task was {longest} ms, {ticked} of {chosen} boxes \
         stayed ticked",
        figures.done
    );
    for name in ["JSHeapUsedSize", "Nodes", "JSEventListeners"] {
        println!("{name}: {} before, {} after", before[name], after[name]);
    }
    let share = growth("ThreadTime", &before, &after) / growth("Timestamp", &before, &after);
    println!("the page's thread took {:.0} % of a core", 100.0 * share);
    Ok(())
}

/// Ticks a box about once a second during the storm. Returns how long each took.
async fn tick_boxes(browser: &Browser) -> Vec<f64> {
    let (started, mut taken) = (Instant::now(), Vec::new());
    while started.elapsed() < STORM && taken.len() < BOXES {
        let select = format!(
            "const box = rows()[{}].querySelector('input[type=checkbox]'); box.click(); \
             return await until(() => box.checked)",
            taken.len() * 4
        );
        taken.push(number(&browser.script_async(&select).await));
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    taken
}
