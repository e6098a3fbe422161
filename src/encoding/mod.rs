//! The exposition formats, one a file.

mod number;
mod text;

pub use number::write_number;
pub use text::{CONTENT_TYPE, encode};
