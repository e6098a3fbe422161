//! What a registry shows, and text of it.

use std::sync::Arc;

use crate::python::interned::interned;
use parking_lot::RwLock;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::core_object::CoreClass;
use super::foreign;
use super::instruments::{CounterCore, GaugeCore, HistogramCore, SummaryCore};
use crate::encoding::{self, Encoded, Encoder, FamilyKind, Format, MetricFamily, Sample};
use crate::metrics::{Collect, fork};
use crate::server::{Contents, OneAtATime, Part, Source};

/// The collectors of a registry, in the order of their registration.
#[pyclass(frozen, module = "mephisto_metrics._core")]
pub struct Registry(Arc<Collectors>);

#[pymethods]
impl Registry {
    #[new]
    fn new() -> Self {
        Self(Arc::default())
    }

    fn add(&self, collector: &Bound<'_, PyAny>) -> PyResult<()> {
        let name = format!("collector {}", collector.get_type().name()?);
        let native = native_family(collector).transpose()?;
        let collector = PythonCollector { name, collector: Arc::new(collector.clone().unbind()) };
        let entry = Entry { native, source: Arc::new(OneAtATime::new(collector)) };
        let _pass = fork::pass();
        self.0.entries.write().push(entry);
        Ok(())
    }

    fn remove(&self, collector: &Bound<'_, PyAny>) -> PyResult<()> {
        for entry in self.0.entries() {
            let known = entry.source.inner().collector.bind(collector.py());
            if known.is(collector) || known.eq(collector)? {
                let _pass = fork::pass();
                self.0.entries.write().retain(|other| !Arc::ptr_eq(&other.source, &entry.source));
                break;
            }
        }
        Ok(())
    }

    #[pyo3(signature = (labels))]
    fn set_target_info(&self, labels: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let labels = labels.filter(|labels| !labels.is_empty());
        let family = labels.map(target_info).transpose()?;
        let _pass = fork::pass();
        *self.0.target_info.write() = family;
        Ok(())
    }
}

impl Registry {
    /// What a server shows of it.
    pub fn contents(&self) -> Arc<dyn Contents> {
        Arc::clone(&self.0) as Arc<dyn Contents>
    }

    /// What it holds.
    pub fn collectors(&self) -> Arc<Collectors> {
        Arc::clone(&self.0)
    }
}

/// Collectors in the order of their registration.
#[derive(Default)]
pub struct Collectors {
    entries: RwLock<Vec<Entry>>,
    target_info: RwLock<Option<MetricFamily>>,
}

/// A metric or another collector.
#[derive(Clone)]
pub struct Entry {
    native: Option<Arc<dyn Collect>>,
    source: Arc<OneAtATime<PythonCollector>>,
}

impl Entry {
    /// The family, where it can be read without the interpreter.
    fn readable(&self) -> Option<&Arc<dyn Collect>> {
        self.native.as_ref().filter(|family| !family.needs_interpreter())
    }

    fn collector(&self) -> Arc<Py<PyAny>> {
        Arc::clone(&self.source.inner().collector)
    }
}

impl Collectors {
    fn entries(&self) -> Vec<Entry> {
        let _pass = fork::pass();
        self.entries.read().clone()
    }

    fn target_info(&self) -> Option<MetricFamily> {
        let _pass = fork::pass();
        self.target_info.read().clone()
    }

    /// All that they give; an exception in a collector ends it. Takes the GIL only for those that
    /// need it. For a thread that is not Python's; see `Exposition` for those that are.
    pub fn encoded(&self, format: Format) -> PyResult<Encoded> {
        let mut encoder = Encoder::new(format);
        let mut steps = self.steps().into_iter();
        while let Some(collector) = write_until_collector(&mut steps, &mut encoder)? {
            Python::attach(|py| {
                let metrics = collector.bind(py).call_method0(interned!(py, "collect"))?;
                foreign::encode_all(&metrics, &mut encoder)
            })?;
        }
        Ok(encoder.finish())
    }

