//! Lays the scrapes of a recorded run out over a longer time, such as a day.
//!
//! `stretch RECORDED STRETCHED INTERVAL_MS END_MS [OPENMETRICS]`: the samples of the store in the
//! folder `RECORDED` go, scrape by scrape and unchanged but for their times, into a new store in
//! `STRETCHED`, with `INTERVAL_MS` from one scrape to the next and the last one at `END_MS`. With
//! `OPENMETRICS` they also go, a file for every two hours, into that folder, from which `promtool`
//! makes blocks for a Prometheus.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use mephisto_metrics::model::{Labels, METRIC_NAME, MatchOperator, Matcher, is_stale};
use mephisto_metrics::promql::SeriesSource;
use mephisto_metrics::store::{Retention, Storage};

/// What a Prometheus puts into one block.
const BLOCK_MS: i64 = 2 * 60 * 60 * 1_000;
/// How many scrapes are in memory at once.
const SCRAPES_AT_ONCE: usize = 240;

type Scrape = Vec<(Labels, f64)>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [recorded, stretched, interval_ms, end_ms, openmetrics @ ..] = arguments.as_slice() else {
        return Err("usage: stretch RECORDED STRETCHED INTERVAL_MS END_MS [OPENMETRICS]".into());
    };
    let recorded = Storage::open(Path::new(recorded))?;
    let stretched = Storage::open(Path::new(stretched))?;
    let (interval_ms, end_ms) = (interval_ms.parse()?, end_ms.parse()?);
    let mut blocks = openmetrics.first().map(|folder| Blocks::new(folder.into()));
    let times = scrape_times(&recorded)?;
    let mut next_ms = first_ms(end_ms, interval_ms, times.len())?;
    for part in times.chunks(SCRAPES_AT_ONCE) {
        for scrape in scrapes(&recorded, part)? {
            stretched.append(next_ms, &scrape)?;
            if let Some(blocks) = &mut blocks {
                blocks.append(next_ms, &scrape)?;
            }
            next_ms += interval_ms;
        }
        // As the store's own maintenance does, were it its time.
        stretched.maintain(next_ms, Retention { time_ms: i64::MAX, size_bytes: None })?;
    }
    Ok(())
}

fn first_ms(end_ms: i64, interval_ms: i64, scrapes: usize) -> Result<i64, Box<dyn Error>> {
    Ok(end_ms - interval_ms * (i64::try_from(scrapes)? - 1))
}

/// The time of every scrape: each has an `up` of its own.
fn scrape_times(storage: &Storage) -> Result<Vec<i64>, Box<dyn Error>> {
    let series = storage.select(&[Matcher::equal(METRIC_NAME, "up")], 0, i64::MAX)?;
    let times = series.iter().flat_map(|series| &series.samples);
    let times: BTreeSet<i64> = times.map(|sample| sample.timestamp_ms).collect();
    Ok(times.into_iter().collect())
}

/// What was scraped at each of some times, which are in a row.
fn scrapes(storage: &Storage, times: &[i64]) -> Result<Vec<Scrape>, Box<dyn Error>> {
    let (Some(&from_ms), Some(&to_ms)) = (times.first(), times.last()) else {
        return Ok(Vec::new());
    };
    let any = MatchOperator::Matches(Matcher::anchored(".+")?);
    let all = [Matcher { name: METRIC_NAME.to_owned(), operator: any }];
    let mut scrapes: BTreeMap<i64, Scrape> = BTreeMap::new();
    for series in storage.select(&all, from_ms, to_ms)? {
        for sample in series.samples {
            let scrape = scrapes.entry(sample.timestamp_ms).or_default();
            scrape.push((series.labels.clone(), sample.value));
        }
    }
    Ok(scrapes.into_values().collect())
}

/// Text files in the `OpenMetrics` format, one for each of a Prometheus's blocks.
struct Blocks {
    folder: PathBuf,
    current: Option<(i64, BufWriter<File>)>,
}

impl Blocks {
    fn new(folder: PathBuf) -> Self {
        Self { folder, current: None }
    }

    fn append(&mut self, timestamp_ms: i64, scrape: &Scrape) -> Result<(), Box<dyn Error>> {
        let block = timestamp_ms / BLOCK_MS;
        let seconds = timestamp_ms as f64 / 1_000.0;
        let file = self.file(block)?;
        // The format knows no stale marker: there the series ends when the lookback is over.
        for (labels, value) in scrape.iter().filter(|(_, value)| !is_stale(*value)) {
            let pairs = labels.without(&[METRIC_NAME]);
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            writeln!(file, "{}{{{}}} {value} {seconds}", labels.metric_name(), pairs.join(","))?;
        }
        Ok(())
    }

    fn file(&mut self, block: i64) -> Result<&mut BufWriter<File>, Box<dyn Error>> {
        if self.current.as_ref().is_none_or(|(open, _)| *open != block) {
            self.finish()?;
            let path = self.folder.join(format!("{block}.txt"));
            self.current = Some((block, BufWriter::new(File::create(path)?)));
        }
        self.current.as_mut().map(|(_, file)| file).ok_or_else(|| "no file is open".into())
    }

    fn finish(&mut self) -> Result<(), Box<dyn Error>> {
        if let Some((_, mut file)) = self.current.take() {
            writeln!(file, "# EOF")?;
            file.flush()?;
        }
        Ok(())
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}
