//! Families that collectors in Python give, ours or `prometheus_client`'s: whatever has
//! their attributes.

use crate::python::interned::interned;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyString, PyTuple};

use crate::encoding::{
    BucketSpans, EncodeError, Encoder, Exemplar, FamilyKind, Labels, MetricFamily, NativeHistogram,
    Number, Sample, Timestamp,
};

/// Appends each of `metrics`, an iterable of `Metric` objects.
///
/// As in `prometheus_client`, an exception that a metric causes has it behind its arguments.
pub fn encode_all(metrics: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<()> {
    for metric in metrics.try_iter()? {
        let metric = metric?;
        let family = family_of(&metric).map_err(|error| naming(&metric, error))?;
        encoder.foreign(family).map_err(|error| naming(&metric, error.into()))?;
    }
    Ok(())
}

/// All families that a collector gives.
pub fn collect(collector: &Bound<'_, PyAny>) -> PyResult<Vec<MetricFamily>> {
    let metrics = collector.call_method0(interned!(collector.py(), "collect"))?;
    metrics.try_iter()?.map(|metric| family_of(&metric?)).collect()
}

impl From<EncodeError> for PyErr {
    fn from(error: EncodeError) -> Self {
        let text = error.to_string();
        match error {
            EncodeError::MissingValue(_) => PyTypeError::new_err(text),
            EncodeError::EndlessTimestamp { seconds: "infinity", .. } => {
                PyOverflowError::new_err(text)
            }
            EncodeError::MisplacedExemplar { .. } | EncodeError::EndlessTimestamp { .. } => {
                PyValueError::new_err(text)
            }
        }
    }
}

/// Puts the metric behind the exception's arguments.
fn naming(metric: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = metric.py();
    let add = || {
        let exception = error.value(py);
        let arguments = exception.getattr(interned!(py, "args"))?.cast_into::<PyTuple>()?;
        let arguments = if arguments.is_empty() { PyTuple::new(py, [""])? } else { arguments };
        let with_metric = arguments.as_sequence().concat(PyTuple::new(py, [metric])?.as_sequence());
        exception.setattr(interned!(py, "args"), with_metric?.to_tuple()?)
    };
    // An exception that does not let itself be changed is told as it is.
    let _: PyResult<()> = add();
    error
}

fn family_of(metric: &Bound<'_, PyAny>) -> PyResult<MetricFamily> {
    let py = metric.py();
    let kind = text(&metric.getattr(interned!(py, "type"))?)?;
    let samples = metric.getattr(interned!(py, "samples"))?;
    Ok(MetricFamily {
        name: text(&metric.getattr(interned!(py, "name"))?)?,
        documentation: text(&metric.getattr(interned!(py, "documentation"))?)?,
        kind: kind_of(&kind)?,
        unit: given(metric, interned!(py, "unit"))?
            .map_or_else(|| Ok(String::new()), |unit| text(&unit))?,
        samples: samples.try_iter()?.map(|sample| sample_of(&sample?)).collect::<PyResult<_>>()?,
    })
}

fn kind_of(word: &str) -> PyResult<FamilyKind> {
    // The word of old releases.
    let word = if word == "untyped" { "unknown" } else { word };
    FamilyKind::from_word(word).ok_or_else(|| {
        PyValueError::new_err(format!(
            "Invalid metric type: {word}: expected counter, gauge, summary, histogram, \
             gaugehistogram, unknown, info or stateset"
        ))
    })
}

fn sample_of(sample: &Bound<'_, PyAny>) -> PyResult<Sample> {
    let py = sample.py();
    let value = sample.getattr(interned!(py, "value"))?;
    let exemplar = given(sample, interned!(py, "exemplar"))?;
    let native_histogram = given(sample, interned!(py, "native_histogram"))?;
    Ok(Sample {
        name: text(&sample.getattr(interned!(py, "name"))?)?,
        labels: labels_of(&sample.getattr(interned!(py, "labels"))?)?,
        value: if value.is_none() { None } else { Some(float(&value)?) },
        timestamp: timestamp_of(sample)?,
        exemplar: exemplar.map(|exemplar| exemplar_of(&exemplar)).transpose()?,
        native_histogram: native_histogram.map(|native| native_of(&native)).transpose()?,
    })
}

/// An attribute that may be missing, as in old releases, or say that there is nothing.
fn given<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match object.getattr_opt(name)? {
        Some(value) if value.is_truthy()? => Ok(Some(value)),
        _ => Ok(None),
    }
}

