//! What a person sees before the page's module has arrived.

use ringback_tests::{Browser, figure};
use serde_json::Value;

use super::start;

#[tokio::test]
async fn the_shell_is_shown_before_any_script_has_arrived() {
    let app = start(None).await;
    let browser = Browser::start().await;
    browser.block(&["*.js", "*.wasm"]).await;
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    let shell = browser.script(
        "const mark = document.querySelector('.boot__bar i'); \
         return mark.offsetWidth > 0 && getComputedStyle(mark).backgroundColor !== 'rgba(0, 0, 0, 0)'",
    );
    assert_eq!(shell.await, true);
}

#[tokio::test]
async fn the_shell_waits_for_none_of_the_large_files() {
    let app = start(None).await;
    let browser = Browser::start().await;
    browser.slow_3g().await;
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    browser.at("button", "Sign in").shown().await;
    let times = browser.script(
        "const file = (name) => performance.getEntriesByType('resource').find(one => one.name.includes(name)).responseEnd; \
         const paint = performance.getEntriesByName('first-paint')[0].startTime; \
         return { paint, app: file('/assets/app-'), module: file('.wasm'), font: file('.woff2') }",
    );
    let times: Value = times.await;
    figure(format_args!("Slow 3G, in milliseconds: {times}"));
    for large in ["app", "module", "font"] {
        assert!(times["paint"].as_f64() < times[large].as_f64(), "painted after {large}: {times}");
    }
}
