//! Every suite in one process, all subjects in turn in each round. `cargo run --release -p allotment-benches --bin measure`, in a few
//! seconds and with the hot path only: `-- --quick`. Writes `target/bench/rust.json`.
//!
//! Subjects with very many sessions come last, in runs of their own: in turn with the others they would take the caches from them. Only
//! figures of the same run were taken in the same rounds, so each of these runs has its floors with it.

use std::path::PathBuf;

use allotment_benches::Subject;
use allotment_benches::pairs::Run;
use allotment_benches::results::path;
use allotment_benches::suites::{batch, chains, decision, denied, floor, keyed, lifecycle, reserve, threads};
use clap::Parser;

/// Times all subjects in turn and prints each one's ratio to the floor.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each subject is timed; its figures are medians of these.
    #[arg(long, default_value_t = 41)]
    rounds: usize,
    /// Where the figures go.
    #[arg(long, default_value_os_t = path("rust.json"))]
    out: PathBuf,
    /// Only the decision and its floor, and nothing written.
    #[arg(long)]
    quick: bool,
}

/// Sessions in the runs of their own.
const LARGE: [usize; 2] = [100_000, 1_000_000];

fn main() {
    let arguments = Arguments::parse();
    if arguments.quick {
        measure(hot_path(), floor::FLOOR, arguments.rounds);
        return;
    }
    let mut all = measure(every_suite(), floor::FLOOR, arguments.rounds);
    for sessions in LARGE {
        let mut subjects = floor::floor_by_id(sessions);
        let floor = subjects[1].name.clone();
        subjects.push(decision::by_id(sessions));
        let large = measure(subjects, &floor, arguments.rounds);
        all.subjects.extend(large.subjects);
    }
    all.write(&arguments.out).expect("a place to write to");
}

fn hot_path() -> Vec<Subject> {
    let mut subjects = floor::floor();
    subjects.extend(floor::floor_by_id(1_000));
    subjects.extend(decision::by_handle());
    subjects.push(decision::with_grant());
    subjects.push(decision::by_id(1_000));
    subjects
}

fn every_suite() -> Vec<Subject> {
    let mut subjects = hot_path();
    subjects.extend(floor::chains());
    subjects.extend(floor::two_threads());
    subjects.extend(floor::floor_by_id(1));
    subjects.push(decision::by_id(1));
    subjects.extend(chains::chains());
    subjects.extend(batch::batches());
    subjects.extend(reserve::reserve());
    subjects.extend(denied::denied());
    subjects.extend(lifecycle::lifecycle());
    subjects.extend(keyed::keyed());
    subjects.extend(threads::threads());
    subjects
}

/// Times and prints them, with the ratios that have a bound.
fn measure(mut subjects: Vec<Subject>, floor: &str, rounds: usize) -> Run {
    let run = Run::of(&mut subjects, rounds);
    run.print(floor);
    let bounded = [
        ("decision/handle", floor::FLOOR),
        ("decision/id_1000", floor::FLOOR_BY_ID),
        ("decision/agent", "floor/all_2"),
        ("decision/agent_tenant", "floor/all_3"),
        ("decision/agent_tenant", "decision/handle"),
        ("chain/child_2", "floor/all_2"),
        ("chain/child_3", "floor/all_3"),
        ("threads/two_apart", "threads/one"),
        ("threads/two_same", "floor/compare_and_swap_two_same"),
    ];
    println!();
    for (over, under) in bounded {
        if [over, under].iter().all(|name| run.subjects.iter().any(|subject| subject.name == *name)) {
            println!("{:<64} {}", format!("{over} ÷ {under}"), run.ratio(over, under));
        }
    }
    run
}
