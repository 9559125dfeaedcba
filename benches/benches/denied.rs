//! Denials, by reason.

use allotment_benches::shell;
use allotment_benches::suites::{denied, floor};

fn main() {
    let mut subjects = floor::floor();
    subjects.extend(denied::denied());
    shell::measure(subjects, floor::FLOOR);
}