    /// What there is to write, one after the other.
    pub fn steps(&self) -> Vec<Step> {
        let target_info = self.target_info().map(Step::Constant);
        target_info.into_iter().chain(self.entries().into_iter().map(Step::Entry)).collect()
    }
}

/// One thing to write.
pub enum Step {
    /// Labels of the process as a whole.
    Constant(MetricFamily),
    /// A metric, native or not.
    Entry(Entry),
}

/// Writes what needs no interpreter, and returns the first collector that does.
pub fn write_until_collector(
    steps: &mut impl Iterator<Item = Step>,
    encoder: &mut Encoder,
) -> PyResult<Option<Arc<Py<PyAny>>>> {
    for step in steps {
        match step {
            Step::Constant(family) => encoder.foreign(family)?,
            Step::Entry(entry) => match entry.readable() {
                Some(family) => encoder.native(family.as_ref()),
                None => return Ok(Some(entry.collector())),
            },
        }
    }
    Ok(None)
}

impl Contents for Collectors {
    fn parts(&self) -> Vec<Part> {
        let part = |entry: Entry| match entry.readable() {
            Some(family) => Part::Native(Arc::clone(family)),
            None => Part::Source(entry.source),
        };
        let target_info = self.target_info().map(Part::Constant);
        target_info.into_iter().chain(self.entries().into_iter().map(part)).collect()
    }
}

/// An object with `collect()`.
struct PythonCollector {
    name: String,
    collector: Arc<Py<PyAny>>,
}

impl Source for PythonCollector {
    fn name(&self) -> &str {
        &self.name
    }

    fn gather(&self) -> Result<Vec<MetricFamily>, String> {
        // Nothing where the interpreter is shutting down.
        Python::try_attach(|py| foreign::collect(self.collector.bind(py)))
            .unwrap_or_else(|| Ok(Vec::new()))
            .map_err(|error: PyErr| error.to_string())
    }
}

fn target_info(labels: &Bound<'_, PyDict>) -> PyResult<MetricFamily> {
    let sample = Sample {
        name: "target_info".into(),
        labels: foreign::labels_of(labels)?,
        value: Some(1.0),
        timestamp: None,
        exemplar: None,
        native_histogram: None,
    };
    Ok(MetricFamily {
        name: "target".into(),
        documentation: "Target metadata".into(),
        kind: FamilyKind::Info,
        unit: String::new(),
        samples: vec![sample],
    })
}

/// The family of a metric whose class is ours or derives from ours.
fn native_family(collector: &Bound<'_, PyAny>) -> Option<PyResult<Arc<dyn Collect>>> {
    family_of::<CounterCore>(collector)
        .or_else(|| family_of::<GaugeCore>(collector))
        .or_else(|| family_of::<HistogramCore>(collector))
        .or_else(|| family_of::<SummaryCore>(collector))
}

fn family_of<C: CoreClass>(collector: &Bound<'_, PyAny>) -> Option<PyResult<Arc<dyn Collect>>> {
    collector.cast::<C>().ok().map(|metric| metric.get().core().collector())
}

/// All of `metrics`, an iterable of `Metric` objects, in the format of a content type.
#[pyfunction]
fn encode_families(metrics: &Bound<'_, PyAny>, content_type: &str) -> PyResult<Py<PyBytes>> {
    let mut encoder = Encoder::new(Format::from_content_type(content_type));
    foreign::encode_all(metrics, &mut encoder)?;
    Ok(PyBytes::new(metrics.py(), &encoder.finish()).unbind())
}

/// The content type of the format that an Accept header gets.
#[pyfunction]
fn negotiate(accept: &str) -> String {
    encoding::negotiate(accept).content_type()
}

/// Shows `_created` series of native metrics, or hides them.
#[pyfunction]
fn set_created_series(is_shown: bool) {
    encoding::set_created_series(is_shown);
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Registry>()?;
    module.add_function(wrap_pyfunction!(encode_families, module)?)?;
    module.add_function(wrap_pyfunction!(negotiate, module)?)?;
    module.add_function(wrap_pyfunction!(set_created_series, module)?)
}
