//! What can not be written.

use thiserror::Error;

/// Why a family has no place in a format.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum EncodeError {
    /// An exemplar on a sample that may not have one.
    #[error(
        "Metric {family} has exemplars, but is not a histogram bucket or counter: sample {sample}"
    )]
    MisplacedExemplar {
        /// The family's name.
        family: String,
        /// The sample's.
        sample: String,
    },
    /// Only OpenMetrics 2 and protobuf have samples without a number.
    #[error(
        "float() argument must be a string or a real number, not 'NoneType': sample {0} has no \
         value, which this format can not show"
    )]
    MissingValue(String),
    /// A time that is no number of milliseconds.
    #[error("cannot convert float {seconds} to integer: it is the timestamp of sample {sample}")]
    EndlessTimestamp {
        /// `NaN` or `infinity`.
        seconds: &'static str,
        /// The sample's name.
        sample: String,
    },
}
