//! Counter, gauge and histogram as Python classes with the methods of `prometheus_client`'s.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::handle::{Construction, Handle};
use super::registry::RegistryArgument;
use super::timer::Timer;
use crate::metrics::{self, Buckets, Collect, NameParts};

/// Writes one metric class: the constructor with the arguments of `prometheus_client`, the methods
/// that all metrics share, and those given in the block.
macro_rules! metric_class {
    (
        $(#[$documentation:meta])*
        $class:ident($value:ty), options($($option:ident: $option_type:ty = $default:expr)?) => $options:expr,
        { $($methods:tt)* }
    ) => {
        $(#[$documentation])*
        #[pyclass(frozen, module = "mephisto_metrics")]
        pub struct $class(Handle<$value>);

        impl $class {
            /// The family as a registry holds it.
            pub fn collector(&self) -> Arc<dyn Collect> {
                self.0.collector()
            }
        }

        #[pymethods]
        impl $class {
            #[new]
            #[pyo3(signature = (
                name, documentation, labelnames = None, namespace = "", subsystem = "", unit = "",
                registry = RegistryArgument::Default $(, $option = $default)?
            ), text_signature = None)]
            #[allow(clippy::too_many_arguments)]
            fn new(
                py: Python<'_>,
                name: &str,
                documentation: String,
                labelnames: Option<Bound<'_, PyAny>>,
                namespace: &str,
                subsystem: &str,
                unit: &str,
                registry: RegistryArgument,
                $($option: $option_type,)?
            ) -> PyResult<Self> {
                let parts = NameParts { namespace, subsystem, name, unit };
                let construction =
                    Construction { parts, documentation, label_names: labelnames, registry };
                Ok(Self(Handle::construct(py, construction, $options)?))
            }

            #[pyo3(signature = (*labelvalues, **labelkwargs))]
            fn labels(
                &self,
                labelvalues: &Bound<'_, PyTuple>,
                labelkwargs: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<Self> {
                Ok(Self(self.0.labels(labelvalues, labelkwargs)?))
            }

            #[pyo3(signature = (*labelvalues))]
            fn remove(&self, labelvalues: &Bound<'_, PyTuple>) -> PyResult<()> {
                self.0.remove(labelvalues)
            }

            fn clear(&self) {
                self.0.clear();
            }

            #[getter(_labelnames)]
            fn label_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
                PyTuple::new(py, &self.0.description().label_names)
            }

            fn __repr__(&self) -> String {
                let name = &self.0.description().name;
                format!(concat!("mephisto_metrics.", stringify!($class), "({})"), name)
            }

            fn __str__(&self) -> String {
                let description = self.0.description();
                format!("{}:{}", description.kind.as_str(), description.name)
            }

            $($methods)*
        }
    };
}

metric_class! {
    /// Counts events; only goes up.
    Counter(metrics::Counter), options() => (), {
        #[pyo3(signature = (amount = 1.0))]
        fn inc(&self, amount: f64) -> PyResult<()> {
            Ok(self.0.value()?.increment_by(amount)?)
        }

        fn reset(&self) -> PyResult<()> {
            self.0.value()?.reset();
            Ok(())
        }
    }
}

metric_class! {
    /// A value that goes up and down.
    Gauge(metrics::Gauge), options() => (), {
        #[pyo3(signature = (amount = 1.0))]
        fn inc(&self, amount: f64) -> PyResult<()> {
            self.0.value()?.increment_by(amount);
            Ok(())
        }

        #[pyo3(signature = (amount = 1.0))]
        fn dec(&self, amount: f64) -> PyResult<()> {
            self.0.value()?.decrement_by(amount);
            Ok(())
        }

        fn set(&self, value: f64) -> PyResult<()> {
            self.0.value()?.set(value);
            Ok(())
        }

        fn track_inprogress<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
            slf.get().0.value()?;
            let module = slf.py().import("mephisto_metrics.inprogress")?;
            module.getattr("InprogressTracker")?.call1((slf,))
        }
    }
}

metric_class! {
    /// Counts observations in buckets.
    Histogram(metrics::Histogram), options(buckets: Option<Bound<'_, PyAny>> = None) => buckets_from(buckets)?, {
        fn observe(&self, amount: f64) -> PyResult<()> {
            self.0.value()?.observe(amount);
            Ok(())
        }

        fn time(slf: &Bound<'_, Self>) -> PyResult<Timer> {
            slf.get().0.value()?;
            Ok(Timer::new(slf.clone().unbind()))
        }
    }
}

impl Histogram {
    /// Counts one observation; the caller has made sure that labels are set.
    pub fn observe_seconds(&self, seconds: f64) -> PyResult<()> {
        self.observe(seconds)
    }
}

fn buckets_from(bounds: Option<Bound<'_, PyAny>>) -> PyResult<Buckets> {
    let Some(bounds) = bounds else { return Ok(Buckets::new(&Buckets::DEFAULT)?) };
    let bounds: Vec<f64> =
        bounds.try_iter()?.map(|bound| bucket_bound(&bound?)).collect::<PyResult<_>>()?;
    Ok(Buckets::new(&bounds)?)
}

/// A bound as `float()` would read it, so that `"0.5"` and `"+Inf"` will do.
fn bucket_bound(bound: &Bound<'_, PyAny>) -> PyResult<f64> {
    match bound.cast::<PyString>() {
        Ok(text) => text.to_str()?.trim().parse().map_err(|_| {
            PyValueError::new_err(format!("could not convert string to float: {text:?}"))
        }),
        Err(_) => bound.extract(),
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Counter>()?;
    module.add_class::<Gauge>()?;
    let histogram = module.py().get_type::<Histogram>();
    let bounds = Buckets::DEFAULT.into_iter().chain([f64::INFINITY]);
    histogram.setattr("DEFAULT_BUCKETS", PyTuple::new(module.py(), bounds.collect::<Vec<_>>())?)?;
    module.add("Histogram", histogram)
}
