//! The floor of the Python benchmarks: a method that takes one `str` and does nothing.

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod allotment_bench_noop {
    #[pymodule_export]
    use crate::Noop;
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
