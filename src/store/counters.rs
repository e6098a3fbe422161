//! What the store says of itself at `/metrics`.

use prometheus::{
    Encoder, Gauge, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use super::remote_write::RemoteWriteCounters;
use super::scrape::now_ms;
use super::storage::Storage;

/// The store's own metrics.
#[derive(Debug)]
pub struct Counters {
    registry: Registry,
    scrapes: IntCounter,
    samples: IntCounter,
    refused: IntCounter,
    rule_evaluations: IntCounterVec,
    rule_failures: IntCounterVec,
    rule_evaluations_missed: IntCounterVec,
    rule_files_refused: IntGauge,
    series: IntGauge,
    bytes: IntGauge,
    remote_write: Option<RemoteWriteCounters>,
}

impl Counters {
    /// All at zero; the start time is now, in seconds since the Unix epoch.
    pub fn new(now_seconds: f64) -> prometheus::Result<Self> {
        let counters = Self {
            registry: Registry::new(),
            scrapes: IntCounter::new(
                "mephisto_store_scrapes_total",
                "Scrapes whose samples are on the disk",
            )?,
            samples: IntCounter::new(
                "mephisto_store_samples_total",
                "Samples put on the disk, stale markers included",
            )?,
            refused: IntCounter::new(
                "mephisto_store_scrapes_refused_total",
                "Scrapes whose samples could not be put on the disk",
            )?,
            rule_evaluations: by_rule_group(
                "mephisto_store_rule_evaluations_total",
                "Evaluations of rules, failed ones included",
            )?,
            rule_failures: by_rule_group(
                "mephisto_store_rule_evaluation_failures_total",
                "Evaluations of rules that failed",
            )?,
            rule_evaluations_missed: by_rule_group(
                "mephisto_store_rule_group_evaluations_missed_total",
                "Evaluations of groups that were left out because an earlier one took too long",
            )?,
            rule_files_refused: IntGauge::new(
                "mephisto_store_rule_files_refused",
                "Rule files that are not used because of a mistake in them",
            )?,
            series: IntGauge::new("mephisto_store_series", "Series within the retention")?,
            bytes: IntGauge::new("mephisto_store_bytes", "Size of the data directory's files")?,
            remote_write: None,
        };
        let start = Gauge::new(
            "mephisto_store_start_time_seconds",
            "When the store was started, in seconds since the Unix epoch",
        )?;
        start.set(now_seconds);
        counters.register(start)?;
        Ok(counters)
    }

    /// With those of remote write, which are returned to be counted in.
    pub fn with_remote_write(mut self) -> prometheus::Result<(Self, RemoteWriteCounters)> {
        let remote_write = RemoteWriteCounters::new(&self.registry)?;
        self.remote_write = Some(remote_write.clone());
        Ok((self, remote_write))
    }

    /// Counts a scrape that was kept.
    pub fn kept(&self, samples: usize) {
        self.scrapes.inc();
        self.samples.inc_by(samples as u64);
    }

    /// Counts a scrape that could not be kept.
    pub fn refused(&self) {
        self.refused.inc();
    }

    /// Counts samples of rules that were kept.
    pub fn recorded(&self, samples: usize) {
        self.samples.inc_by(samples as u64);
    }

    /// Counts the evaluation of a rule, and whether it succeeded.
    pub fn rule_evaluated(&self, group: &str, succeeded: bool) {
        self.rule_evaluations.with_label_values(&[group]).inc();
        self.rule_failures.with_label_values(&[group]).inc_by(u64::from(!succeeded));
    }

    /// Counts evaluations of a group that there was no time for.
    pub fn rule_evaluations_missed(&self, group: &str, count: u64) {
        self.rule_evaluations_missed.with_label_values(&[group]).inc_by(count);
    }

    /// Counts a rule file with a mistake.
    pub fn rule_file_refused(&self) {
        self.rule_files_refused.inc();
    }

    /// All metrics in the text format.
    pub fn encode(&self, storage: &Storage) -> prometheus::Result<Vec<u8>> {
        self.series.set(i64::try_from(storage.series_count()).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(storage.bytes_on_disk()).unwrap_or(i64::MAX));
        if let Some(remote_write) = &self.remote_write {
            remote_write.observe(storage.queue_state(), now_ms());
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    fn register(&self, start: Gauge) -> prometheus::Result<()> {
        self.registry.register(Box::new(start))?;
        for counter in [&self.scrapes, &self.samples, &self.refused] {
            self.registry.register(Box::new(counter.clone()))?;
        }
        for counters in [&self.rule_evaluations, &self.rule_failures, &self.rule_evaluations_missed]
        {
            self.registry.register(Box::new(counters.clone()))?;
        }
        for gauge in [&self.rule_files_refused, &self.series, &self.bytes] {
            self.registry.register(Box::new(gauge.clone()))?;
        }
        Ok(())
    }
}

fn by_rule_group(name: &str, help: &str) -> prometheus::Result<IntCounterVec> {
    IntCounterVec::new(Opts::new(name, help), &["rule_group"])
}
