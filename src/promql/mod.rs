//! `PromQL` evaluated over parsed queries: no HTTP, no storage of its own, time is an argument.
//!
//! The semantics are those of Prometheus 3: range windows and the lookback are open on the left.
//! A query is evaluated a node at a time over its whole grid of steps (see [`grid`]), so labels
//! are touched once a series and not once a step, and each selector asks the source once.
//!
//! `query` parses and hands the tree to `evaluate`, which calls `selector`, `aggregate`, `binary`,
//! `functions` and `range_functions`; those share `track`, `grid` and `statistics`.

mod aggregate;
mod binary;
mod context;
mod error;
mod evaluate;
mod functions;
mod grid;
mod options;
mod parse;
mod query;
mod range_functions;
mod selector;
mod source;
mod statistics;
mod track;
mod value;

pub use error::QueryError;
pub use functions::bucket_quantile;
pub use options::Options;
pub use parse::parse_selector;
pub use query::{check_vector, query_instant, query_range};
pub use source::{SelectError, SeriesSource};
pub use value::{InstantSample, Value};
