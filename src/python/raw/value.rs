//! The value behind a metric object, without a detour.

use std::sync::atomic::Ordering;

use crate::metrics::{Value, Writers};
use crate::python::core_object::Core;

/// Who may write a value: only who holds the GIL, where there is one.
pub const WRITERS: Writers = if cfg!(Py_GIL_DISABLED) { Writers::Many } else { Writers::One };

/// The value of a metric that has its labels.
#[inline]
pub fn value_of<V: Value>(core: &Core<V>) -> Option<&V> {
    // SAFETY: the address is null, or that of a value whose child the core keeps for its own life;
    // a core is bound once.
    unsafe { core.value_address.load(Ordering::Acquire).as_ref() }
}
