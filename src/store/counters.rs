//! What the store says of itself at `/metrics`.

use prometheus::{Encoder, Gauge, IntCounter, IntGauge, Registry, TextEncoder};

use super::storage::Storage;

/// The store's own metrics.
#[derive(Debug)]
pub struct Counters {
    registry: Registry,
    scrapes: IntCounter,
    samples: IntCounter,
    refused: IntCounter,
    series: IntGauge,
    bytes: IntGauge,
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
            series: IntGauge::new("mephisto_store_series", "Series within the retention")?,
            bytes: IntGauge::new("mephisto_store_bytes", "Size of the data directory's files")?,
        };
        let start = Gauge::new(
            "mephisto_store_start_time_seconds",
            "When the store was started, in seconds since the Unix epoch",
        )?;
        start.set(now_seconds);
        counters.register(start)?;
        Ok(counters)
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

    /// All metrics in the text format.
    pub fn encode(&self, storage: &Storage) -> prometheus::Result<Vec<u8>> {
        self.series.set(i64::try_from(storage.series_count()).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(storage.bytes_on_disk()).unwrap_or(i64::MAX));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    fn register(&self, start: Gauge) -> prometheus::Result<()> {
        self.registry.register(Box::new(start))?;
        for counter in [&self.scrapes, &self.samples, &self.refused] {
            self.registry.register(Box::new(counter.clone()))?;
        }
        for gauge in [&self.series, &self.bytes] {
            self.registry.register(Box::new(gauge.clone()))?;
        }
        Ok(())
    }
}
