//! What is asked of the registry when somebody looks at the metrics.

use std::{fmt, fs, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use super::{Admission, Class, Registry};
use crate::registry::{
    figures::{Stage, WriteFigures},
    health::Health,
};

/// The registry as it stands.
pub(super) struct Standing {
    pub registry: Arc<Registry>,
    pub admission: Admission,
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Standing")
    }
}

impl Collector for Standing {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut to = Sheet(&mut encoder);
        self.classes(&mut to)?;
        writing(&self.registry.write_figures(), &mut to)?;
        health(&self.registry.health(), &mut to)?;
        memory(&mut to)?;
        self.scrubbed(&mut to)
    }
}

impl Standing {
    /// What the last scrub came to; nothing before the first.
    fn scrubbed(&self, to: &mut Sheet<'_, '_>) -> fmt::Result {
        let Some(last) = self.registry.last_scrub() else { return Ok(()) };
        let age = self.registry.clock().now().unix_seconds() - last.at.unix_seconds();
        to.gauge("damage", "Places in which the last scrub found something wrong", signed(last.wrong.len() as u64))?;
        to.gauge("scrub_age_seconds", "Time since everything that is stored was read again", age)?;
        to.gauge("scrub_milliseconds", "How long that took", signed(last.took.as_millis() as u64))
    }

    fn classes(&self, to: &mut Sheet<'_, '_>) -> fmt::Result {
        let figures = Class::WITH_SLOTS.map(|class| (class.as_str(), self.admission.figures(class)));
        let working = figures.map(|(class, (working, _, _))| (class, working as i64));
        let waiting = figures.map(|(class, (_, waiting, _))| (class, waiting as i64));
        to.gauges("requests_working", "Requests that have a slot, by class", &working)?;
        to.gauges("requests_waiting", "Requests that wait for a slot, by class", &waiting)?;
        let shed = figures.map(|(class, (_, _, shed))| (class, shed));
        to.counters("requests_shed", "Requests turned away with 503, by class", "class", &shed)
    }
}

/// What the queue and the writer have been doing.
fn writing(figures: &WriteFigures, to: &mut Sheet<'_, '_>) -> fmt::Result {
    to.gauge("publish_queue_depth", "Submissions that wait for the writer", signed(figures.waiting))?;
    to.counter("publish_queue_turned_away", "Submissions that found no place in the queue", figures.turned_away)?;
    to.counter("publish_groups", "Groups of commits that were made durable together", figures.groups)?;
    to.counter("publish_commits", "Commits that were made durable", figures.commits)?;
    to.counter("sync_errors", "Syncs that the disk did not confirm", figures.sync_errors)?;
    let stages = || Stage::ALL.iter().zip(&figures.stages);
    let times: Vec<_> = stages().map(|(stage, spent)| (stage.as_str(), spent.count)).collect();
    to.counters("publish_stages", "How often a stage of publishing was gone through", "stage", &times)?;
    let spent: Vec<_> = stages().map(|(stage, spent)| (stage.as_str(), spent.total.as_secs_f64())).collect();
    to.counters("publish_stage_seconds", "Time spent in a stage of publishing", "stage", &spent)
}

fn health(health: &Health, to: &mut Sheet<'_, '_>) -> fmt::Result {
    to.gauge("ready", "Whether /readyz says so", i64::from(health.reasons.is_empty()))?;
    to.gauge("log_size", "Entries of the log", signed(health.log_size))?;
    to.gauge("index_lag_commits", "Commits that the index does not know yet", signed(health.index_lag))?;
    if let Some(free) = health.free_bytes {
        to.gauge("free_bytes", "Room on the volume of the data folder", signed(free))?;
    }
    if let Some(age) = health.checkpoint_age_seconds {
        to.gauge("checkpoint_age_seconds", "Time since a witness signed the shown checkpoint", age)?;
    }
    if let Some(behind) = health.unwitnessed {
        to.gauge(
            "checkpoint_lag_entries",
            "Entries of the log that the shown checkpoint does not cover",
            signed(behind),
        )?;
    }
    Ok(())
}

/// What the process takes of the machine's memory: its own, and the parts of files that the kernel lends it as long as
/// nobody else needs the room. Nothing where the kernel does not say.
fn memory(to: &mut Sheet<'_, '_>) -> fmt::Result {
    let Some((own, files)) = fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident) else {
        return Ok(());
    };
    to.gauge(
        "memory_own_bytes",
        "Resident memory that is the process's own: what counts against a limit",
        signed(own),
    )?;
    to.gauge("memory_file_bytes", "Resident parts of mapped files, which the kernel may take back", signed(files))
}

/// Anonymous and file-backed resident bytes, from the kernel's words (proc_pid_status(5)).
fn resident(status: &str) -> Option<(u64, u64)> {
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    };
    Some((kib("RssAnon:")?, kib("RssFile:")?))
}

fn signed(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}

/// Where figures are written.
struct Sheet<'a, 'b>(&'a mut DescriptorEncoder<'b>);

impl Sheet<'_, '_> {
    fn gauge(&mut self, name: &str, help: &str, value: i64) -> fmt::Result {
        let gauge = ConstGauge::new(value);
        let encoder = self.0.encode_descriptor(name, help, None, gauge.metric_type())?;
        gauge.encode(encoder)
    }

    fn gauges(&mut self, name: &str, help: &str, values: &[(&'static str, i64)]) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, ConstGauge::new(0i64).metric_type())?;
        for (class, value) in values {
            ConstGauge::new(*value).encode(encoder.encode_family(&[("class", *class)])?)?;
        }
        Ok(())
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let counter = ConstCounter::new(value);
        let encoder = self.0.encode_descriptor(name, help, None, counter.metric_type())?;
        counter.encode(encoder)
    }

    fn counters<N: EncodeCounterValue + Copy>(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: &[(&'static str, N)],
    ) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (of, value) in values {
            ConstCounter::new(*value).encode(encoder.encode_family(&[(label, *of)])?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_its_own_memory_from_that_of_files() {
        let status = "VmRSS:\t  900 kB\nRssAnon:\t     3 kB\nRssFile:\t   5 kB\nRssShmem:\t 0 kB\n";
        assert_eq!(resident(status), Some((3 * 1024, 5 * 1024)));
        assert_eq!(resident("VmRSS:\t  900 kB\n"), None);
        let own = fs::read_to_string("/proc/self/status").expect("Linux");
        let (anonymous, _) = resident(&own).expect("the kernel's figures");
        assert!(anonymous > 0);
    }
}
