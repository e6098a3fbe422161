use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::STALE_MARKER;
use crate::promql::SeriesSource;

impl Storage {
    /// From here on it is as if the disk were full.
    pub(crate) fn allow_no_more_pages(&self) {
        let writer = self.writer.lock();
        let pages: i64 = writer.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        writer.pragma_update(None, "max_page_count", pages).unwrap();
    }

    /// From here on there is space again.
    pub(crate) fn allow_more_pages(&self) {
        self.writer.lock().pragma_update(None, "max_page_count", 1_000_000).unwrap();
    }
}

const SECOND: Retention = Retention { time_ms: 1_000, size_bytes: None };

type Bits = BTreeMap<Labels, Vec<(i64, u64)>>;

fn labels(name: &str) -> Labels {
    Labels::from_iter([("__name__", name), ("job", "mephisto")])
}

fn samples_of(storage: &Storage, from_ms: i64, to_ms: i64) -> Bits {
    let selected = storage.select(&[Matcher::equal("job", "mephisto")], from_ms, to_ms).unwrap();
    let bits = |sample: &Sample| (sample.timestamp_ms, sample.value.to_bits());
    selected
        .into_iter()
        .map(|series| (series.labels, series.samples.iter().map(bits).collect()))
        .collect()
}

fn all_samples_of(storage: &Storage) -> Bits {
    samples_of(storage, i64::MIN, i64::MAX)
}

/// What the files have after maintenance, which makes the reserve.
fn bytes_for_samples(storage: &Storage) -> u64 {
    storage.bytes_on_disk() - reserve::RESERVE_BYTES
}

#[derive(Clone, Debug)]
enum Step {
    Scrape { after_ms: i64, values: BTreeMap<u8, u64> },
    Compact,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![
        any::<u64>(),
        any::<f64>().prop_map(f64::to_bits),
        (0_u8..9).prop_map(|count| f64::from(count).to_bits()),
        Just(STALE_MARKER.to_bits()),
        Just((-0.0_f64).to_bits()),
        Just(f64::NEG_INFINITY.to_bits()),
    ];
    let values = prop::collection::btree_map(0_u8..6, value, 0..6);
    prop_oneof![
        8 => (1_i64..10_000, values).prop_map(|(after_ms, values)| Step::Scrape { after_ms, values }),
        1 => Just(Step::Compact),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_went_in_comes_out_across_compaction_and_reopening(
        steps in prop::collection::vec(step(), 1..40),
        bounds in (0_i64..200_000, 0_i64..200_000),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut storage = Some(Storage::open(directory.path()).unwrap());
        let (mut now_ms, mut expected) = (0, Bits::new());
        for step in steps {
            let open = storage.as_ref().unwrap();
            match step {
                Step::Scrape { after_ms, values } => {
                    now_ms += after_ms;
                    let mut scrape = Vec::new();
                    for (name, bits) in values {
                        let labels = labels(&format!("metric_{name}"));
                        expected.entry(labels.clone()).or_default().push((now_ms, bits));
                        scrape.push((labels, f64::from_bits(bits)));
                    }
                    let appended = open.append(now_ms, &scrape).unwrap();
                    prop_assert_eq!(appended, Appended { stored: scrape.len(), out_of_order: 0 });
                }
                Step::Compact => open.compact().unwrap(),
                Step::Reopen => {
                    drop(storage.take());
                    storage = Some(Storage::open(directory.path()).unwrap());
                }
            }
        }
        let open = storage.as_ref().unwrap();
        prop_assert_eq!(all_samples_of(open), expected.clone());
        let (from_ms, to_ms) = bounds;
        for samples in expected.values_mut() {
            samples.retain(|(time, _)| (from_ms..=to_ms).contains(time));
        }
        expected.retain(|_, samples| !samples.is_empty());
        prop_assert_eq!(samples_of(open, from_ms, to_ms), expected);
    }
}

#[test]
fn a_sample_not_newer_than_the_last_of_its_series_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    storage.append(2_000, &[(labels("old"), 1.0)]).unwrap();
    let appended = storage.append(2_000, &[(labels("old"), 2.0), (labels("new"), 3.0)]).unwrap();
    assert_eq!(appended, Appended { stored: 1, out_of_order: 1 });
    let samples = all_samples_of(&storage);
    assert_eq!(samples[&labels("old")], [(2_000, 1.0_f64.to_bits())]);
    assert_eq!(samples[&labels("new")], [(2_000, 3.0_f64.to_bits())]);
}

