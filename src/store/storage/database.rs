//! The tables, and every SQL statement but those of the queue (`queue/table.rs`).
//!
//! | table | a row is |
//! | --- | --- |
//! | `series` | one label set, as a JSON object |
//! | `scrapes` | one acknowledged scrape that is not compacted yet |
//! | `chunks` | the samples of one series over a compacted window |
//! | `timelines` | the times of such a window, shared by the series that were scraped together |
//!
//! Columns of numbers are `pco` blobs.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::index::SeriesId;
use super::numbers::{pack, unpack};
use super::queue;
use crate::model::Labels;

/// The version of the tables below, kept in the database's `user_version`.
const VERSION: i64 = 1;

/// A day of a few thousand series has about 20 MB: `SQLite`'s own 2 MB would be read over and over.
const READER_CACHE_KIBIBYTES: i64 = 16 * 1024;

/// How many rows are deleted, or pages moved, in one transaction. Each changes a few pages, so that
/// the log, which is reused after 4 MB, stays small: a full disk may have no space for a large one.
pub const BATCH_ROWS: usize = 250;

const TABLES: &str = "
    CREATE TABLE series (id INTEGER PRIMARY KEY, labels TEXT NOT NULL) STRICT;
    CREATE TABLE scrapes (
        id INTEGER PRIMARY KEY,
        timestamp_ms INTEGER NOT NULL,
        series_ids BLOB NOT NULL,
        sample_values BLOB NOT NULL
    ) STRICT;
    CREATE TABLE timelines (
        id INTEGER PRIMARY KEY,
        end_ms INTEGER NOT NULL,
        timestamps_ms BLOB NOT NULL
    ) STRICT;
    CREATE TABLE chunks (
        series_id INTEGER NOT NULL,
        start_ms INTEGER NOT NULL,
        end_ms INTEGER NOT NULL,
        timeline_id INTEGER NOT NULL,
        sample_values BLOB NOT NULL
    ) STRICT;
    CREATE INDEX chunks_by_series ON chunks (series_id, start_ms, end_ms);
    CREATE INDEX chunks_by_end ON chunks (end_ms);
    CREATE INDEX timelines_by_end ON timelines (end_ms);
";

/// A row of `scrapes`.
#[derive(Debug)]
pub struct ScrapeRow {
    pub timestamp_ms: i64,
    pub series_ids: Vec<SeriesId>,
    pub values: Vec<f64>,
}

/// A row of `chunks`, with the times that its timeline will have.
#[derive(Debug)]
pub struct ChunkRow {
    pub series_id: SeriesId,
    pub timestamps_ms: Vec<i64>,
    /// Packed already.
    pub values: Vec<u8>,
}

/// The first and last time of what is compacted of a series.
pub struct Extent {
    pub series_id: SeriesId,
    pub start_ms: i64,
    pub end_ms: i64,
}

/// Opens the one connection that writes; each commit on it is on the disk when it returns.
///
/// There is no other writer to wait for. A reader may be in the way of a checkpoint: scrapes wait
/// for that, so it gives up soon, and the next one has more to do.
pub fn writer(directory: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(directory, Duration::from_secs(1))?;
    give_back_in_steps(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Sets a new database up for `shrink`. To set it again is a write, which a full disk would refuse.
fn give_back_in_steps(connection: &Connection) -> rusqlite::Result<()> {
    const INCREMENTAL: i64 = 2;
    let mode: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if mode == INCREMENTAL {
        return Ok(());
    }
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)
}

/// Opens a connection to read from, beside the writer's.
pub fn reader(directory: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(directory, Duration::from_secs(10))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIBIBYTES)?;
    Ok(connection)
}

fn connect(directory: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let connection = Connection::open(directory.join("samples.sqlite"))?;
    connection.busy_timeout(patience)?;
    Ok(connection)
}

