//! A Python like the installed one whose executable has a sanitizer's runtime linked in.
//!
//! The runtime has to be there before any library is loaded, so that it sees all memory that is
//! taken and given back, also by the interpreter.
#![no_main]

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    fn Py_BytesMain(count: c_int, arguments: *mut *mut c_char) -> c_int;
}

#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *mut *mut c_char) -> c_int {
    // SAFETY: both are as the system passes them to a program, which is what the interpreter wants.
    unsafe { Py_BytesMain(count, arguments) }
}
