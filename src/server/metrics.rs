//! Figures for the operator's monitoring, in the text form that Prometheus reads.
//!
//! Requests are counted as they pass; what the registry itself knows is asked when somebody looks. They have a
//! listener of their own, so that nobody but the operator reaches them.

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry as Collection,
};

use super::admission::{Admission, Class};
use crate::registry::Registry;

mod scrape;

use scrape::Standing;

/// Upper bounds of the buckets of request durations, in seconds.
const BUCKETS: [f64; 13] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Where versions are published.
const PUBLISHES: &str = "/v1/certifications/{supplier}/{service}/versions";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Cow<'static, str>,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: String,
}

type Histograms = Family<RequestLabels, Histogram, fn() -> Histogram>;

/// What is counted as it passes.
pub(super) struct Metrics {
    collection: Collection,
    requests: Histograms,
    publishes: Family<OutcomeLabels, Counter>,
    in_flight: Gauge<i64, AtomicI64>,
    pub connections: Gauge<i64, AtomicI64>,
    pub connected: Counter<u64, AtomicU64>,
    pub sent_away: Counter<u64, AtomicU64>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let requests: Histograms = Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let mut metrics = Metrics {
            collection: Collection::with_prefix("certreg"),
            requests,
            publishes: Family::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            connected: Counter::default(),
            sent_away: Counter::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let to = &mut self.collection;
        let help = "Time from the head of a request to the last byte of its answer, by route and class of status";
        to.register("request_duration_seconds", help, self.requests.clone());
        to.register("publishes", "Versions sent for publishing, by what became of them", self.publishes.clone());
        to.register("requests_in_flight", "Requests that are being read or answered", self.in_flight.clone());
        to.register("connections", "Connections that are open", self.connections.clone());
        to.register("connections_taken", "Connections since the start", self.connected.clone());
        to.register("connections_sent_away", "Connections closed to make room for others", self.sent_away.clone());
    }

    /// Adds what is asked of the registry when somebody looks.
    pub(super) fn watch(&mut self, registry: Arc<Registry>, admission: Admission) {
        self.collection.register_collector(Box::new(Standing { registry, admission }));
    }

    pub(super) fn begins(&self) {
        self.in_flight.inc();
    }

    pub(super) fn ends(
        &self,
        method: &Method,
        route: Cow<'static, str>,
        status: u16,
        problem: Option<&str>,
        took: Duration,
    ) {
        self.in_flight.dec();
        let method = known(method);
        if route == PUBLISHES && method == "POST" {
            // Without a problem the client went away before there was an answer.
            let outcome = if status < 400 { "accepted" } else { problem.unwrap_or("gone") }.to_owned();
            self.publishes.get_or_create(&OutcomeLabels { outcome }).inc();
        }
        let labels = RequestLabels { method, route, status: class_of(status) };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    fn text(&self) -> Result<String, fmt::Error> {
        let mut written = String::new();
        text::encode(&mut written, &self.collection)?;
        Ok(written)
    }
}

/// Anybody may invent methods; labels must stay few.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class_of(status: u16) -> &'static str {
    match status {
        ..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// What the operator's monitoring asks.
pub(super) fn router(metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(show)).with_state(metrics)
}

async fn show(State(metrics): State<Arc<Metrics>>) -> Response {
    // It asks the disk and the index.
    let text = tokio::task::spawn_blocking(move || metrics.text()).await;
    match text {
        Ok(Ok(text)) => {
            let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, media_type)], text).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_publishes_are_counted_by_what_became_of_them() {
        let metrics = Metrics::default();
        for (status, problem) in [(201, None), (409, Some("version-conflict")), (409, Some("version-conflict"))] {
            metrics.begins();
            metrics.ends(&Method::POST, PUBLISHES.into(), status, problem, Duration::from_millis(3));
        }
        metrics.begins();
        let invented = Method::from_bytes(b"INVENTED").expect("a method");
        metrics.ends(&invented, "-".into(), 405, Some("method-not-allowed"), Duration::ZERO);
        let text = metrics.text().expect("text");
        for line in [
            "certreg_publishes_total{outcome=\"accepted\"} 1",
            "certreg_publishes_total{outcome=\"version-conflict\"} 2",
            "certreg_request_duration_seconds_bucket{le=\"0.002\",method=\"POST\",route=\"/v1/certifications/{supplier}/{service}/versions\",status=\"4xx\"} 0",
            "certreg_request_duration_seconds_bucket{le=\"0.005\",method=\"POST\",route=\"/v1/certifications/{supplier}/{service}/versions\",status=\"4xx\"} 2",
            "certreg_request_duration_seconds_count{method=\"other\",route=\"-\",status=\"4xx\"} 1",
            "certreg_requests_in_flight 0",
        ] {
            assert!(text.lines().any(|written| written == line), "{line}\n{text}");
        }
    }
}
