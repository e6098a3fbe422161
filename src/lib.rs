//! Metrics for Mephisto: the instrument, its exposition, and the built-in store and page.
//!
//! Dependencies between the modules point one way:
//! `python -> server, store, page -> encoding, promql, http -> metrics`.
//! Every function that returns a `Result` names in its error the thing that failed.

#[cfg(not(unix))]
compile_error!(
    "mephisto-metrics-rs runs on Linux and macOS, and not on Windows yet: there, use it in WSL, \
     which is a Linux"
);

pub mod encoding;
pub mod http;
pub mod metrics;
pub mod model;
pub mod page;
pub mod promql;
#[cfg(feature = "python")]
mod python;
pub mod server;
pub mod store;
