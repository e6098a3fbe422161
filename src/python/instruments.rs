//! Counter, gauge, histogram and summary: what of them is native.
//!
//! The classes that users see derive from these in Python, where all is that is not called often:
//! constructors, names, `collect`. Methods with an underscore are for them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pyo3::PyTraverseError;
use pyo3::exceptions::PyOverflowError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::core_object::{self, Core, CoreClass, child_object, now_seconds, object_for};
use crate::metrics::{self, BucketExemplars, Buckets, Description, Exemplar, NativeOptions, Value};
use crate::promql;

/// An exemplar as Python sees it: the index of its bucket, labels, value, seconds since the epoch.
type ExemplarTuple = (usize, Vec<(String, String)>, f64, f64);

/// Writes one native class: what all metrics share, and the methods given in the block.
macro_rules! core_class {
    (
        $(#[$documentation:meta])*
        $class:ident($value:ty), create($($option:ident: $option_type:ty)?) => $options:expr,
        { $($methods:tt)* }
    ) => {
        $(#[$documentation])*
        #[pyclass(frozen, subclass, module = "mephisto_metrics._core")]
        pub struct $class(Core<$value>);

        impl CoreClass for $class {
            type Value = $value;

            #[inline]
            fn core(&self) -> &Core<$value> {
                &self.0
            }
        }

        #[pymethods]
        impl $class {
            #[new]
            #[pyo3(signature = (*_arguments, **_keywords))]
            fn new(
                _arguments: &Bound<'_, PyTuple>,
                _keywords: Option<&Bound<'_, pyo3::types::PyDict>>,
            ) -> Self {
                Self(Core::default())
            }

            #[pyo3(signature = (name, documentation, unit, label_names, origin $(, $option)?))]
            fn _create(
                &self,
                name: String,
                documentation: String,
                unit: String,
                label_names: Vec<String>,
                origin: Bound<'_, PyTuple>,
                $($option: $option_type,)?
            ) -> PyResult<()> {
                let kind = <$value>::KIND;
                let description = Description { name, documentation, unit, kind, label_names };
                self.0.create(description, origin, $options)
            }

            fn _attach(
                slf: &Bound<'_, Self>,
                parent: &Bound<'_, Self>,
                label_values: Vec<Bound<'_, PyString>>,
            ) -> PyResult<()> {
                core_object::attach(slf, parent, &label_values)
            }

            /// Makes this object, which is complete, the one that `labels` gives; returns the one
            /// that is, if another thread was faster.
            fn _introduce<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
                core_object::introduce(slf)
            }

            /// Makes this object, which is new, stand for the same as `other`.
            fn _share(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) -> PyResult<()> {
                slf.get().0.share(slf.py(), &other.get().0)
            }

            fn _child<'py>(
                slf: &Bound<'py, Self>,
                label_values: Vec<Bound<'py, PyString>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                child_object(slf, &texts(&label_values)?)
            }

            /// The child that is there already.
            fn _find<'py>(
                slf: &Bound<'py, Self>,
                label_values: Vec<Bound<'py, PyString>>,
            ) -> PyResult<Option<Bound<'py, PyAny>>> {
                let found = slf.get().0.family()?.find(&texts(&label_values)?);
                found.map(|child| object_for(slf, &child)).transpose()
            }

            fn _children<'py>(slf: &Bound<'py, Self>) -> PyResult<Vec<Bound<'py, PyAny>>> {
                let children = slf.get().0.family()?.children();
                children.iter().map(|child| object_for(slf, child)).collect()
            }

            fn _remove(&self, label_values: Vec<Bound<'_, PyString>>) -> PyResult<()> {
                self.0.family()?.remove(&texts(&label_values)?);
                self.0.cache.clear();
                Ok(())
            }

            fn _clear(&self) -> PyResult<()> {
                self.0.family()?.clear();
                self.0.cache.clear();
                Ok(())
            }

            fn _reset(&self, py: Python<'_>) -> PyResult<()> {
                self.0.observable()?.reset(now_seconds(py)?);
                Ok(())
            }

            fn _set_needs_interpreter(&self) -> PyResult<()> {
                self.0.family()?.set_needs_interpreter();
                Ok(())
            }

            fn _let_attribute_observe(&self) {
                self.0.replaces_observe.store(true, Ordering::Relaxed);
            }

            fn _let_class_make_children(&self) {
                self.0.class_makes_children.store(true, Ordering::Relaxed);
            }

            fn _set_limit(&self, limit: u64) -> PyResult<()> {
                self.0.family()?.set_limit(limit);
                Ok(())
            }

            fn _drop_zeros_after(&self, lifetime_seconds: f64) -> PyResult<()> {
                let lifetime = Duration::try_from_secs_f64(lifetime_seconds)
                    .map_err(|error| PyOverflowError::new_err(error.to_string()))?;
                self.0.family()?.drop_zeros_after(lifetime);
                // A dropped child must not be found again.
                self.0.cache.disable();
                Ok(())
            }

            #[getter]
            fn _overflow_count(&self) -> PyResult<u64> {
                Ok(self.0.family()?.overflow_count())
            }

            #[getter]
            fn _parent(&self, py: Python<'_>) -> Option<Py<PyAny>> {
                self.0.parent().map(|parent| parent.clone_ref(py))
            }

            #[getter]
            fn _origin(&self, py: Python<'_>) -> Option<Py<PyTuple>> {
                self.0.origin().map(|origin| origin.clone_ref(py))
            }

            #[getter]
            fn _name(&self) -> PyResult<&str> {
                Ok(&self.0.description()?.name)
            }

            #[getter]
            fn _documentation(&self) -> PyResult<&str> {
                Ok(&self.0.description()?.documentation)
            }

            #[getter]
            fn _unit(&self) -> PyResult<&str> {
                Ok(&self.0.description()?.unit)
            }

            #[getter]
            fn _labelnames<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
                PyTuple::new(py, &self.0.description()?.label_names)
            }

            #[getter]
            fn _labelvalues<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
                self.0.label_values(py)
            }

            #[getter]
            fn _created(&self) -> PyResult<f64> {
                Ok(self.0.observable()?.created_seconds())
            }

            #[setter(_created)]
            fn _set_created(&self, created_seconds: f64) -> PyResult<()> {
                self.0.observable()?.set_created_seconds(created_seconds);
                Ok(())
            }

            #[getter]
            fn _exemplars(&self) -> PyResult<Vec<ExemplarTuple>> {
                Ok(exemplar_tuples(self.0.exemplars()?))
            }

            fn _put_exemplar(
                &self,
                bucket: usize,
                labels: Vec<(String, String)>,
                value: f64,
                timestamp_seconds: f64,
            ) -> PyResult<()> {
                let exemplar = Exemplar { labels, value, timestamp_seconds };
                let child = self.0.observable()?;
                self.0.family()?.put_exemplar(child, bucket, exemplar);
                Ok(())
            }

            fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
                self.0.traverse(&visit)
            }

            fn __clear__(&self) {
                self.0.cache.clear();
            }

            $($methods)*
        }
    };
}

