//! Soak and overload: every operation of the public surface at once, from more threads than cores, against a store that is full, held
//! to the law of sums between bounds while threads are at work and exactly whenever they rest, about once a second.
//!
//! `cargo run -p allotment-soak --release -- [--seconds 60] [--threads N] [--seed S]`
//!
//! It ends with a table, or at the first violation with what is wrong and a status other than 0. Time is a [`ManualClock`] that the
//! threads move while others decide: so rates refill and sessions expire thousands of times a minute, and what a rate may have let
//! through by now is exact. The machine's own clock would add nothing but tolerance. `tests/mutants.rs` shows what it catches.
//!
//! | file | idea |
//! | --- | --- |
//! | `rounds` `yard` | who meets where; what all share |
//! | `worker` `mix` `hold` | one thread's books; what it does to the tree that all share; how reservations end |
//! | `guest` `keys` | sessions of its own against the full store; a limiter with more keys than it holds |
//! | `tree` `flow` `law` | the tree; what each thread did to it; the law |
//! | `terms` `books` | policies that come and go; what is compared when all rest |
//! | `tally` `memory` | the table; whether memory stays flat |
//!
//! [`ManualClock`]: allotment::ManualClock

mod amounts;
mod books;
mod flow;
mod guest;
mod hold;
mod keys;
mod law;
mod memory;
mod mix;
mod random;
mod rounds;
mod tally;
mod terms;
mod tree;
mod worker;
mod yard;

use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;
use std::thread::available_parallelism;

use clap::Parser;

use crate::rounds::run;
use crate::yard::{MAX_SESSIONS, Yard};

/// How many threads a core has to run unless it is said otherwise.
const THREADS_PER_CORE: usize = 4;

/// Mixes every operation from many threads against a full store and checks the sums throughout.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many threads; four for each core unless said otherwise.
    #[arg(long)]
    threads: Option<usize>,
    /// What the random choices come from; it does not repeat the schedule.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let Arguments { seconds, threads, seed } = Arguments::parse();
    let cores = available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or(cores * THREADS_PER_CORE).max(1);
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one("seed"));
    println!(
        "{threads} threads on {cores} cores, a store for {MAX_SESSIONS} sessions, {seconds} s, seed {seed}"
    );
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // The others would wait for this thread for ever.
        hook(panic);
        std::process::exit(2);
    }));
    let yard = match Yard::new(threads) {
        Ok(yard) => yard,
        Err(error) => {
            eprintln!("cannot begin: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (run, checked) = run(&yard, seconds, threads, seed);
    println!("{:14} {:>11}  denied", "operation", "granted");
    run.tally.lines().iter().for_each(|line| println!("{line}"));
    let total = run.tally.total();
    let millis = run.lasted.as_millis().max(1);
    println!(
        "{total} operations in {:.1} s: {} a second",
        run.lasted.as_secs_f64(),
        u128::from(total) * 1_000 / millis
    );
    let books = &run.books;
    println!(
        "{} rounds checked exactly; {} with every event told, {} with a full queue",
        run.rounds, books.told_rounds, books.dropped_rounds
    );
    println!("{}", run.memory.line());
    let checked = checked.and_then(|()| run.tally.check()).and_then(|()| books.check());
    match checked.and_then(|()| run.memory.check()) {
        Ok(()) => {
            println!("ok: nothing is over, nothing is lost (seed {seed})");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            println!("VIOLATION after {} rounds: {problem} (seed {seed})", run.rounds);
            ExitCode::FAILURE
        }
    }
}
