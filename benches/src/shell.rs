//! The criterion suites' shell: criterion on each subject, and then all of them in turn for their ratios to the floor.

use criterion::{Criterion, Throughput};

use crate::Subject;
use crate::pairs::Run;

/// Rounds of the ratios that are printed in the end, and under `--quick`.
const ROUNDS: usize = 21;
const QUICK_ROUNDS: usize = 5;

/// Measures `subjects` as the command line asks for, and prints the ratio of each to `floor`, which is one of them.
pub fn measure(mut subjects: Vec<Subject>, floor: &str) {
    let mut criterion = Criterion::default().configure_from_args();
    for subject in &mut subjects {
        let name = subject.name.clone();
        let (suite, case) = name.split_once('/').expect("suite/case");
        let mut group = criterion.benchmark_group(suite);
        group.throughput(Throughput::Elements(1));
        group.bench_function(case, |bencher| bencher.iter_custom(|times| subject.run(times)));
        group.finish();
    }
    criterion.final_summary();
    let asked = |for_it: &str| std::env::args().any(|argument| argument == for_it);
    // `cargo bench` says so; `cargo test --benches` does not, and only wants to know whether it runs.
    if asked("--bench") && !asked("--test") && !asked("--list") {
        println!("\nin turn, median [quartiles] of each round's figures:");
        let rounds = if asked("--quick") { QUICK_ROUNDS } else { ROUNDS };
        Run::of(&mut subjects, rounds).print(floor);
    }
}
