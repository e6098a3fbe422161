//! What Python tells the core of the life of its process.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::prelude::*;

use crate::metrics::fork;

/// How many threads work without the interpreter and will want it back.
static AWAY: AtomicUsize = AtomicUsize::new(0);
static HAS_TO_STAY: AtomicBool = AtomicBool::new(false);

/// Does short work without the interpreter, so that other threads go on.
///
/// Towards the end of the process with it: a thread that then wants it back is ended where it
/// stands, and native code must not be ended like that.
pub fn without_interpreter<T: Send>(py: Python<'_>, work: impl Send + FnOnce() -> T) -> T {
    AWAY.fetch_add(1, Ordering::SeqCst);
    let result = if HAS_TO_STAY.load(Ordering::SeqCst) { work() } else { py.detach(work) };
    AWAY.fetch_sub(1, Ordering::SeqCst);
    result
}

/// Lets nobody let go of the interpreter any more, once all have come back who did.
#[pyfunction]
fn stay_attached(py: Python<'_>) {
    HAS_TO_STAY.store(true, Ordering::SeqCst);
    while AWAY.load(Ordering::SeqCst) > 0 {
        py.detach(|| std::thread::sleep(Duration::from_millis(1)));
    }
}

#[pyfunction]
fn after_fork_in_child() {
    // Who was away was another thread, which this process does not have.
    AWAY.store(0, Ordering::SeqCst);
    fork::reset_in_child();
}

/// Lets Python call what must happen after a fork and at its end.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let stay_attached = wrap_pyfunction!(stay_attached, py)?;
    py.import("atexit")?.call_method1("register", (stay_attached,))?;
    let os = py.import("os")?;
    if !os.hasattr("register_at_fork")? {
        return Ok(());
    }
    let hooks = pyo3::types::PyDict::new(py);
    hooks.set_item("after_in_child", wrap_pyfunction!(after_fork_in_child, py)?)?;
    os.call_method("register_at_fork", (), Some(&hooks))?;
    Ok(())
}