/// Makes the tables of an empty database; otherwise returns the version it was written with,
/// should that not be ours.
pub fn prepare(connection: &mut Connection) -> rusqlite::Result<Option<i64>> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if ![0, VERSION].contains(&version) {
        return Ok(Some(version));
    }
    let transaction = connection.transaction()?;
    if version == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    // A release that does not know this table leaves it alone.
    transaction.execute_batch(queue::TABLE)?;
    transaction.commit()?;
    Ok(None)
}

pub fn insert_series(
    transaction: &Transaction<'_>,
    id: SeriesId,
    labels: &Labels,
) -> rusqlite::Result<()> {
    let json = serde_json::to_string(labels).map_err(conversion)?;
    transaction
        .prepare_cached("INSERT INTO series (id, labels) VALUES (?, ?)")?
        .execute(params![id, json])?;
    Ok(())
}

/// Returns the row's id.
pub fn insert_scrape(transaction: &Transaction<'_>, row: &ScrapeRow) -> rusqlite::Result<i64> {
    let (ids, values) = (pack(&row.series_ids), pack(&row.values));
    transaction
        .prepare_cached(
            "INSERT INTO scrapes (timestamp_ms, series_ids, sample_values) VALUES (?, ?, ?)",
        )?
        .insert(params![row.timestamp_ms, ids, values])
}

/// Returns the timeline's id.
pub fn insert_timeline(
    transaction: &Transaction<'_>,
    timestamps_ms: &[i64],
) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO timelines (end_ms, timestamps_ms) VALUES (?, ?)")?
        .insert(params![timestamps_ms.last(), pack(timestamps_ms)])
}

pub fn insert_chunk(
    transaction: &Transaction<'_>,
    chunk: &ChunkRow,
    timeline_id: i64,
) -> rusqlite::Result<()> {
    let (start_ms, end_ms) = (chunk.timestamps_ms.first(), chunk.timestamps_ms.last());
    transaction.prepare_cached("INSERT INTO chunks VALUES (?, ?, ?, ?, ?)")?.execute(params![
        chunk.series_id,
        start_ms,
        end_ms,
        timeline_id,
        chunk.values
    ])?;
    Ok(())
}

pub fn delete_scrapes_up_to(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM scrapes WHERE id <= ?", [id]).map(drop)
}

/// Deletes the scrapes from before that time.
pub fn delete_scrapes_before(connection: &Connection, cutoff_ms: i64) -> rusqlite::Result<()> {
    delete_in_batches(connection, "scrapes", "timestamp_ms", cutoff_ms)
}

/// Deletes the chunks that end before that time, and then their timelines, without which they could
/// not be read.
pub fn delete_chunks_before(connection: &Connection, cutoff_ms: i64) -> rusqlite::Result<()> {
    delete_in_batches(connection, "chunks", "end_ms", cutoff_ms)?;
    delete_in_batches(connection, "timelines", "end_ms", cutoff_ms)
}

fn delete_in_batches(
    connection: &Connection,
    table: &str,
    time: &str,
    cutoff_ms: i64,
) -> rusqlite::Result<()> {
    let batch = format!("SELECT rowid FROM {table} WHERE {time} < ? LIMIT {BATCH_ROWS}");
    let deletion = format!("DELETE FROM {table} WHERE rowid IN ({batch})");
    let mut statement = connection.prepare_cached(&deletion)?;
    while statement.execute([cutoff_ms])? > 0 {}
    Ok(())
}

pub fn delete_series(connection: &mut Connection, ids: &[SeriesId]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for id in ids {
        transaction.prepare_cached("DELETE FROM series WHERE id = ?")?.execute([id])?;
    }
    transaction.commit()
}

