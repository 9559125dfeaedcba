//! The decision, by handle and by id, against its floor. With `ALLOTMENT_BENCH_MILLION` set also among a million sessions, which takes
//! some seconds to make them and about a gigabyte.

use allotment_benches::shell;
use allotment_benches::suites::{decision, floor};

fn main() {
    let mut sizes = vec![1, 1_000, 100_000];
    if std::env::var_os("ALLOTMENT_BENCH_MILLION").is_some() {
        sizes.push(1_000_000);
    }
    let mut subjects = floor::floor();
    subjects.extend(decision::by_handle());
    subjects.push(decision::with_grant());
    for sessions in sizes {
        subjects.extend(floor::floor_by_id(sessions));
        subjects.push(decision::by_id(sessions));
    }
    shell::measure(subjects, floor::FLOOR);
}
