//! Reading: chunks from the disk, then what is still in memory.

use std::collections::HashMap;
use std::rc::Rc;

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction};

use super::database;
use super::{SeriesId, Storage, StorageError};
use crate::model::{Matcher, Sample, Series};
use crate::promql::{SelectError, SeriesSource};

/// How many samples one selection may read: as many as Prometheus lets one query hold.
const SELECTION_SAMPLES: usize = 50_000_000;

impl SeriesSource for Storage {
    fn select(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Series>, SelectError> {
        let mut reader = Reader::of(self)?;
        // What is seen of memory and of the disk is of one moment.
        let recent = self.recent.read();
        let snapshot = reader.snapshot().map_err(|error| self.fault(&error))?;
        let selected: Vec<_> = recent
            .index
            .select(matchers, from_ms, to_ms)
            .into_iter()
            .map(|(id, entry)| {
                (id, entry.labels.clone(), recent.head.range(id, from_ms, to_ms).to_vec())
            })
            .collect();
        drop(recent);
        let mut chunks = Chunks::new(&snapshot, from_ms, to_ms);
        let mut all = Vec::with_capacity(selected.len());
        for (id, labels, newer) in selected {
            let mut samples = chunks.read(id).map_err(|error| self.name(error))?;
            samples.extend(newer);
            if !samples.is_empty() {
                all.push(Series { labels, samples });
            }
        }
        Ok(all)
    }
}

impl Storage {
    fn name(&self, error: ReadError) -> SelectError {
        match error {
            ReadError::Database(error) => self.fault(&error).into(),
            ReadError::Damaged(what) => StorageError::corrupt(&self.directory, what).into(),
            ReadError::TooMany => SelectError(format!(
                "the query would read more than {SELECTION_SAMPLES} samples: ask for fewer series \
                 or less time"
            )),
        }
    }
}

impl From<StorageError> for SelectError {
    fn from(error: StorageError) -> Self {
        Self(error.to_string())
    }
}

/// A connection that goes back to the others when its reading is done.
struct Reader<'a> {
    idle: &'a Mutex<Vec<Connection>>,
    connection: Option<Connection>,
}

impl<'a> Reader<'a> {
    fn of(storage: &'a Storage) -> Result<Self, StorageError> {
        let idle = storage.readers.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => database::connect(&storage.directory).map_err(|error| storage.fault(&error))?,
        };
        Ok(Self { idle: &storage.readers, connection: Some(connection) })
    }

    fn snapshot(&mut self) -> rusqlite::Result<Transaction<'_>> {
        let Some(connection) = &mut self.connection else { unreachable!("taken by drop only") };
        let transaction = connection.transaction()?;
        database::fix_snapshot(&transaction)?;
        Ok(transaction)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.idle.lock().extend(self.connection.take());
    }
}

enum ReadError {
    Database(rusqlite::Error),
    Damaged(String),
    TooMany,
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// Reads the chunks of one selection; each timeline is unpacked once.
struct Chunks<'a> {
    snapshot: &'a Transaction<'a>,
    from_ms: i64,
    to_ms: i64,
    timelines: HashMap<i64, Rc<[i64]>>,
    samples_left: usize,
}

impl<'a> Chunks<'a> {
    fn new(snapshot: &'a Transaction<'a>, from_ms: i64, to_ms: i64) -> Self {
        let timelines = HashMap::new();
        Self { snapshot, from_ms, to_ms, timelines, samples_left: SELECTION_SAMPLES }
    }

    fn read(&mut self, id: SeriesId) -> Result<Vec<Sample>, ReadError> {
        let mut samples = Vec::new();
        database::for_each_chunk(
            self.snapshot,
            id,
            self.from_ms,
            self.to_ms,
            |timeline, values| {
                let times = self.timeline(timeline)?;
                if times.len() != values.len() {
                    let what = format!("a chunk of series {id} does not fit timeline {timeline}");
                    return Err(ReadError::Damaged(what));
                }
                self.samples_left =
                    self.samples_left.checked_sub(values.len()).ok_or(ReadError::TooMany)?;
                samples.extend(within(&times, &values, self.from_ms, self.to_ms));
                Ok(())
            },
        )?;
        Ok(samples)
    }

    fn timeline(&mut self, id: i64) -> rusqlite::Result<Rc<[i64]>> {
        if let Some(times) = self.timelines.get(&id) {
            return Ok(Rc::clone(times));
        }
        let times: Rc<[i64]> = database::timeline(self.snapshot, id)?.into();
        self.timelines.insert(id, Rc::clone(&times));
        Ok(times)
    }
}

fn within(times: &[i64], values: &[f64], from_ms: i64, to_ms: i64) -> impl Iterator<Item = Sample> {
    let sample = |(&timestamp_ms, &value): (&i64, &f64)| Sample { timestamp_ms, value };
    times
        .iter()
        .zip(values)
        .map(sample)
        .filter(move |sample| (from_ms..=to_ms).contains(&sample.timestamp_ms))
}
