use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::store::test_log::logged;

/// A block that tells its samples, and is as long as they are many.
fn encode(_: &Labels, timestamp_ms: i64, samples: &[&(Labels, f64)]) -> Vec<u8> {
    let mut block = vec![0; samples.len() * 8];
    block[..8].copy_from_slice(&timestamp_ms.to_le_bytes());
    block
}

fn open(directory: &Path, limit_bytes: u64) -> Storage {
    let queue = QueueOptions { limit_bytes, external_labels: Labels::default(), encode };
    Storage::open_with_queue(directory, Some(queue)).unwrap()
}

fn append(storage: &Storage, timestamp_ms: i64, count: usize) {
    let labels = |n: usize| Labels::from_iter([("__name__", format!("metric_{n}"))]);
    let samples: Vec<_> = (0..count).map(|n| (labels(n), 1.0)).collect();
    storage.append(timestamp_ms, &samples).unwrap();
}

fn times(due: &Due) -> Vec<i64> {
    let time = |block: &Vec<u8>| i64::from_le_bytes(block[..8].try_into().unwrap());
    due.blocks.iter().map(time).collect()
}

/// The times of all that waits, and whether the state tells of as much.
fn waiting(storage: &Storage) -> Vec<i64> {
    let state = storage.queue_state();
    let Some(due) = storage.due(u64::MAX, 0).unwrap() else {
        assert_eq!((state.rows, state.bytes, state.oldest_ms), (0, 0, None));
        return Vec::new();
    };
    assert_eq!(state.rows, due.blocks.len() as u64);
    assert_eq!(state.bytes, due.blocks.iter().map(|block| block.len() as u64).sum::<u64>());
    assert_eq!(state.oldest_ms, times(&due).first().copied());
    times(&due)
}

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    Settle(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_usize..9).prop_map(Step::Append),
        2 => (1_u64..20).prop_map(Step::Settle),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_queue_keeps_order_and_bound_across_restarts(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        const LIMIT_BYTES: usize = 200;
        let directory = tempfile::tempdir().unwrap();
        let mut storage = Some(open(directory.path(), LIMIT_BYTES as u64));
        let mut expected: Vec<(i64, usize)> = Vec::new();
        for (time_ms, step) in (1..).zip(steps) {
            let open_one = storage.as_ref().unwrap();
            match step {
                Step::Append(count) => {
                    append(open_one, time_ms, count);
                    expected.push((time_ms, count));
                    while expected.iter().map(|(_, count)| count * 8).sum::<usize>() > LIMIT_BYTES {
                        expected.remove(0);
                    }
                }
                Step::Settle(most) => if let Some(due) = open_one.due(most, 0).unwrap() {
                    prop_assert!(due.samples <= most || due.blocks.len() == 1);
                    open_one.settle(due.last_id).unwrap();
                    expected.drain(..due.blocks.len());
                },
                Step::Reopen => {
                    drop(storage.take());
                    storage = Some(open(directory.path(), LIMIT_BYTES as u64));
                }
            }
            let times: Vec<_> = expected.iter().map(|(time_ms, _)| *time_ms).collect();
            prop_assert_eq!(waiting(storage.as_ref().unwrap()), times);
        }
    }
}

#[test]
fn a_large_scrape_waits_in_several_blocks() {
    let directory = tempfile::tempdir().unwrap();
    let storage = open(directory.path(), 1_000_000);
    append(&storage, 1, 2 * BLOCK_SAMPLES + 1);
    assert_eq!(waiting(&storage), [1, 1, 1]);
    let due = storage.due(u64::MAX, 0).unwrap().unwrap();
    assert_eq!(due.samples, 2 * BLOCK_SAMPLES as u64 + 1);
    assert_eq!(storage.due(u64::MAX, due.last_id).unwrap().unwrap().blocks.len(), 1);
}

#[test]
fn what_is_dropped_for_want_of_room_is_counted_and_said_once() {
    let directory = tempfile::tempdir().unwrap();
    let storage = open(directory.path(), 100);
    let log = logged(|| (1..=10).for_each(|time_ms| append(&storage, time_ms, 5)));
    assert_eq!(waiting(&storage), [9, 10]);
    assert_eq!(storage.queue_state().dropped_samples, 40);
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("WARN") && log.contains("queue for remote write is full"), "{log}");
}

#[test]
fn rows_that_come_while_dropped_ones_are_sent_are_not_taken_for_them() {
    let directory = tempfile::tempdir().unwrap();
    let storage = open(directory.path(), 100);
    append(&storage, 1, 5);
    let due = storage.due(u64::MAX, 0).unwrap().unwrap();
    (2..=5).for_each(|time_ms| append(&storage, time_ms, 5));
    storage.settle(due.last_id).unwrap();
    assert_eq!(waiting(&storage), [4, 5]);
}

#[test]
fn a_scrape_that_could_not_be_kept_does_not_wait() {
    let directory = tempfile::tempdir().unwrap();
    let storage = open(directory.path(), 1_000_000);
    append(&storage, 1, 5);
    storage.allow_no_more_pages();
    let labels = |n: i32| Labels::from_iter([("__name__", format!("other_{n}"))]);
    let large: Vec<_> = (0..2_000).map(|n| (labels(n), f64::from(n))).collect();
    storage.append(2, &large).unwrap_err();
    assert_eq!(waiting(&storage), [1]);
    assert_eq!(storage.queue_state().dropped_samples, 0);
}

#[test]
fn without_remote_write_nothing_is_added_and_what_waits_stays() {
    let directory = tempfile::tempdir().unwrap();
    append(&open(directory.path(), 1_000_000), 1, 5);
    let storage = Storage::open(directory.path()).unwrap();
    append(&storage, 2, 5);
    assert_eq!(waiting(&storage), [1]);
}

#[test]
fn a_database_of_before_there_was_a_queue_gets_one() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    storage.writer.lock().execute_batch("DROP TABLE remote_write_queue").unwrap();
    drop(storage);
    let storage = open(directory.path(), 1_000_000);
    append(&storage, 1, 5);
    assert_eq!(waiting(&storage), [1]);
}
