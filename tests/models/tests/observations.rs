//! Histograms and summaries: what threads observe at the same time, and who reads meanwhile.

use std::sync::Arc;

use loom::thread::{self, JoinHandle};
use mephisto_metrics_models::metrics::{
    Buckets, Histogram, HistogramReading, NativeHistogram, NativeOptions, Summary, Value, Writers,
};

fn spawn<T: Send + Sync + 'static, R: 'static>(
    shared: &Arc<T>,
    work: impl FnOnce(&T) -> R + Send + 'static,
) -> JoinHandle<R> {
    let shared = Arc::clone(shared);
    thread::spawn(move || work(&shared))
}

fn histogram() -> Arc<Histogram> {
    Arc::new(Histogram::new(&Buckets::new(&[1.0]).unwrap()))
}

fn native_histogram(max_buckets: usize) -> Arc<NativeHistogram> {
    Arc::new(NativeHistogram::new(NativeOptions::new(2.0, max_buckets).unwrap()))
}

/// Takes two snapshots that must fit together, and returns the later one.
fn two_snapshots(histogram: &Histogram) -> HistogramReading {
    let (earlier, later) = (histogram.snapshot(), histogram.snapshot());
    assert_never_falls(&earlier, &later);
    assert!(later.count() <= 2, "{later:?}");
    assert_eq!(Some(&later.count()), later.cumulative_counts.last());
    later
}

fn assert_never_falls(earlier: &HistogramReading, later: &HistogramReading) {
    let (earlier, later) = (&earlier.cumulative_counts, &later.cumulative_counts);
    assert!(later.is_sorted(), "{later:?}");
    assert!(
        earlier.iter().zip(later).all(|(before, after)| before <= after),
        "{earlier:?} {later:?}"
    );
}

#[test]
fn a_histogram_has_all_observations_of_three_threads() {
    loom::model(|| {
        let histogram = histogram();
        let observers = [0.5, 0.25].map(|value| spawn(&histogram, move |it| it.observe(value)));
        histogram.observe(4.0);
        for observer in observers {
            observer.join().unwrap();
        }
        let reading = histogram.snapshot();
        assert_eq!(reading.cumulative_counts, [2, 3]);
        assert_eq!(reading.sum, 4.75);
    });
}

#[test]
fn snapshots_beside_two_threads_that_observe_never_fall() {
    loom::model(|| {
        let histogram = histogram();
        let observer = spawn(&histogram, |it| it.observe(0.5));
        let reader = spawn(&histogram, two_snapshots);
        histogram.observe(4.0);
        observer.join().unwrap();
        let later = reader.join().unwrap();
        let last = histogram.snapshot();
        assert_never_falls(&later, &last);
        assert_eq!(last.cumulative_counts, [1, 2]);
        assert_eq!(last.sum, 4.5);
    });
}

#[test]
fn snapshots_beside_a_single_writer_never_fall() {
    loom::model(|| {
        let histogram = histogram();
        let reader = spawn(&histogram, two_snapshots);
        histogram.observe_among(Writers::One, 0.5);
        histogram.observe_among(Writers::One, 0.5);
        let later = reader.join().unwrap();
        let last = histogram.snapshot();
        assert_never_falls(&later, &last);
        assert_eq!(last.cumulative_counts, [2, 2]);
        assert_eq!(last.sum, 1.0);
    });
}

#[test]
fn a_summary_has_all_observations_and_never_falls() {
    loom::model(|| {
        let summary = Arc::new(Summary::new(&()));
        let observer = spawn(&summary, |it| it.observe(1.0));
        let reader = spawn(&summary, |it| {
            let (earlier, later) = (it.get(), it.get());
            assert!(earlier.0 <= later.0 && earlier.1 <= later.1, "{earlier:?} {later:?}");
            assert!([0.0, 1.0, 2.0, 3.0].contains(&later.1), "{later:?}");
        });
        summary.observe(2.0);
        observer.join().unwrap();
        reader.join().unwrap();
        assert_eq!(summary.get(), (2, 3.0));
    });
}

#[test]
fn a_native_histogram_loses_nothing_where_threads_meet_a_new_bucket() {
    loom::model(|| {
        let histogram = native_histogram(0);
        let observer = spawn(&histogram, |it| it.observe(1.0));
        let reader = spawn(&histogram, |it| assert!(it.snapshot().count() <= 2));
        histogram.observe(1.0);
        observer.join().unwrap();
        reader.join().unwrap();
        assert_eq!(histogram.snapshot().positive, [(0, 2)]);
    });
}

#[test]
fn a_native_histogram_loses_nothing_where_buckets_are_merged_meanwhile() {
    loom::model(|| {
        let histogram = native_histogram(1);
        histogram.observe(1.5);
        let observers = [1.5, 3.0].map(|value| spawn(&histogram, move |it| it.observe(value)));
        histogram.observe(1.5);
        for observer in observers {
            observer.join().unwrap();
        }
        assert_eq!(histogram.snapshot().positive, [(1, 4)]);
    });
}

#[test]
fn who_reads_a_native_histogram_sees_its_buckets_merged_or_not_merged() {
    loom::model(|| {
        let histogram = native_histogram(1);
        histogram.observe(1.5);
        let reader = spawn(&histogram, |it| {
            let reading = it.snapshot();
            let whole = [vec![(1, 1)], vec![(1, 2)]];
            assert!(whole.contains(&reading.positive), "{reading:?}");
        });
        histogram.observe(3.0);
        reader.join().unwrap();
    });
}
