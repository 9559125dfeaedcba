//! Two threads against one.

use allotment_benches::shell;
use allotment_benches::suites::{floor, threads};

fn main() {
    let mut subjects = floor::floor();
    subjects.extend(floor::two_threads());
    subjects.extend(threads::threads());
    shell::measure(subjects, floor::FLOOR);
}
