//! The children that `labels` found last, by the identity of its arguments.
//!
//! Hashing a string and comparing it costs several times what a call of `labels` should. But a
//! call at one place in a program passes the same objects each time: constants, enumeration
//! values, interned names. So the arguments' addresses are looked up first.

use std::cell::{Cell, UnsafeCell};
use std::ptr::{NonNull, null_mut};
#[cfg(Py_GIL_DISABLED)]
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::PyTraverseError;
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use super::owned::Owned;

/// Up to how many labels calls are remembered for.
pub const MOST_LABELS: usize = 3;
/// A power of two; each call has two places where it can be.
const ENTRIES: usize = 64;
const NEVER: u64 = u64::MAX;

/// A small table that belongs to one metric object.
#[derive(Default)]
pub struct LabelCache {
    entries: UnsafeCell<Option<Box<[Option<Entry>; ENTRIES]>>>,
    /// Counts what made remembered children invalid; `NEVER` where nothing is to be remembered.
    generation: Cell<u64>,
    #[cfg(Py_GIL_DISABLED)]
    is_busy: AtomicBool,
    #[cfg(not(Py_GIL_DISABLED))]
    is_busy: Cell<bool>,
}

// SAFETY: all access goes through `enter`, which lets in one thread at a time and nobody a second
// time: by the GIL and a flag, or without a GIL by an atomic flag.
unsafe impl Sync for LabelCache {}
// SAFETY: what it holds are references to Python objects, which any thread may hold and drop.
unsafe impl Send for LabelCache {}

struct Entry {
    /// The values of the call, by position or behind their keywords; kept alive, so that no other
    /// object can get their addresses.
    values: [Option<Owned>; MOST_LABELS],
    /// The tuple of keywords as the interpreter passes it.
    names: Option<Owned>,
    child: Owned,
}

/// The arguments of one call, by address.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub values: &'a [*mut ffi::PyObject],
    /// Null where the values are given by position.
    pub names: *mut ffi::PyObject,
}

impl Call<'_> {
    fn places(self) -> [usize; 2] {
        let mut mixed = self.names.addr();
        for value in self.values {
            mixed = mixed.rotate_left(7) ^ value.addr();
        }
        // Objects lie at multiples of sixteen.
        let place = (mixed >> 4 ^ mixed >> 11) % ENTRIES;
        [place, place ^ 1]
    }
}

impl Entry {
    #[inline]
    fn is_of(&self, call: Call<'_>) -> bool {
        let address = |object: &Option<Owned>| object.as_ref().map_or(null_mut(), Owned::as_ptr);
        address(&self.names) == call.names
            && call.values.iter().zip(&self.values).all(|(one, other)| *one == address(other))
            && self.values.get(call.values.len()).is_none_or(Option::is_none)
    }
}

impl LabelCache {
    /// The child that such a call returned before.
    #[inline]
    pub fn find<'py>(&self, py: Python<'py>, call: Call<'_>) -> Option<Bound<'py, PyAny>> {
        self.enter(|entries| {
            let entries = entries.as_ref()?;
            let [first, second] = call.places();
            let entry = [first, second]
                .into_iter()
                .find_map(|place| entries[place].as_ref().filter(|entry| entry.is_of(call)))?;
            Some(entry.child.bind(py).clone())
        })?
    }

    /// What to give to `remember`, taken before the child is looked up.
    pub fn generation(&self) -> u64 {
        self.enter(|_| self.generation.get()).unwrap_or(NEVER)
    }

    /// Remembers what a call returned, unless children were removed since `generation`.
    ///
    /// Only objects that are always the same text may be among the values.
    pub fn remember(&self, call: Call<'_>, child: &Bound<'_, PyAny>, generation: u64) {
        if call.values.len() > MOST_LABELS || generation == NEVER {
            return;
        }
        let own = |object: &*mut ffi::PyObject| {
            // SAFETY: the caller's arguments are alive during its call; attached, as `child` proves.
            NonNull::new(*object).map(|object| unsafe { Owned::from_borrowed(object) })
        };
        let mut values = [const { None }; MOST_LABELS];
        for (place, value) in values.iter_mut().zip(call.values) {
            *place = own(value);
        }
        let entry = Entry { values, names: own(&call.names), child: Owned::from(child.clone()) };
        let replaced = self.enter(|entries| {
            if self.generation.get() != generation {
                return Some(entry);
            }
            let entries = entries.get_or_insert_with(|| Box::new([const { None }; ENTRIES]));
            let [first, second] = call.places();
            // The newest stands first, the one before it second, and the third is forgotten.
            let older = entries[first].replace(entry)?;
            entries[second].replace(older)
        });
        // Dropped out here: the last reference to an object may run Python code, which may come
        // back.
        drop(replaced);
    }

    /// Forgets all, because children were removed.
    pub fn clear(&self) {
        self.forget(|generation| if generation == NEVER { NEVER } else { generation + 1 });
    }

    /// Forgets all and remembers nothing from now on, because children go unseen.
    pub fn disable(&self) {
        self.forget(|_| NEVER);
    }

    fn forget(&self, next_generation: impl Fn(u64) -> u64) {
        let forget = |entries: &mut Option<_>| {
            self.generation.set(next_generation(self.generation.get()));
            entries.take()
        };
        // Nobody stays in there for long; what is removed must not be found again.
        while self.enter(forget).is_none() {
            std::hint::spin_loop();
        }
    }

    /// Shows the garbage collector what is held here.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let visited = self.enter(|entries| {
            for entry in entries.iter().flat_map(|entries| entries.iter()).flatten() {
                for object in entry.values.iter().chain([&entry.names]).flatten() {
                    visit.call(object.as_unbound())?;
                }
                visit.call(entry.child.as_unbound())?;
            }
            Ok(())
        });
        visited.unwrap_or(Ok(()))
    }

    /// Runs `work` alone on the entries; nothing where somebody is in there.
    #[inline]
    fn enter<R>(
        &self,
        work: impl FnOnce(&mut Option<Box<[Option<Entry>; ENTRIES]>>) -> R,
    ) -> Option<R> {
        #[cfg(Py_GIL_DISABLED)]
        let was_busy = self.is_busy.swap(true, Ordering::Acquire);
        #[cfg(not(Py_GIL_DISABLED))]
        let was_busy = self.is_busy.replace(true);
        if was_busy {
            return None;
        }
        // SAFETY: the flag lets nobody else in until it is put back below.
        let result = work(unsafe { &mut *self.entries.get() });
        #[cfg(Py_GIL_DISABLED)]
        self.is_busy.store(false, Ordering::Release);
        #[cfg(not(Py_GIL_DISABLED))]
        self.is_busy.set(false);
        Some(result)
    }
}