#[test]
fn samples_past_the_retention_go_and_their_space_with_them() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    for time in 0..200 {
        let value = |series: i64| f64::from_bits((time * 7_919 + series).cast_unsigned() << 20);
        let scrape: Vec<_> =
            (0..100).map(|series| (labels(&format!("m{series}")), value(series))).collect();
        storage.append(time, &scrape).unwrap();
    }
    storage.maintain(250, SECOND).unwrap();
    storage.compact().unwrap();
    let full = bytes_for_samples(&storage);
    storage.append(5_000, &[(labels("m1"), 1.0)]).unwrap();
    storage.maintain(5_000, SECOND).unwrap();
    assert_eq!(
        all_samples_of(&storage),
        Bits::from([(labels("m1"), vec![(5_000, 1.0_f64.to_bits())])])
    );
    assert_eq!(storage.series_count(), 1);
    let shrunk = bytes_for_samples(&storage);
    assert!(shrunk * 2 < full, "{full} bytes became {shrunk}");
    drop(storage);
    assert_eq!(Storage::open(directory.path()).unwrap().series_count(), 1);
}

#[test]
fn recent_samples_past_the_retention_go_without_compaction() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    storage.append(1_000, &[(labels("ended"), 1.0), (labels("kept"), 1.0)]).unwrap();
    for time_ms in [2_000, 3_000, 4_000] {
        storage.append(time_ms, &[(labels("kept"), 1.0)]).unwrap();
    }
    storage.maintain(4_000, SECOND).unwrap();
    let expected = [3_000, 4_000].map(|time_ms| (time_ms, 1.0_f64.to_bits())).to_vec();
    let expected = Bits::from([(labels("kept"), expected)]);
    assert_eq!(all_samples_of(&storage), expected);
    storage.compact().unwrap();
    assert_eq!(all_samples_of(&storage), expected);
    drop(storage);
    assert_eq!(all_samples_of(&Storage::open(directory.path()).unwrap()), expected);
}

#[test]
fn old_samples_go_where_there_is_no_space_for_compaction() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    fill(&storage, 0..2);
    let large: Vec<_> = (0..2_000).map(|n| (labels(&format!("n{n}")), f64::from(n))).collect();
    storage.append(7_300_000, &large).unwrap();
    storage.allow_no_more_pages();
    let hour = Retention { time_ms: 3_600_000, size_bytes: None };
    let error = storage.maintain(9_500_000, hour).unwrap_err();
    assert!(matches!(error, StorageError::Full { .. }), "{error:?}");
    assert_eq!(all_samples_of(&storage).len(), 2_000);
    storage.maintain(20_000_000, hour).unwrap();
    assert_eq!(storage.series_count(), 0);
}

#[test]
fn a_second_opener_is_refused_with_the_directory_and_the_owner() {
    let directory = tempfile::tempdir().unwrap();
    let owner = Storage::open(directory.path()).unwrap();
    let error = Storage::open(directory.path()).unwrap_err();
    assert!(matches!(error, StorageError::Owned { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(directory.path().to_str().unwrap()), "{message}");
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    drop(owner);
    Storage::open(directory.path()).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_named_with_a_way_out() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("samples.sqlite"), "not a database ".repeat(100)).unwrap();
    let message = Storage::open(directory.path()).unwrap_err().to_string();
    assert!(message.contains(directory.path().to_str().unwrap()), "{message}");
    assert!(message.contains("not a database") && message.contains("move it away"), "{message}");
}

#[test]
fn a_file_in_the_directory_s_place_is_named_with_a_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    std::fs::write(&path, "").unwrap();
    let message = Storage::open(&path).unwrap_err().to_string();
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(message.contains("name another data directory"), "{message}");
}

#[test]
fn a_full_disk_refuses_the_scrape_and_keeps_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    storage.append(1, &[(labels("kept"), 1.0)]).unwrap();
    storage.allow_no_more_pages();
    let large: Vec<_> = (0..2_000).map(|n| (labels(&format!("m{n}")), f64::from(n))).collect();
    let error = storage.append(2, &large).unwrap_err();
    assert!(matches!(error, StorageError::Full { .. }), "{error:?}");
    assert_eq!(all_samples_of(&storage).len(), 1);
    storage.allow_more_pages();
    assert_eq!(storage.append(3, &large).unwrap().stored, 2_000);
    assert_eq!(all_samples_of(&storage).len(), 2_001);
}

#[test]
fn damaged_samples_are_an_error_that_names_the_directory_and_a_way_out() {
    for damage in [
        "UPDATE chunks SET sample_values = x'00'",
        "UPDATE timelines SET timestamps_ms = x'00'",
        "DELETE FROM timelines",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::open(directory.path()).unwrap();
        storage.append(1, &[(labels("kept"), 1.0)]).unwrap();
        storage.compact().unwrap();
        storage.writer.lock().execute_batch(damage).unwrap();
        let matchers = [Matcher::equal("job", "mephisto")];
        let message = storage.select(&matchers, 0, 10).unwrap_err().to_string();
        assert!(message.contains(directory.path().to_str().unwrap()), "{damage}: {message}");
        assert!(message.contains("restore it from a backup"), "{damage}: {message}");
    }
}

