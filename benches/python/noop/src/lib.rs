//! The floors of the Python benchmarks: a method that takes one `str` and does nothing, and one that does what no decision can do without.

use std::collections::HashSet;

use portable_atomic::{AtomicU128, Ordering};
use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod allotment_bench_noop {
    #[pymodule_export]
    use crate::{Floor, Noop};
}

/// Does nothing, as a method of a compiled class.
#[pyclass(frozen)]
struct Noop;

#[pymethods]
impl Noop {
    #[new]
    fn new() -> Self {
        Self
    }

    /// Reads the text of `tool`, and nothing else.
    #[expect(clippy::unused_self, reason = "a method, as what it is compared with")]
    fn check(&self, tool: &str) {
        std::hint::black_box(tool);
    }
}

/// One look-up in a set of tools, one clock read, one 128-bit compare-and-swap: what the Rust benchmarks call the floor.
#[pyclass(frozen)]
struct Floor {
    tools: HashSet<String, foldhash::fast::RandomState>,
    clock: quanta::Clock,
    epoch: u64,
    word: Box<AtomicU128>,
}

#[pymethods]
impl Floor {
    #[new]
    fn new(tools: HashSet<String>) -> Self {
        let clock = quanta::Clock::new();
        let epoch = clock.raw();
        Self { tools: tools.into_iter().collect(), clock, epoch, word: Box::default() }
    }

    /// Nothing, once it is done; an error where `tool` is none of its tools.
    fn check(&self, tool: &str) -> PyResult<()> {
        let now = || self.clock.delta_as_nanos(self.epoch, self.clock.raw());
        if self.tools.contains(tool) && self.swap(u128::from(now() | 1)) {
            return Ok(());
        }
        Err(pyo3::exceptions::PyRuntimeError::new_err("not one of its tools, or somebody was in between"))
    }
}

impl Floor {
    fn swap(&self, n: u128) -> bool {
        let seen = self.word.load(Ordering::Acquire);
        let next = seen.wrapping_add(n);
        self.word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
