//! Calls that are charged to several sessions, several calls at once, and reservations.

use allotment_benches::shell;
use allotment_benches::suites::{batch, chains, floor, reserve};

fn main() {
    let mut subjects = floor::floor();
    subjects.extend(floor::chains());
    subjects.extend(chains::chains());
    subjects.extend(batch::batches());
    subjects.extend(reserve::reserve());
    shell::measure(subjects, floor::FLOOR);
}
