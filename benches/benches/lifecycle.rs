//! Sessions that come and go.

use allotment_benches::shell;
use allotment_benches::suites::{floor, lifecycle};

fn main() {
    let mut subjects = floor::floor();
    subjects.extend(lifecycle::lifecycle());
    shell::measure(subjects, floor::FLOOR);
}
