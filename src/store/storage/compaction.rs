//! Turning a window of scrapes into one chunk for each series.

use std::collections::HashMap;

use super::database::{self, ChunkRow};
use super::head::Head;
use super::numbers::pack;
use super::{Storage, StorageError};
use crate::model::Sample;

/// A window is compacted when it is this long. At a scrape every 5 s a chunk then has 360 samples:
/// enough for the compression to work on, few enough to keep in memory until then.
const WINDOW_MS: i64 = 30 * 60 * 1_000;

/// A window is compacted sooner when it has this many samples: 16 bytes of memory each.
const WINDOW_SAMPLES: usize = 2_000_000;

impl Storage {
    /// Turns all recent scrapes into chunks.
    ///
    /// Scraping and queries go on meanwhile; they wait for the last commit only.
    pub fn compact(&self) -> Result<(), StorageError> {
        let _alone = self.compacting.lock();
        let (window, last_scrape_id) = self.window();
        let chunks = chunks(&window);
        let mut writer = self.writer.lock();
        let fault = |error| self.fault(&error);
        let transaction = writer.transaction().map_err(fault)?;
        // First what goes, so that what comes takes its pages, and the file does not grow.
        database::delete_scrapes_up_to(&transaction, last_scrape_id).map_err(fault)?;
        insert(&transaction, &chunks).map_err(fault)?;
        // A reader sees each sample once: it takes its view of memory and disk under this lock.
        let mut recent = self.recent.write();
        transaction.commit().map_err(fault)?;
        recent.head.remove(&window);
        Ok(())
    }

    /// Whether there is a whole window.
    pub(super) fn compaction_is_due(&self, now_ms: i64) -> bool {
        let window_start_ms = now_ms - WINDOW_MS;
        let head = &self.recent.read().head;
        let is_long = head.oldest_ms().is_some_and(|oldest_ms| oldest_ms < window_start_ms);
        is_long || head.len() >= WINDOW_SAMPLES
    }

    fn window(&self) -> (Head, i64) {
        let recent = self.recent.read();
        (recent.head.clone(), recent.last_scrape_id)
    }
}

fn chunks(window: &Head) -> Vec<ChunkRow> {
    let chunk = |(series_id, samples): (_, &[Sample])| ChunkRow {
        series_id,
        timestamps_ms: samples.iter().map(|sample| sample.timestamp_ms).collect(),
        values: pack(&samples.iter().map(|sample| sample.value).collect::<Vec<_>>()),
    };
    let mut chunks: Vec<_> = window.iter().map(chunk).collect();
    // Rows that are read together then lie together.
    chunks.sort_unstable_by_key(|chunk| chunk.series_id);
    chunks
}

/// Series that were always scraped together share one timeline.
fn insert(transaction: &rusqlite::Transaction<'_>, chunks: &[ChunkRow]) -> rusqlite::Result<()> {
    let mut timelines: HashMap<&[i64], i64> = HashMap::new();
    for chunk in chunks {
        let times: &[i64] = &chunk.timestamps_ms;
        let timeline_id = match timelines.get(times) {
            Some(&id) => id,
            None => database::insert_timeline(transaction, times)?,
        };
        timelines.insert(times, timeline_id);
        database::insert_chunk(transaction, chunk, timeline_id)?;
    }
    Ok(())
}
