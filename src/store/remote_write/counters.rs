//! What the store says of its remote write at `/metrics`.

use std::sync::Arc;

use parking_lot::Mutex;
use prometheus::{Gauge, IntCounter, IntGauge, Registry};

use crate::store::storage::QueueState;

/// The metrics of remote write.
#[derive(Clone, Debug)]
pub struct RemoteWriteCounters {
    sent: IntCounter,
    refused: IntCounter,
    refused_again: IntCounter,
    dropped: IntCounter,
    /// Two that read the metrics at once must not both count what was dropped.
    observing: Arc<Mutex<()>>,
    retries: IntCounter,
    pending_bytes: IntGauge,
    pending_rows: IntGauge,
    seconds_behind: Gauge,
    last_success: Gauge,
}

impl RemoteWriteCounters {
    /// All at zero, and shown by `registry`.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(format!("mephisto_store_remote_write_{name}"), help)?;
            registry.register(Box::new(counter.clone())).map(|()| counter)
        };
        let count = |name: &str, help: &str| {
            let gauge = IntGauge::new(format!("mephisto_store_remote_write_{name}"), help)?;
            registry.register(Box::new(gauge.clone())).map(|()| gauge)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = Gauge::new(format!("mephisto_store_remote_write_{name}"), help)?;
            registry.register(Box::new(gauge.clone())).map(|()| gauge)
        };
        Ok(Self {
            sent: counter("samples_sent_total", "Samples that the receiver has acknowledged")?,
            refused: counter(
                "samples_failed_total",
                "Samples that the receiver has refused, which are not sent again",
            )?,
            refused_again: counter(
                "samples_refused_again_total",
                "Samples that were refused when they were sent again because an answer was lost; \
                 most likely the receiver has them",
            )?,
            observing: Arc::default(),
            dropped: counter(
                "samples_dropped_total",
                "Samples that were dropped before they were sent, because the queue was full",
            )?,
            retries: counter(
                "retries_total",
                "Requests that failed in a way that may pass, and are repeated",
            )?,
            pending_bytes: count("pending_bytes", "Size of the queue on the disk")?,
            pending_rows: count("pending_rows", "Blocks of samples in the queue")?,
            seconds_behind: gauge("seconds_behind", "Age of the oldest sample in the queue")?,
            last_success: gauge(
                "last_success_time_seconds",
                "When the receiver last took samples, in seconds since the Unix epoch",
            )?,
        })
    }

    /// Counts samples that the receiver has.
    pub fn sent(&self, samples: u64, now_ms: i64) {
        self.sent.inc_by(samples);
        self.last_success.set(now_ms as f64 / 1_000.0);
    }

    /// Counts samples that the receiver does not want.
    pub fn refused(&self, samples: u64) {
        self.refused.inc_by(samples);
    }

    /// Counts samples that the receiver does not want a second time.
    pub fn refused_again(&self, samples: u64) {
        self.refused_again.inc_by(samples);
    }

    /// Counts a request that will be repeated.
    pub fn retried(&self) {
        self.retries.inc();
    }

    /// Shows how much waits.
    pub fn observe(&self, queue: QueueState, now_ms: i64) {
        let gauge = |value| i64::try_from(value).unwrap_or(i64::MAX);
        self.pending_bytes.set(gauge(queue.bytes));
        self.pending_rows.set(gauge(queue.rows));
        let behind_ms = queue.oldest_ms.map_or(0, |oldest_ms| now_ms - oldest_ms);
        self.seconds_behind.set(behind_ms.max(0) as f64 / 1_000.0);
        let _alone = self.observing.lock();
        self.dropped.inc_by(queue.dropped_samples.saturating_sub(self.dropped.get()));
    }
}
