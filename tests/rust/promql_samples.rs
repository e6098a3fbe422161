//! The samples over which the evaluator and a real Prometheus are compared.
//!
//! Two Operators, scraped every 15 s for two hours: counters with resets, a series that ends midway,
//! a gap, spells without traffic, histograms, and gauges of Mephisto's families.

use std::fmt::Write;

use mephisto_metrics::model::{Labels, METRIC_NAME, Matcher, Sample, Series};
use mephisto_metrics::promql::{SelectError, SeriesSource};

/// The first scrape; a multiple of all steps that are asked for.
pub const START_MS: i64 = 1_700_000_400_000;
/// Between two scrapes.
pub const INTERVAL_MS: i64 = 15_000;
/// Two hours of scrapes.
pub const SCRAPES: u32 = 480;

const INSTANCES: [&str; 2] = ["127.0.0.1:3031", "127.0.0.1:3032"];
/// How far the scrapes of each Operator are off the grid: just after it, and just before it.
const OFF_GRID_MS: [i64; 2] = [1, -1];
const BUCKETS: [&str; 15] = [
    "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0",
    "7.5", "10.0", "+Inf",
];

/// Series in memory.
pub struct Samples(pub Vec<Series>);

impl SeriesSource for Samples {
    fn select(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Series>, SelectError> {
        let is_selected = |series: &&Series| matchers.iter().all(|one| one.matches(&series.labels));
        let cut = |series: &Series| {
            let in_time = |sample: &&Sample| (from_ms..=to_ms).contains(&sample.timestamp_ms);
            let samples = series.samples.iter().filter(in_time).copied().collect();
            Series { labels: series.labels.clone(), samples }
        };
        Ok(self.0.iter().filter(is_selected).map(cut).collect())
    }
}

impl Samples {
    /// The whole data set, the same at each run.
    pub fn of_two_operators() -> Self {
        let mut series = Vec::new();
        for operator in 0..INSTANCES.len() {
            let mut recorder = Recorder { operator, random: Random(17 + operator as u64), series };
            recorder.record_all();
            series = recorder.series;
        }
        Self(series)
    }

    /// The samples as `promtool tsdb create-blocks-from openmetrics` reads them.
    pub fn to_openmetrics(&self) -> String {
        let mut text = String::new();
        for series in &self.0 {
            for sample in &series.samples {
                let (seconds, milliseconds) =
                    (sample.timestamp_ms / 1000, sample.timestamp_ms % 1000);
                // Half a millisecond more, because promtool cuts where it should round.
                let name = series.labels.metric_name();
                let labels = labels_text(&series.labels);
                let value = sample.value;
                writeln!(text, "{name}{labels} {value} {seconds}.{milliseconds:03}5").unwrap();
            }
        }
        text + "# EOF\n"
    }
}

fn labels_text(labels: &Labels) -> String {
    let pairs = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(","))
}

/// Numbers that look random and are the same at each run (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % limit
    }
}

struct Recorder {
    operator: usize,
    random: Random,
    series: Vec<Series>,
}

impl Recorder {
    fn record_all(&mut self) {
        self.record_counters();
        self.record_histograms();
        self.record_gauges();
        if self.operator == 0 {
            self.record_edge_cases();
        }
    }

    /// Records what `value` gives at each scrape; none is a scrape without this series.
    fn record(&mut self, name: &str, pairs: &[(&str, &str)], value: impl Fn(u32) -> Option<f64>) {
        let known =
            [(METRIC_NAME, name), ("instance", INSTANCES[self.operator]), ("job", "mephisto")];
        let labels = known.iter().chain(pairs).copied().collect();
        let sample = |scrape: u32| {
            let timestamp_ms =
                START_MS + i64::from(scrape) * INTERVAL_MS + OFF_GRID_MS[self.operator];
            Some(Sample { timestamp_ms, value: value(scrape)? })
        };
        self.series.push(Series { labels, samples: (0..SCRAPES).filter_map(sample).collect() });
    }

    /// Running totals of random increments, without traffic for a while, with a reset now and then.
    fn totals(&mut self, at_most: u32, resets: &[u32]) -> Vec<f64> {
        let mut total = f64::from(self.random.below(500) + 1000);
        let mut totals = Vec::new();
        for scrape in 0..SCRAPES {
            let is_quiet = (200..240).contains(&scrape);
            total = if resets.contains(&scrape) { 0.0 } else { total };
            total += if is_quiet { 0.0 } else { f64::from(self.random.below(at_most)) };
            totals.push(total);
        }
        totals
    }

    fn record_counters(&mut self) {
        for response in ["not_qualified", "reconnection", "assigned"] {
            let totals = self.totals(40, &[150, 152, 300]);
            let name = "agent_details_responses_total";
            self.record(name, &[("response", response)], |scrape| Some(totals[scrape as usize]));
        }
        for outcome in ["launched", "passed"] {
            let totals = self.totals(5, &[]);
            let name = "worker_pool_onboarding_outcomes_total";
            let pairs = [("outcome", outcome), ("response", "assigned")];
            self.record(name, &pairs, |scrape| Some(totals[scrape as usize]));
        }
        // So that dropping the name leaves two series with the same labels.
        let name = "worker_pool_onboarding_outcomes_total";
        self.record(name, &[("response", "assigned")], |scrape| Some(f64::from(scrape)));
    }

