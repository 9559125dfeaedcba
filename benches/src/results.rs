//! What the process occupies, and where figures are written.

use std::fs;
use std::path::{Path, PathBuf};

/// The process's resident memory in bytes, pages that have not been given back to the system included.
#[must_use]
pub fn resident_bytes() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("a system with /proc");
    let pages: Option<u64> = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    // Linux on x86-64 and on the ARM machines that there are has pages of 4 KiB.
    pages.expect("a number of pages") * 4096
}

/// `target/bench/NAME` under the repository's root.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench").join(name)
}

/// Writes `figures` to `path` as JSON, for the report.
pub fn write(path: &Path, figures: &impl serde::Serialize) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder to write to");
    }
    let text = serde_json::to_vec_pretty(figures).expect("figures");
    fs::write(path, text).expect("a place to write to");
}