/// Gives the space of deleted rows back to the file system.
pub fn shrink(connection: &Connection) -> rusqlite::Result<()> {
    let mut free_pages = i64::MAX;
    while free_pages > 0 {
        run(connection, &format!("PRAGMA incremental_vacuum({BATCH_ROWS})"))?;
        let left: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        free_pages = if left < free_pages { left } else { 0 };
    }
    run(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
}

fn run(connection: &Connection, pragma: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(pragma)?;
    let mut rows = statement.query([])?;
    // Each row read is a page moved, so all have to be.
    while rows.next()?.is_some() {}
    Ok(())
}

pub fn all_series(connection: &Connection) -> rusqlite::Result<Vec<(SeriesId, Labels)>> {
    let mut statement = connection.prepare("SELECT id, labels FROM series")?;
    let rows = statement.query_map([], |row| {
        let json = row.get_ref(1)?.as_str()?;
        let labels: std::collections::BTreeMap<String, String> =
            serde_json::from_str(json).map_err(conversion)?;
        Ok((row.get(0)?, labels.into_iter().collect()))
    })?;
    rows.collect()
}

/// Calls `visit` with each row of `scrapes`, oldest first, and its id.
pub fn for_each_scrape(
    connection: &Connection,
    mut visit: impl FnMut(i64, ScrapeRow),
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT id, timestamp_ms, series_ids, sample_values FROM scrapes ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let scrape = ScrapeRow {
            timestamp_ms: row.get(1)?,
            series_ids: unpack(row.get_ref(2)?.as_blob()?).map_err(conversion)?,
            values: unpack(row.get_ref(3)?.as_blob()?).map_err(conversion)?,
        };
        visit(row.get(0)?, scrape);
    }
    Ok(())
}

/// How many bytes of the file hold something; the rest is reused, or given back by `shrink`.
pub fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let value = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let bytes = (value("page_count")? - value("freelist_count")?) * value("page_size")?;
    Ok(bytes.cast_unsigned())
}

/// The end of the oldest chunk.
pub fn oldest_end_ms(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection.query_row("SELECT min(end_ms) FROM chunks", [], |row| row.get(0))
}

pub fn extents(connection: &Connection) -> rusqlite::Result<Vec<Extent>> {
    let mut statement = connection
        .prepare("SELECT series_id, min(start_ms), max(end_ms) FROM chunks GROUP BY series_id")?;
    let rows = statement.query_map([], |row| {
        Ok(Extent { series_id: row.get(0)?, start_ms: row.get(1)?, end_ms: row.get(2)? })
    })?;
    rows.collect()
}

/// Calls `visit` with the timeline and the values of each chunk that touches the time asked for,
/// oldest first; an error it returns ends the reading.
pub fn for_each_chunk<Failure>(
    connection: &Connection,
    series_id: SeriesId,
    from_ms: i64,
    to_ms: i64,
    mut visit: impl FnMut(i64, &[f64]) -> Result<(), Failure>,
) -> Result<(), Failure>
where
    Failure: From<rusqlite::Error>,
{
    let mut statement = connection.prepare_cached(
        "SELECT timeline_id, sample_values FROM chunks
         WHERE series_id = ? AND start_ms <= ? AND end_ms >= ? ORDER BY start_ms",
    )?;
    let mut rows = statement.query([series_id, to_ms, from_ms])?;
    // Where nothing happens one chunk is like the next, and unpacking is what takes longest.
    let (mut packed, mut values) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let blob = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        if packed != blob {
            values = unpack(blob).map_err(conversion)?;
            blob.clone_into(&mut packed);
        }
        visit(row.get(0)?, &values)?;
    }
    Ok(())
}

/// The times of a timeline; empty if there is none of that id.
pub fn timeline(connection: &Connection, id: i64) -> rusqlite::Result<Vec<i64>> {
    let blob: Option<Vec<u8>> = connection
        .prepare_cached("SELECT timestamps_ms FROM timelines WHERE id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    blob.map_or(Ok(Vec::new()), |blob| unpack(&blob).map_err(conversion))
}

/// Fixes what a reading transaction sees: `SQLite` does so only at the first read.
pub fn fix_snapshot(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn conversion(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(error))
}
