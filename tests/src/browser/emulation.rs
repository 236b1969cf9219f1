//! Other networks, screens, zones and wishes than those of this machine.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::Browser;

impl Browser {
    /// Limits the network as a poor mobile one does, and disables the cache.
    pub async fn slow_3g(&self) {
        self.limit_network(Some(50_000), 400).await;
    }

    /// Limits the network and disables the cache; `None` removes the limit.
    pub async fn throttle_network(&self, bytes_per_second: Option<u32>) {
        self.limit_network(bytes_per_second, 0).await;
    }

    async fn limit_network(&self, bytes_per_second: Option<u32>, latency: u32) {
        let limit = bytes_per_second.map_or(-1, i64::from);
        let limits = json!({
            "offline": false, "latency": latency, "downloadThroughput": limit, "uploadThroughput": limit,
        });
        for (command, parameters) in [
            ("Network.enable", json!({})),
            ("Network.setCacheDisabled", json!({ "cacheDisabled": bytes_per_second.is_some() })),
            ("Network.emulateNetworkConditions", limits),
        ] {
            self.chromium(command, parameters).await.expect("Chromium can emulate networks");
        }
    }

    /// Cuts the page off from the network, or connects it again.
    pub async fn cut_off(&self, offline: bool) {
        let conditions =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.chromium("Network.enable", json!({})).await.expect("it watches the network");
        self.chromium("Network.emulateNetworkConditions", conditions).await.expect("it can be offline");
    }

    /// Stops the browser, as a computer that sleeps does.
    pub fn sleep(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets the browser go on after [`Self::sleep`].
    pub fn wake(&self) {
        self.signal(Signal::CONT);
    }

    /// Signals all processes of the browser, which its driver has started.
    pub(super) fn signal(&self, signal: Signal) {
        let mut processes = vec![self.driver.id()];
        let mut seen = 0;
        while let Some(&parent) = processes.get(seen) {
            // Each thread knows those that it has started.
            for thread in fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten() {
                let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
                processes.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
            }
            seen += 1;
        }
        for pid in processes.into_iter().skip(1).filter_map(|pid| Pid::from_raw(pid.cast_signed())) {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
        }
    }

    /// Sets the size of the viewport.
    pub async fn resize(&self, width: u32, height: u32) {
        let device = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.chromium("Emulation.setDeviceMetricsOverride", device).await.expect("it takes the size");
    }

    /// Emulates a feature that the person may prefer, such as `forced-colors`.
    pub async fn prefer(&self, feature: &str, value: &str) {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.chromium("Emulation.setEmulatedMedia", features).await.expect("it knows the feature");
    }

    /// Sets the time zone of the page, such as `Asia/Tokyo`.
    pub async fn time_zone(&self, name: &str) {
        let zone = json!({ "timezoneId": name });
        self.chromium("Emulation.setTimezoneOverride", zone).await.expect("it knows the zone");
    }

    /// Blocks requests to addresses that match one of these patterns.
    pub async fn block(&self, addresses: &[&str]) {
        self.chromium("Network.enable", json!({})).await.expect("it watches the network");
        let urls = json!({ "urls": addresses });
        self.chromium("Network.setBlockedURLs", urls).await.expect("it refuses them");
    }
}
