//! The samples on disk, and the recent ones in memory too.
//!
//! A scrape is one row in one durable commit. Now and then the rows of a window are turned into
//! one chunk for each series, which is what old samples are read from; until then they are in
//! memory as well, and reads need no disk. `docs/storage.md` says how this was chosen.

mod compaction;
mod database;
mod error;
mod head;
mod index;
mod numbers;
mod ownership;
mod queue;
mod reserve;
mod retention;
mod select;

use std::path::{Path, PathBuf};

use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;

pub use error::StorageError;
pub use queue::{Due, QueueOptions, QueueState};
pub use retention::Retention;

use crate::model::{Labels, Matcher, Sample};
use database::ScrapeRow;
use head::Head;
use index::{Entry, Index, SeriesId};
use ownership::Ownership;
use queue::{Enqueued, Queue};
use reserve::Reserve;

/// All samples of one data directory, which nobody else has open.
///
/// Locks are taken in the order `compacting`, `writer`, `recent`, `readers`; the queue's is taken alone.
#[derive(Debug)]
pub struct Storage {
    directory: PathBuf,
    compacting: Mutex<()>,
    writer: Mutex<Connection>,
    recent: RwLock<Recent>,
    readers: Mutex<Vec<Connection>>,
    queue: Queue,
    reserve: Reserve,
    _ownership: Ownership,
}

/// What is in memory.
#[derive(Debug, Default)]
struct Recent {
    index: Index,
    head: Head,
    last_scrape_id: i64,
}

/// What became of the samples of a scrape.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Appended {
    /// How many are on the disk now.
    pub stored: usize,
    /// How many were left out because their series already has a sample as new or newer, as when
    /// the clock was set back.
    pub out_of_order: usize,
}

impl Storage {
    /// Opens a data directory, or makes it, and reads what its last owner left.
    pub fn open(directory: &Path) -> Result<Self, StorageError> {
        Self::open_with_queue(directory, None)
    }

    /// The same; with options for the queue, whatever is kept also waits there to be sent.
    pub fn open_with_queue(
        directory: &Path,
        options: Option<QueueOptions>,
    ) -> Result<Self, StorageError> {
        let ownership = Ownership::take(directory)?;
        let fault = |error| StorageError::database(directory, &error);
        let mut writer = database::writer(directory).map_err(fault)?;
        if let Some(version) = database::prepare(&mut writer).map_err(fault)? {
            let what = format!(
                "its tables are of version {version}, which another release of this program wrote"
            );
            return Err(StorageError::corrupt(directory, what));
        }
        let recent = Recent::read(&writer).map_err(fault)?;
        let queue = Queue::read(&writer, options).map_err(fault)?;
        Ok(Self {
            directory: directory.to_owned(),
            compacting: Mutex::default(),
            writer: Mutex::new(writer),
            recent: RwLock::new(recent),
            readers: Mutex::default(),
            queue,
            reserve: Reserve::in_directory(directory),
            _ownership: ownership,
        })
    }

    /// Keeps the samples of one scrape, at most one for each series; they are on the disk when this
    /// returns.
    ///
    /// After an error none of them is kept.
    pub fn append(
        &self,
        timestamp_ms: i64,
        samples: &[(Labels, f64)],
    ) -> Result<Appended, StorageError> {
        let mut writer = self.writer.lock();
        let batch = Batch::of(&self.recent.read().index, timestamp_ms, samples);
        let appended = Appended {
            stored: batch.row.values.len(),
            out_of_order: samples.len() - batch.row.values.len(),
        };
        if appended.stored > 0 {
            let written = batch.write(&mut writer, &self.queue);
            let (id, enqueued) = written.map_err(|error| self.fault(&error))?;
            self.recent.write().accept(batch, id);
            self.queue.accept(enqueued);
        }
        Ok(appended)
    }

    /// The label sets of all series that meet every matcher and may have samples in that time.
    pub fn series(&self, matchers: &[Matcher], from_ms: i64, to_ms: i64) -> Vec<Labels> {
        let recent = self.recent.read();
        let selected = recent.index.select(matchers, from_ms, to_ms);
        selected.into_iter().map(|(_, entry)| entry.labels.clone()).collect()
    }

    /// How many series there are.
    pub fn series_count(&self) -> usize {
        self.recent.read().index.len()
    }

    /// How many bytes the directory's files have.
    pub fn bytes_on_disk(&self) -> u64 {
        let Ok(files) = std::fs::read_dir(&self.directory) else { return 0 };
        files.filter_map(|file| file.ok()?.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    fn fault(&self, error: &rusqlite::Error) -> StorageError {
        StorageError::database(&self.directory, error)
    }
}

impl Recent {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut recent = Self::default();
        for (id, labels) in database::all_series(connection)? {
            recent.index.insert(id, Entry::new(labels));
        }
        for extent in database::extents(connection)? {
            recent.index.extend_to(extent.series_id, extent.start_ms);
            recent.index.extend_to(extent.series_id, extent.end_ms);
        }
        database::for_each_scrape(connection, |id, row| recent.add(&row, id))?;
        Ok(recent)
    }

    fn accept(&mut self, batch: Batch<'_>, scrape_id: i64) {
        for (id, labels) in batch.new_series {
            self.index.insert(id, Entry::new(labels));
        }
        self.add(&batch.row, scrape_id);
    }

    fn add(&mut self, row: &ScrapeRow, scrape_id: i64) {
        self.last_scrape_id = scrape_id;
        for (&id, &value) in row.series_ids.iter().zip(&row.values) {
            self.index.extend_to(id, row.timestamp_ms);
            self.head.push(id, Sample { timestamp_ms: row.timestamp_ms, value });
        }
    }
}

/// A scrape on its way to the disk.
struct Batch<'a> {
    row: ScrapeRow,
    samples: Vec<&'a (Labels, f64)>,
    new_series: Vec<(SeriesId, Labels)>,
}

impl<'a> Batch<'a> {
    fn of(index: &Index, timestamp_ms: i64, samples: &'a [(Labels, f64)]) -> Self {
        let row = ScrapeRow { timestamp_ms, series_ids: Vec::new(), values: Vec::new() };
        let mut batch = Self { row, samples: Vec::new(), new_series: Vec::new() };
        for sample in samples {
            if let Some(id) = batch.place(index, &sample.0) {
                batch.row.series_ids.push(id);
                batch.row.values.push(sample.1);
                batch.samples.push(sample);
            }
        }
        batch
    }

    /// The number of the sample's series, unless that has a sample as new or newer.
    fn place(&mut self, index: &Index, labels: &Labels) -> Option<SeriesId> {
        let Some(id) = index.id(labels) else {
            let id = index.greatest_id() + 1 + i64::try_from(self.new_series.len()).ok()?;
            self.new_series.push((id, labels.clone()));
            return Some(id);
        };
        index.get(id).is_none_or(|entry| entry.last_ms < self.row.timestamp_ms).then_some(id)
    }

    /// Returns the id of the scrape's row, and what became of the queue.
    fn write(
        &self,
        connection: &mut Connection,
        queue: &Queue,
    ) -> rusqlite::Result<(i64, Enqueued)> {
        let transaction = connection.transaction()?;
        for (id, labels) in &self.new_series {
            database::insert_series(&transaction, *id, labels)?;
        }
        let id = database::insert_scrape(&transaction, &self.row)?;
        let enqueued = queue.write(&transaction, self.row.timestamp_ms, &self.samples)?;
        transaction.commit()?;
        Ok((id, enqueued))
    }
}

#[cfg(test)]
mod tests;
