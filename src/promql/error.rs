//! Why a query has no answer.

use super::source::SelectError;

/// Why a query has no answer, in the classes of Prometheus's HTTP API.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The expression or its times are not valid; the asker can mend it.
    #[error("{0}")]
    BadData(String),
    /// The expression is valid, but has no answer over these series.
    #[error("{0}")]
    Execution(String),
    /// The deadline passed.
    #[error("{0}")]
    Timeout(String),
    /// The source of the series failed.
    #[error("the series could not be read: {0}")]
    Source(#[from] SelectError),
}

impl QueryError {
    /// The `errorType` that Prometheus answers for this error.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::BadData(_) => "bad_data",
            Self::Execution(_) => "execution",
            Self::Timeout(_) => "timeout",
            Self::Source(_) => "internal",
        }
    }
}
