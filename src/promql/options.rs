//! The limits of a query, and the settings that change its answer.

use std::time::Instant;

/// The limits of a query, and the settings that change its answer. The defaults are Prometheus's.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a sample counts as a series' present value, in milliseconds.
    pub lookback_ms: i64,
    /// The step of a subquery that names none, in milliseconds (Prometheus's
    /// `global.evaluation_interval`).
    pub subquery_step_ms: i64,
    /// How many steps a range query may have.
    pub max_steps: usize,
    /// How many samples a query may read and make before it is refused.
    pub max_samples: usize,
    /// When the query is given up.
    pub deadline: Option<Instant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lookback_ms: 300_000,
            subquery_step_ms: 60_000,
            max_steps: 11_000,
            max_samples: 50_000_000,
            deadline: None,
        }
    }
}
