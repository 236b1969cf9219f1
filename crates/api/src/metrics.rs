//! Metrics for Prometheus.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::Method;
use prometheus::{
    Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};
use ringback_domain::callback::transition::Entry;

/// The metrics of one server.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    transitions: IntCounterVec,
    callbacks_created: IntCounter,
    worker_lag_seconds: GaugeVec,
    worker_failures: IntCounterVec,
    worker_panics: IntCounterVec,
    unreadable_rows: IntGauge,
    feed_lag_seconds: Gauge,
    /// Open event streams.
    pub event_listeners: IntGauge,
    queue_size: IntGauge,
    quarantined: IntGauge,
    clock_steady: IntGauge,
    clock_offset_seconds: Gauge,
}

impl Metrics {
    /// Metrics with no samples yet.
    ///
    /// # Errors
    /// If a name is malformed or used twice, which is a bug.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("ringback_http_requests_total", "Requests answered, by route, method and status"),
            &["method", "route", "status"],
        )?;
        let request_seconds = HistogramVec::new(
            HistogramOpts::new("ringback_http_request_duration_seconds", "Time until a request was answered")
                .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]),
            &["method", "route"],
        )?;
        let transitions = IntCounterVec::new(
            Opts::new("ringback_callback_transitions_total", "Changes of callbacks on this node, by kind"),
            &["action", "to"],
        )?;
        let callbacks_created =
            IntCounter::new("ringback_callbacks_created_total", "Callbacks created on this node")?;
        let worker_lag_seconds = GaugeVec::new(
            Opts::new("ringback_worker_lag_seconds", "How late the oldest piece of work of a worker is"),
            &["worker"],
        )?;
        let worker_failures = IntCounterVec::new(
            Opts::new("ringback_worker_failures_total", "Rounds of a worker that failed"),
            &["worker"],
        )?;
        let worker_panics = IntCounterVec::new(
            Opts::new("ringback_worker_panics_total", "Rounds of a worker that panicked"),
            &["worker"],
        )?;
        let unreadable_rows = IntGauge::new(
            "ringback_unreadable_rows",
            "Rows that cannot be read and are left out, seen by this node in the last hour",
        )?;
        let feed_lag_seconds = Gauge::new(
            "ringback_feed_lag_seconds",
            "Age of the oldest change that a running transaction keeps from the feed",
        )?;
        let event_listeners = IntGauge::new("ringback_event_listeners", "Open event streams")?;
        let queue_size =
            IntGauge::new("ringback_queue_size", "QUEUED callbacks in the database, up to 10 s ago")?;
        let quarantined = IntGauge::new(
            "ringback_callbacks_quarantined",
            "Callbacks that wait for a person to requeue or cancel them, up to 10 s ago",
        )?;
        let clock_steady =
            IntGauge::new("ringback_clock_steady", "1 unless the clock has jumped since the server started")?;
        clock_steady.set(1);
        let clock_offset_seconds = Gauge::new(
            "ringback_clock_offset_seconds",
            "How far PostgreSQL's clock, which is used, is ahead of the node's",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(request_seconds.clone()))?;
        registry.register(Box::new(transitions.clone()))?;
        registry.register(Box::new(callbacks_created.clone()))?;
        registry.register(Box::new(worker_lag_seconds.clone()))?;
        registry.register(Box::new(worker_failures.clone()))?;
        registry.register(Box::new(worker_panics.clone()))?;
        registry.register(Box::new(unreadable_rows.clone()))?;
        registry.register(Box::new(feed_lag_seconds.clone()))?;
        registry.register(Box::new(event_listeners.clone()))?;
        registry.register(Box::new(queue_size.clone()))?;
        registry.register(Box::new(quarantined.clone()))?;
        registry.register(Box::new(clock_steady.clone()))?;
        registry.register(Box::new(clock_offset_seconds.clone()))?;
        Ok(Self {
            registry,
            requests,
            request_seconds,
            transitions,
            callbacks_created,
            worker_lag_seconds,
            worker_failures,
            worker_panics,
            unreadable_rows,
            feed_lag_seconds,
            event_listeners,
            queue_size,
            quarantined,
            clock_steady,
            clock_offset_seconds,
        })
    }

    /// Counts an answered request. The route is the pattern, never the path.
    pub fn answered(&self, method: &Method, route: &str, status: u16, took: Duration) {
        // A closed list, so that invented methods cannot create series.
        let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let method = if known.contains(method) { method.as_str() } else { "other" };
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.request_seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }

    /// Counts a change of a callback.
    pub fn callback_changed(&self, entry: &Entry) {
        if entry.from.is_none() {
            self.callbacks_created.inc();
        }
        self.transitions.with_label_values(&[entry.action.as_str(), entry.to.as_str()]).inc();
    }

    /// Sets how late the oldest work of a worker is.
    pub fn worker_lag(&self, worker: &str, seconds: f64) {
        self.worker_lag_seconds.with_label_values(&[worker]).set(seconds.max(0.0));
    }

    /// Counts a failed round of a worker.
    pub fn worker_failed(&self, worker: &str) {
        self.worker_failures.with_label_values(&[worker]).inc();
    }

    /// Counts a panic of a worker.
    pub fn worker_panicked(&self, worker: &str) {
        self.worker_panics.with_label_values(&[worker]).inc();
    }

    /// Lets the lag of a worker be at least the time since its last good round.
    pub fn worker_stalled(&self, worker: &str, seconds: f64) {
        let lag = self.worker_lag_seconds.with_label_values(&[worker]);
        lag.set(lag.get().max(seconds));
    }

    /// Sets how many rows cannot be read.
    pub fn unreadable_rows(&self, rows: usize) {
        self.unreadable_rows.set(i64::try_from(rows).unwrap_or(i64::MAX));
    }

    /// Sets how old the oldest change is that is kept from the feed.
    pub fn feed_lag(&self, seconds: f64) {
        self.feed_lag_seconds.set(seconds);
    }

    /// Names the release of a set of tables, and where it comes from.
    ///
    /// # Errors
    /// If it was named before, which is a bug.
    pub fn tables(&self, tables: &str, version: &str, source: &str) -> prometheus::Result<()> {
        let name = format!("ringback_{tables}_info");
        let labels = HashMap::from([("version", version), ("source", source)]);
        let labels = labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let info = IntGauge::with_opts(Opts::new(name, "The tables in use").const_labels(labels))?;
        info.set(1);
        self.registry.register(Box::new(info))
    }

    /// Sets the number of QUEUED callbacks, and how many of them are quarantined.
    pub fn queue_size(&self, queued: i64, quarantined: i64) {
        self.queue_size.set(queued);
        self.quarantined.set(quarantined);
    }

    /// Sets whether the clock has never jumped.
    pub fn clock_is_steady(&self, steady: bool) {
        self.clock_steady.set(i64::from(steady));
    }

    /// Sets how far the clock that is used is ahead of the node's.
    pub fn clock_offset(&self, seconds: f64) {
        self.clock_offset_seconds.set(seconds);
    }

    /// The metrics in the text format of Prometheus.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // Encoding into memory cannot fail.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }
}
