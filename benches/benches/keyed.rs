//! The limiter without sessions.

use allotment_benches::shell;
use allotment_benches::suites::{floor, keyed};

fn main() {
    let mut subjects = floor::floor();
    subjects.extend(keyed::keyed());
    shell::measure(subjects, floor::FLOOR);
}
