//! Every line that mentions PyO3: arguments in, one call of the core, errors mapped out.

mod errors;
mod handle;
mod instruments;
mod labels;
mod page;
mod registry;
mod server;
mod store;
mod timer;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("DEBUG_BUILD", cfg!(debug_assertions))?;
    registry::add_to(module)?;
    instruments::add_to(module)?;
    timer::add_to(module)?;
    server::add_to(module)?;
    page::add_to(module)?;
    store::add_to(module)
}
