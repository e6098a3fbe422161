//! Lets the binding know which Python it is compiled for, such as one without a GIL.

fn main() {
    #[cfg(feature = "python")]
    pyo3_build_config::use_pyo3_cfgs();
}