core_class! {
    /// The native part of a counter.
    CounterCore(metrics::Counter), create() => (), {
        fn _add(&self, amount: f64) -> PyResult<()> {
            Ok(self.0.observable()?.value().increment_by(amount)?)
        }

        fn _put(&self, value: f64) -> PyResult<()> {
            self.0.observable()?.value().set(value);
            Ok(())
        }

        fn _get(&self) -> PyResult<f64> {
            Ok(self.0.observable()?.value().get())
        }
    }
}

core_class! {
    /// The native part of a gauge.
    GaugeCore(metrics::Gauge), create() => (), {
        fn _add(&self, amount: f64) -> PyResult<()> {
            self.0.observable()?.value().increment_by(amount);
            Ok(())
        }

        fn _take_to_zero(&self, amount: f64) -> PyResult<()> {
            self.0.observable()?.value().decrement_to_zero(amount);
            Ok(())
        }

        fn _put(&self, value: f64) -> PyResult<()> {
            self.0.observable()?.value().set(value);
            Ok(())
        }

        fn _get(&self) -> PyResult<f64> {
            Ok(self.0.observable()?.value().get())
        }
    }
}

core_class! {
    /// The native part of a histogram.
    HistogramCore(metrics::Histogram), create(layout: BucketLayout) => buckets(&layout)?, {
        /// Counts one observation and returns the index of its bucket; None for NaN.
        fn _record(&self, amount: f64) -> PyResult<Option<usize>> {
            Ok(self.0.observable()?.value().observe(amount))
        }

        #[getter]
        fn _upper_bounds(&self) -> PyResult<Vec<f64>> {
            Ok(self.0.family()?.options().bounds().to_vec())
        }

        /// The cumulative counts of the buckets, and the sum.
        fn _get(&self) -> PyResult<(Vec<u64>, f64)> {
            let reading = self.0.observable()?.value().snapshot();
            Ok((reading.cumulative_counts, reading.sum))
        }

        /// Replaces the count of one bucket, those below it not counted.
        fn _put_bucket(&self, bucket: usize, count: u64) -> PyResult<()> {
            self.0.observable()?.value().set_bucket(bucket, count);
            Ok(())
        }

        fn _put_sum(&self, total: f64) -> PyResult<()> {
            self.0.observable()?.value().set_sum(total);
            Ok(())
        }
    }
}

