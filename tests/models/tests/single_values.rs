//! Counters and gauges: what threads add and take away at the same time.

use std::sync::Arc;

use loom::thread;
use mephisto_metrics_models::metrics::{Counter, Gauge, Value, Writers};

#[test]
fn additions_of_many_writers_are_never_lost() {
    loom::model(|| {
        let counter = Arc::new(Counter::new(&()));
        let writers = [1.0, 2.0].map(|amount| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || counter.increment_by(amount).unwrap())
        });
        counter.increment_by(4.0).unwrap();
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(counter.get(), 7.0);
    });
}

#[test]
fn who_reads_beside_a_single_writer_sees_the_value_before_or_after() {
    loom::model(|| {
        let counter = Arc::new(Counter::new(&()));
        let read = Arc::clone(&counter);
        let reader = thread::spawn(move || {
            let readings = [read.get(), read.get()];
            assert!(readings.iter().all(|reading| [0.0, 1.0, 3.0].contains(reading)));
            assert!(readings.is_sorted(), "{readings:?}");
        });
        counter.increment_among(Writers::One, 1.0).unwrap();
        counter.increment_among(Writers::One, 2.0).unwrap();
        reader.join().unwrap();
        assert_eq!(counter.get(), 3.0);
    });
}

#[test]
fn a_decrement_stops_at_zero_and_keeps_what_is_added_after_it() {
    loom::model(|| {
        let gauge = Arc::new(Gauge::new(&()));
        gauge.set(1.0);
        let (raised, read) = (Arc::clone(&gauge), Arc::clone(&gauge));
        let increment = thread::spawn(move || raised.increment_by(2.0));
        let reader = thread::spawn(move || {
            let reading = read.get();
            assert!(reading >= 0.0, "{reading}");
        });
        gauge.decrement_to_zero(2.0);
        increment.join().unwrap();
        reader.join().unwrap();
        // First down to zero and then up, or up to three and then down.
        assert!([2.0, 1.0].contains(&gauge.get()), "{}", gauge.get());
    });
}
