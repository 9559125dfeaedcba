//! The decision against its floor, in a few seconds: for work on the hot path. `cargo run --release -p allotment-benches --bin quick`.

use allotment_benches::pairs::Run;
use allotment_benches::suites::{decision, floor};

fn main() {
    let mut subjects = floor::floor();
    subjects.extend(floor::floor_by_id(1_000));
    subjects.extend(decision::by_handle());
    subjects.push(decision::by_id(1_000));
    let run = Run::of(&mut subjects, 101);
    run.print(floor::FLOOR);
    println!("by id, of 1,000: {} x its floor", run.ratio("decision/id_1000", floor::FLOOR_BY_ID));
    println!("session + agent + tenant: {} x alone", run.ratio("decision/agent_tenant", "decision/handle"));
}