#[test]
fn tables_of_another_version_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    storage.writer.lock().pragma_update(None, "user_version", 99).unwrap();
    drop(storage);
    let message = Storage::open(directory.path()).unwrap_err().to_string();
    assert!(message.contains("version 99"), "{message}");
}

#[test]
fn queries_and_compaction_at_once_lose_and_double_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    std::thread::scope(|scope| {
        let compacting = scope.spawn(|| {
            for _ in 0..40 {
                storage.compact().unwrap();
                storage.maintain(0, SECOND).unwrap();
            }
        });
        for timestamp_ms in 1..=200 {
            storage.append(timestamp_ms, &[(labels("kept"), 1.0)]).unwrap();
            let times: Vec<_> =
                all_samples_of(&storage)[&labels("kept")].iter().map(|(time, _)| *time).collect();
            assert_eq!(times, (1..=timestamp_ms).collect::<Vec<_>>());
        }
        compacting.join().unwrap();
    });
}

/// Windows of an hour each, of which half a minute has samples; each takes about as much.
fn fill(storage: &Storage, windows: std::ops::Range<i64>) {
    for window in windows {
        for scrape in 0..30 {
            let time_ms = window * 3_600_000 + scrape * 1_000;
            // Digits of no pattern, which no compression makes smaller.
            let mixed = |n: i64| (time_ms * 100 + n).wrapping_mul(-7_046_029_254_386_353_131) >> 2;
            let value = |n| f64::from_bits(mixed(n).cast_unsigned());
            let samples: Vec<_> = (0..100).map(|n| (labels(&format!("m{n}")), value(n))).collect();
            storage.append(time_ms, &samples).unwrap();
        }
        storage.compact().unwrap();
    }
}

fn hours_of(storage: &Storage) -> Vec<i64> {
    let samples = all_samples_of(storage);
    let hours = samples[&labels("m1")].iter().map(|(time_ms, _)| time_ms / 3_600_000);
    let mut hours: Vec<_> = hours.collect();
    hours.dedup();
    hours
}

fn of_size(size_bytes: u64) -> Retention {
    Retention { time_ms: i64::MAX, size_bytes: Some(size_bytes) }
}

#[test]
fn beyond_the_size_to_keep_the_oldest_samples_go_and_their_space_with_them() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    fill(&storage, 0..1);
    storage.append(1_000_000, &[(labels("ended"), 1.0)]).unwrap();
    fill(&storage, 1..8);
    let full = database::used_bytes(&storage.writer.lock()).unwrap();
    storage.maintain(30_000_000, of_size(full)).unwrap();
    assert_eq!(hours_of(&storage), (0..8).collect::<Vec<_>>());
    storage.maintain(30_000_000, of_size(full / 2)).unwrap();
    let hours = hours_of(&storage);
    assert!(hours.len() >= 2 && hours.len() <= 4 && hours.ends_with(&[6, 7]), "{hours:?}");
    assert!(!all_samples_of(&storage).contains_key(&labels("ended")));
    assert_eq!(storage.series_count(), 100);
    let shrunk = bytes_for_samples(&storage);
    assert!(shrunk <= full / 2 + 40_000, "{full} bytes became {shrunk}");
    drop(storage);
    assert_eq!(hours_of(&Storage::open(directory.path()).unwrap()), hours);
}

#[test]
fn however_small_the_size_to_keep_what_is_not_compacted_stays() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::open(directory.path()).unwrap();
    fill(&storage, 0..2);
    storage.append(7_300_000, &[(labels("m1"), 1.0)]).unwrap();
    storage.maintain(7_300_000, of_size(1)).unwrap();
    assert_eq!(all_samples_of(&storage)[&labels("m1")], [(7_300_000, 1.0_f64.to_bits())]);
}

#[test]
fn what_waits_for_remote_write_pushes_out_no_samples() {
    let directory = tempfile::tempdir().unwrap();
    let encode = |_: &Labels, _: i64, _: &[&(Labels, f64)]| vec![7; 10_000];
    let external_labels = Labels::default();
    let queue = QueueOptions { limit_bytes: u64::MAX, external_labels, encode };
    let storage = Storage::open_with_queue(directory.path(), Some(queue)).unwrap();
    fill(&storage, 0..4);
    let used_bytes = storage.bytes_on_disk();
    storage.maintain(15_000_000, of_size(used_bytes / 2)).unwrap();
    assert!(storage.queue_state().bytes > used_bytes / 4);
    assert_eq!(hours_of(&storage), [0, 1, 2, 3]);
}