core_class! {
    /// The native part of a summary.
    SummaryCore(metrics::Summary), create() => (), {
        fn _record(&self, amount: f64) -> PyResult<()> {
            self.0.observable()?.value().observe(amount);
            Ok(())
        }

        fn _put(&self, count: u64, total: f64) -> PyResult<()> {
            self.0.observable()?.value().set(count, total);
            Ok(())
        }

        /// Count and sum.
        fn _get(&self) -> PyResult<(u64, f64)> {
            Ok(self.0.observable()?.value().get())
        }
    }
}

/// Upper bounds, and of native buckets the factor and their highest number.
type BucketLayout = (Vec<f64>, Option<(f64, usize)>);

fn buckets((bounds, native): &BucketLayout) -> PyResult<Buckets> {
    let buckets = Buckets::new(bounds)?;
    Ok(match native {
        Some((factor, highest_number)) => {
            buckets.with_native(NativeOptions::new(*factor, *highest_number)?)
        }
        None => buckets,
    })
}

fn texts<'a>(label_values: &'a [Bound<'_, PyString>]) -> PyResult<Vec<&'a str>> {
    label_values.iter().map(|value| value.to_str()).collect()
}

fn exemplar_tuples(exemplars: BucketExemplars) -> Vec<ExemplarTuple> {
    let tuple = |(bucket, exemplar): (usize, std::sync::Arc<Exemplar>)| {
        (bucket, exemplar.labels.clone(), exemplar.value, exemplar.timestamp_seconds)
    };
    exemplars.into_iter().map(tuple).collect()
}

#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "that is how PyO3 gives lists")]
fn bucket_quantile(quantile: f64, upper_bounds: Vec<f64>, cumulative_counts: Vec<f64>) -> f64 {
    promql::bucket_quantile(quantile, &upper_bounds, &cumulative_counts)
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("DEFAULT_BUCKETS", PyTuple::new(module.py(), Buckets::DEFAULT)?)?;
    module.add_function(wrap_pyfunction!(bucket_quantile, module)?)?;
    module.add_class::<CounterCore>()?;
    module.add_class::<GaugeCore>()?;
    module.add_class::<HistogramCore>()?;
    module.add_class::<SummaryCore>()?;
    super::raw::add_to(module)
}
