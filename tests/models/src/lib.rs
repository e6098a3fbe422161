//! The core's metrics on loom's atomics and locks, for the models in `tests/`.
//!
//! Modelled are the values (counter, gauge, histogram, summary, native histogram). What finds and
//! keeps them (`family`, `child`, `children`, `exemplar`, `registry`, `fork`) is compiled here too,
//! but on the atomics of `std` and the locks of `parking_lot`, which loom does not see.
//!
//! In each model who reads is the thread that was started last. Loom begins with that order and
//! looks for reads to put before a write; where the read comes first, it can miss writes that could
//! have come before it.

#[cfg(not(model_check))]
compile_error!("the models need RUSTFLAGS='--cfg model_check': use `make test-models`");

mod lock;
#[path = "../../../src/metrics/mod.rs"]
pub mod metrics;
