//! PromQL evaluated over parsed queries: no HTTP, no storage of its own, time is an argument.

mod source;

pub use source::{SelectError, SeriesSource};
