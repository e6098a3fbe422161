//! Tests that need more than one module of the crate, or another program as their judge.

mod prometheus;
mod promql_against_prometheus;
mod promql_samples;
mod store;
