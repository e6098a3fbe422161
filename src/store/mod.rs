//! The built-in store: finds targets, scrapes them, keeps the samples, answers queries.

mod storage;

pub use storage::StorageError;