/// A mapping of names to values, sorted.
pub fn labels_of(labels: &Bound<'_, PyAny>) -> PyResult<Labels> {
    if !labels.is_truthy()? {
        return Ok(Labels::new());
    }
    let mut pairs = if let Ok(labels) = labels.cast::<PyDict>() {
        let pair = |(name, value)| Ok((text(&name)?, text(&value)?));
        labels.iter().map(pair).collect::<PyResult<Labels>>()?
    } else {
        let items = labels.call_method0(interned!(labels.py(), "items"))?;
        let pair = |item: PyResult<Bound<'_, PyAny>>| {
            let (name, value) = item?.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
            Ok((text(&name)?, text(&value)?))
        };
        items.try_iter()?.map(pair).collect::<PyResult<Labels>>()?
    };
    pairs.sort_unstable();
    Ok(pairs)
}

fn exemplar_of(exemplar: &Bound<'_, PyAny>) -> PyResult<Exemplar> {
    let py = exemplar.py();
    Ok(Exemplar {
        labels: labels_of(&exemplar.getattr(interned!(py, "labels"))?)?,
        value: float(&exemplar.getattr(interned!(py, "value"))?)?,
        timestamp: timestamp_of(exemplar)?,
    })
}

/// The timestamp of a sample or of an exemplar: a number, or exact in two.
fn timestamp_of(owner: &Bound<'_, PyAny>) -> PyResult<Option<Timestamp>> {
    let py = owner.py();
    let timestamp = owner.getattr(interned!(py, "timestamp"))?;
    if timestamp.is_none() {
        return Ok(None);
    }
    let Some(nanoseconds) = timestamp.getattr_opt(interned!(py, "nsec"))? else {
        return Ok(Some(Timestamp::Seconds(number(&timestamp)?)));
    };
    let seconds = timestamp.getattr(interned!(py, "sec"))?.extract()?;
    Ok(Some(Timestamp::Exact { seconds, nanoseconds: nanoseconds.extract()? }))
}

fn native_of(native: &Bound<'_, PyAny>) -> PyResult<NativeHistogram> {
    let py = native.py();
    let number_at = |name| number(&native.getattr(name)?);
    let exemplars = match given(native, interned!(py, "nh_exemplars"))? {
        Some(exemplars) => exemplars
            .try_iter()?
            .map(|exemplar| exemplar_of(&exemplar?))
            .collect::<PyResult<_>>()?,
        None => Vec::new(),
    };
    Ok(NativeHistogram {
        count: number_at(interned!(py, "count_value"))?,
        sum: number_at(interned!(py, "sum_value"))?,
        schema: native.getattr(interned!(py, "schema"))?.extract()?,
        zero_threshold: number_at(interned!(py, "zero_threshold"))?,
        zero_count: number_at(interned!(py, "zero_count"))?,
        positive: spans_of(native, interned!(py, "pos_spans"), interned!(py, "pos_deltas"))?,
        negative: spans_of(native, interned!(py, "neg_spans"), interned!(py, "neg_deltas"))?,
        exemplars,
    })
}

fn spans_of<'py>(
    native: &Bound<'py, PyAny>,
    spans: &Bound<'py, PyString>,
    deltas: &Bound<'py, PyString>,
) -> PyResult<Option<BucketSpans>> {
    let Some(spans) = given(native, spans)? else { return Ok(None) };
    let span = |span: PyResult<Bound<'_, PyAny>>| {
        let span = span?;
        Ok((span.get_item(0)?.extract()?, span.get_item(1)?.extract()?))
    };
    let deltas = native.getattr(deltas)?;
    Ok(Some(BucketSpans {
        spans: spans.try_iter()?.map(span).collect::<PyResult<_>>()?,
        deltas: deltas.try_iter()?.map(|delta| number(&delta?)).collect::<PyResult<_>>()?,
    }))
}

fn number(value: &Bound<'_, PyAny>) -> PyResult<Number> {
    if value.is_instance_of::<PyInt>()
        && let Ok(integer) = value.extract()
    {
        return Ok(Number::Integer(integer));
    }
    float(value).map(Number::Float)
}

/// What Python's `float` makes of it, which reads strings too.
fn float(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    match value.extract() {
        Ok(value) => Ok(value),
        Err(_) => value.py().get_type::<PyFloat>().call1((value,))?.extract(),
    }
}

/// Text; the error for anything else is `prometheus_client`'s, which calls `replace` on it.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    value.getattr(interned!(value.py(), "replace"))?;
    Err(PyTypeError::new_err(format!("expected a string, received {}", value.repr()?)))
}
