//! Forking: no lock of ours is held while the process forks, and the child starts at zero.
//!
//! The gate is made of atomics and patience. A lock that parks threads keeps a queue of them, which
//! some thread may be changing at the moment of the fork; the child would find it like that.

use std::cell::Cell;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::Collect;

const PATIENCE: Duration = Duration::from_micros(50);

static IS_CLOSED: AtomicBool = AtomicBool::new(false);
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static FAMILIES: Mutex<Vec<Weak<dyn Collect>>> = Mutex::new(Vec::new());

thread_local! {
    /// How many passes this thread holds: with one it may have more, even when the gate closes.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Held by whoever takes a lock of a family or a registry, so that none is taken at a fork.
pub(crate) struct Pass(());

/// Waits until nobody forks, and lets nobody fork while the pass is held.
pub(crate) fn pass() -> Pass {
    if DEPTH.get() == 0 {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        while IS_CLOSED.load(Ordering::SeqCst) {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
            std::thread::sleep(PATIENCE);
            INSIDE.fetch_add(1, Ordering::SeqCst);
        }
    }
    DEPTH.set(DEPTH.get() + 1);
    Pass(())
}

impl Drop for Pass {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

pub(super) fn remember(family: Weak<dyn Collect>) {
    let _pass = pass();
    let mut families = FAMILIES.lock();
    if families.len() == families.capacity() {
        families.retain(|family| family.strong_count() > 0);
    }
    families.push(family);
}

/// Waits until nobody holds a lock, and lets nobody take one before the fork is over.
///
/// Who holds a pass never waits for anything but a lock of ours, so this is soon.
pub fn before() {
    while IS_CLOSED.swap(true, Ordering::SeqCst) {
        std::thread::sleep(PATIENCE);
    }
    while INSIDE.load(Ordering::SeqCst) > 0 {
        std::thread::sleep(PATIENCE);
    }
}

/// Lets everybody go on, in the parent.
pub fn after_in_parent() {
    IS_CLOSED.store(false, Ordering::SeqCst);
}

/// Lets the child go on, whose only thread this is.
pub fn after_in_child() {
    // Some thread of the parent may have been about to find the gate closed.
    INSIDE.store(0, Ordering::SeqCst);
    IS_CLOSED.store(false, Ordering::SeqCst);
}

/// Sets all values of this process to zero, because they are those of its parent.
pub fn reset_in_child() {
    let families = FAMILIES.lock().clone();
    for family in families.iter().filter_map(Weak::upgrade) {
        family.reset();
    }
}
