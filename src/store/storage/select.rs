//! Reading: chunks from the disk, then what is still in memory.

use std::collections::HashMap;
use std::rc::Rc;

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction};

use super::database;
use super::{Entry, SeriesId, Storage, StorageError};
use crate::model::{Matcher, Sample, Series};
use crate::promql::{QueryError, SelectError, SeriesSource};

/// How many samples one selection may read: as many as Prometheus lets one query hold.
const SELECTION_SAMPLES: usize = 50_000_000;

impl SeriesSource for Storage {
    fn select(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Series>, SelectError> {
        let mut selected = Vec::new();
        self.read(matchers, from_ms, to_ms, |series| -> Result<(), SelectError> {
            selected.push(series);
            Ok(())
        })?;
        Ok(selected)
    }

    fn for_each(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
        visit: &mut dyn FnMut(Series) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        self.read(matchers, from_ms, to_ms, visit)
    }
}

impl Storage {
    fn read<Failure: From<SelectError>>(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
        mut visit: impl FnMut(Series) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut reader = Reader::of(self).map_err(SelectError::from)?;
        let view = self.view(&mut reader, matchers, from_ms, to_ms);
        let (snapshot, selected) = view.map_err(|error| SelectError::from(self.fault(&error)))?;
        let mut chunks = Chunks::new(&snapshot, from_ms, to_ms);
        for (id, mut series) in selected {
            chunks.prepend_to(id, &mut series.samples).map_err(|error| self.name(error))?;
            if !series.samples.is_empty() {
                visit(series)?;
            }
        }
        Ok(())
    }

    /// What is selected with its samples in memory, and the disk as it was at that moment.
    fn view<'a>(
        &self,
        reader: &'a mut Reader<'_>,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
    ) -> rusqlite::Result<(Transaction<'a>, Vec<(SeriesId, Series)>)> {
        let recent = self.recent.read();
        let snapshot = reader.snapshot()?;
        let series = |(id, entry): (SeriesId, &Entry)| {
            let samples = recent.head.range(id, from_ms, to_ms).to_vec();
            (id, Series { labels: entry.labels.clone(), samples })
        };
        let selected = recent.index.select(matchers, from_ms, to_ms).into_iter().map(series);
        Ok((snapshot, selected.collect()))
    }

    /// What a connection reads that the writer does not wait for.
    pub(super) fn read_beside<T>(
        &self,
        reading: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StorageError> {
        let mut reader = Reader::of(self)?;
        let read = reader.snapshot().and_then(|snapshot| reading(&snapshot));
        read.map_err(|error| self.fault(&error))
    }

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
            None => database::reader(&storage.directory).map_err(|error| storage.fault(&error))?,
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

    /// Reads a series' compacted samples, which are older than those in memory.
    fn prepend_to(&mut self, id: SeriesId, newer: &mut Vec<Sample>) -> Result<(), ReadError> {
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
                samples.extend(within(&times, values, self.from_ms, self.to_ms));
                Ok(())
            },
        )?;
        samples.append(newer);
        *newer = samples;
        Ok(())
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
    let start = times.partition_point(|time_ms| *time_ms < from_ms);
    let end = times.partition_point(|time_ms| *time_ms <= to_ms);
    let sample = |(&timestamp_ms, &value): (&i64, &f64)| Sample { timestamp_ms, value };
    times[..end].iter().zip(values).skip(start).map(sample)
}
