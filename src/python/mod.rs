//! Every line that mentions PyO3: arguments in, one call of the core, errors mapped out.

mod awaitable;
mod core_object;
mod credentials;
mod elsewhere;
mod errors;
mod exposition;
mod foreign;
mod instruments;
mod interned;
mod page;
mod process;
mod raw;
mod registry;
mod remote_write;
mod server;
mod store;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("DEBUG_BUILD", cfg!(debug_assertions))?;
    process::add_to(module)?;
    registry::add_to(module)?;
    exposition::add_to(module)?;
    instruments::add_to(module)?;
    server::add_to(module)?;
    awaitable::add_to(module)?;
    page::add_to(module)?;
    store::add_to(module)
}
