//! A family of metrics as any collector gives it: names and values, nothing that can be counted.

/// The type of a family, in the words of OpenMetrics.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FamilyKind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A count and a sum, perhaps with quantiles.
    Summary,
    /// Observations in buckets.
    Histogram,
    /// Buckets whose counts go up and down.
    GaugeHistogram,
    /// Nobody knows.
    Unknown,
    /// Text, in labels.
    Info,
    /// Which of some states are on.
    StateSet,
}

impl FamilyKind {
    const ALL: [Self; 8] = [
        Self::Counter,
        Self::Gauge,
        Self::Summary,
        Self::Histogram,
        Self::GaugeHistogram,
        Self::Unknown,
        Self::Info,
        Self::StateSet,
    ];

    /// The word for it in OpenMetrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Unknown => "unknown",
            Self::Info => "info",
            Self::StateSet => "stateset",
        }
    }

    /// The type of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A number that remembers whether it was whole, because both formats show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// Any number.
    Float(f64),
}

impl Number {
    /// As a float.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

/// When a sample was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Timestamp {
    /// Seconds since the Unix epoch.
    Seconds(Number),
    /// The same, exact to the nanosecond; both parts have the sign of the whole.
    Exact {
        /// Whole seconds.
        seconds: i64,
        /// What is above them.
        nanoseconds: i64,
    },
}

impl Timestamp {
    /// Seconds since the Unix epoch, as near as a float can be.
    pub fn as_seconds(self) -> f64 {
        match self {
            Self::Seconds(seconds) => seconds.as_f64(),
            Self::Exact { seconds, nanoseconds } => seconds as f64 + nanoseconds as f64 / 1e9,
        }
    }
}

/// Names and values of labels, sorted by name.
pub type Labels = Vec<(String, String)>;

/// An example of what was counted, usually with the identifier of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Its labels.
    pub labels: Labels,
    /// The value observed.
    pub value: f64,
    /// When it was observed.
    pub timestamp: Option<Timestamp>,
}

/// The buckets of one sign of a native histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketSpans {
    /// Offset from the end of the span before, and length.
    pub spans: Vec<(i64, i64)>,
    /// The difference of each bucket's count to that of the bucket before.
    pub deltas: Vec<Number>,
}

/// A sparse histogram with exponential buckets.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeHistogram {
    /// How many observations there were.
    pub count: Number,
    /// Their sum.
    pub sum: Number,
    /// Buckets grow by 2^(2^-schema).
    pub schema: i64,
    /// The breadth of the zero bucket.
    pub zero_threshold: Number,
    /// How many observations fell into it.
    pub zero_count: Number,
    /// The buckets above zero.
    pub positive: Option<BucketSpans>,
    /// The buckets below zero.
    pub negative: Option<BucketSpans>,
    /// Examples.
    pub exemplars: Vec<Exemplar>,
}

/// One line of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The full name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// Its value; a native histogram may have none.
    pub value: Option<f64>,
    /// When it was taken, if not just now.
    pub timestamp: Option<Timestamp>,
    /// An example of what it counts.
    pub exemplar: Option<Exemplar>,
    /// What it shows instead of `value` in a format that can.
    pub native_histogram: Option<NativeHistogram>,
}

/// A family with all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFamily {
    /// The name without the suffixes of samples.
    pub name: String,
    /// The help text.
    pub documentation: String,
    /// The type.
    pub kind: FamilyKind,
    /// The unit; empty where there is none.
    pub unit: String,
    /// The samples, in the order in which they are shown.
    pub samples: Vec<Sample>,
}