    fn record_histograms(&mut self) {
        for method in ["find_units", "get_unit", "new_agent"] {
            self.record_histogram("database_latency_seconds", &[("method", method)]);
        }
        for packet_type in ["submit_unit", "alive"] {
            for stage in ["e2e_time", "router_processing"] {
                let pairs = [("packet_type", packet_type), ("stage", stage)];
                self.record_histogram("e2e_packet_latency", &pairs);
            }
        }
    }

    fn record_histogram(&mut self, name: &str, pairs: &[(&str, &str)]) {
        let mut cumulative = vec![0.0; SCRAPES as usize];
        for bound in BUCKETS {
            let totals = self.totals(6, &[260]);
            cumulative.iter_mut().zip(totals).for_each(|(below, total)| *below += total);
            let pairs: Vec<_> = pairs.iter().copied().chain([("le", bound)]).collect();
            let bucket = format!("{name}_bucket");
            self.record(&bucket, &pairs, |scrape| Some(cumulative[scrape as usize]));
        }
        self.record(&format!("{name}_count"), pairs, |scrape| Some(cumulative[scrape as usize]));
        let total = |scrape: u32| Some(cumulative[scrape as usize] * 0.37);
        self.record(&format!("{name}_sum"), pairs, total);
    }

    fn record_gauges(&mut self) {
        for agent_type in ["main", "onboarding"] {
            for worker_id in ["1", "2", "12"] {
                let values = self.gauge(6);
                let pairs = [("agent_type", agent_type), ("worker_id", worker_id)];
                self.record("active_workers", &pairs, |scrape| Some(values[scrape as usize]));
            }
            for status in ["in task", "waiting", "completed", "timeout", "returned"] {
                let values = self.gauge(9);
                let pairs = [("agent_type", agent_type), ("status", status)];
                self.record("active_agent_statuses", &pairs, |scrape| {
                    Some(values[scrape as usize])
                });
            }
        }
        for thread_type in ["unit", "assignment"] {
            let values = self.gauge(4);
            let pairs = [("thread_type", thread_type)];
            self.record("task_runner_thread_count", &pairs, |scrape| Some(values[scrape as usize]));
        }
        let values = self.gauge(30);
        let name = "worker_pool_active_onboardings";
        self.record(name, &[], |scrape| Some(values[scrape as usize]));
        let version = ["1.0", "1.1"][self.operator];
        self.record("build_info", &[("version", version)], |_| Some(1.0));
    }

    fn gauge(&mut self, below: u32) -> Vec<f64> {
        (0..SCRAPES).map(|_| f64::from(self.random.below(below))).collect()
    }

    fn record_edge_cases(&mut self) {
        self.record("ends_midway", &[], |scrape| {
            (scrape < 250).then(|| f64::from(scrape * 7 % 31))
        });
        let has_scrape = |scrape: u32| !(180..260).contains(&scrape);
        self.record("has_a_gap", &[], |scrape| {
            has_scrape(scrape).then(|| f64::from(1000 + scrape * 3))
        });
        self.record("constant", &[], |_| Some(4.25));
        self.record("large_offset", &[], |scrape| Some(1e9 + f64::from(scrape % 5)));
        self.record("centred", &[], |scrape| Some(f64::from(scrape % 21) - 10.0));
        self.record("oddities", &[], |scrape| Some(oddity(scrape)));
        for (term, value) in [("a", 1e100), ("b", 1.0), ("c", -1e100), ("d", 0.25)] {
            self.record("cancelling", &[("term", term)], |_| Some(value));
        }
        self.record("cancelling", &[("term", "e")], |scrape| {
            Some([1e17, 1.0, -1e17, 0.5][scrape as usize % 4])
        });
        for id in ["1", "2", "3"] {
            self.record("huge", &[("id", id)], |_| Some(1.2e308));
        }
        for (index, id) in ["a", "b", "c", "d", "e", "f"].into_iter().enumerate() {
            let group = ["odd", "even"][index % 2];
            let factor = u32::try_from(index).unwrap() * 2 + 3;
            self.record("distinct", &[("group", group), ("id", id)], |scrape| {
                Some(f64::from(scrape * factor % 61) + f64::from(factor) / 100.0)
            });
        }
        self.record_odd_histograms();
    }

    fn record_odd_histograms(&mut self) {
        for (bound, count) in [("0.1", 10.0), ("1", 8.0), ("2", 20.0), ("2.0", 1.0), ("+Inf", 20.5)]
        {
            self.record("not_monotonic_bucket", &[("le", bound)], |_| Some(count));
        }
        for (bound, count) in [("-1", 4.0), ("0", 6.0), ("3", 9.0), ("+Inf", 9.0)] {
            self.record("negative_bounds_bucket", &[("le", bound)], |_| Some(count));
        }
    }
}

/// Mostly small numbers, with spells of what is not a number or not finite.
fn oddity(scrape: u32) -> f64 {
    match scrape % 37 {
        0..=2 => f64::NAN,
        10 => f64::INFINITY,
        20..=21 => f64::NEG_INFINITY,
        other => f64::from(other) - 0.5,
    }
}
