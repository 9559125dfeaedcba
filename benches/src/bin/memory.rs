//! What a session occupies: what was asked of the allocator, and what the process holds of the machine.
//! `cargo run --release -p allotment-benches --bin memory`; `memory_parts` says where the bytes are.
//!
//! Each case runs in a process of its own, or it would find room that the one before it has left. Writes `target/bench/memory.json`.

use std::alloc::System;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use allotment_benches::population::{Kind, LIFE, Population, TEN_PER_AGENT};
use allotment_benches::results::{path, resident_bytes, write};
use clap::Parser;
use serde::{Deserialize, Serialize};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Measures what sessions occupy.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many sessions.
    #[arg(long, default_value_t = 1_000_000)]
    sessions: usize,
    /// Where the figures go.
    #[arg(long, default_value_os_t = path("memory.json"))]
    out: PathBuf,
    /// Only the case of this name, its figures as JSON on the standard output.
    #[arg(long)]
    only: Option<String>,
}

/// What was measured once.
#[derive(Debug, Serialize, Deserialize)]
struct Occupied {
    what: String,
    /// How many sessions there were then.
    sessions: u64,
    /// What was asked of the allocator for them and not given back.
    heap_bytes: u64,
    heap_bytes_per_session: f64,
    /// How many pieces that is.
    pieces_per_session: f64,
    /// What the whole process holds, with 16 bytes a session that this program keeps to itself.
    resident_bytes: u64,
}

/// Cases in which a number of sessions is live at the end.
const STANDING: [(&str, Kind); 6] = [
    ("shared tools", TEN_PER_AGENT),
    ("shared tools, no rate", Kind { rate: false, ..TEN_PER_AGENT }),
    ("shared tools, one agent", Kind { per_agent: u64::MAX, ..TEN_PER_AGENT }),
    ("shared tools, an agent each", Kind { per_agent: 1, ..TEN_PER_AGENT }),
    ("shared tools, everything limited", Kind { fully_limited: true, ..TEN_PER_AGENT }),
    ("own tools", Kind { own_tools: true, ..TEN_PER_AGENT }),
];
const CHURN: &str = "churn";
const ROUNDS: &str = "rounds";
/// How many times a population, a quarter of the others', is replaced in the churn, and how many rounds there are of creating and expiring.
const REPLACED: usize = 10;
const EXPIRING: usize = 10;

fn main() {
    let arguments = Arguments::parse();
    if let Some(name) = arguments.only {
        let occupied = measure(&name, arguments.sessions);
        println!("{}", serde_json::to_string(&occupied).expect("figures"));
        return;
    }
    let names = STANDING.iter().map(|(name, _)| *name).chain([CHURN, ROUNDS]);
    let occupied: Vec<Occupied> = names.flat_map(|name| in_own_process(name, arguments.sessions)).collect();
    println!(
        "{:<44} {:>9} {:>15} {:>8} {:>14} {:>14}",
        "", "sessions", "heap a session", "pieces", "heap MiB", "resident MiB"
    );
    for Occupied { what, sessions, heap_bytes, heap_bytes_per_session, pieces_per_session, resident_bytes } in
        &occupied
    {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        println!(
            "{what:<44} {sessions:>9} {heap_bytes_per_session:>15.1} {pieces_per_session:>8.2} {:>14.1} {:>14.1}",
            mib(*heap_bytes),
            mib(*resident_bytes)
        );
    }
    write(&arguments.out, &occupied);
}

fn in_own_process(name: &str, sessions: usize) -> Vec<Occupied> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--only", name, "--sessions", &sessions.to_string()])
        .output()
        .expect("a process");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("figures")
}

fn measure(name: &str, sessions: usize) -> Vec<Occupied> {
    if let Some((_, kind)) = STANDING.iter().find(|(standing, _)| *standing == name) {
        let mut population = Population::new(*kind, sessions);
        let before = Occupied::nothing();
        population.grow(sessions);
        let created = Occupied::now(&format!("{name}: created"), &population, &before);
        assert!((0..sessions).step_by(sessions / 100).all(|nth| population.authorize(nth)));
        return vec![created];
    }
    match name {
        CHURN => churn(sessions / 4),
        ROUNDS => rounds(sessions / 10),
        _ => panic!("no case {name:?}"),
    }
}

/// The population is replaced, a thousandth at a time, and then closed.
fn churn(sessions: usize) -> Vec<Occupied> {
    let mut population = Population::new(TEN_PER_AGENT, sessions);
    let before = &Occupied::nothing();
    population.grow(sessions);
    let step = (sessions / 1_000).max(1);
    let mut occupied = vec![Occupied::now("churn: before", &population, before)];
    for replaced in 1..=REPLACED {
        for _ in 0..sessions / step {
            population.close_oldest(step);
            assert_eq!(population.enforcer.sweep(), step as u64);
            population.grow(step);
            // Events that nobody reads stay, up to the queue's capacity.
            population.enforcer.events().for_each(drop);
        }
        occupied.push(Occupied::now(&format!("churn: replaced {replaced} x"), &population, before));
    }
    population.close_oldest(sessions);
    assert_eq!(population.enforcer.sweep(), sessions as u64);
    occupied.push(Occupied::now("churn: closed and swept", &population, before));
    occupied
}

/// So many are created, expire and are swept, again and again: what is resident has to stay what it was.
fn rounds(sessions: usize) -> Vec<Occupied> {
    let mut population = Population::new(TEN_PER_AGENT, sessions);
    let before = &Occupied::nothing();
    let occupied: Vec<_> = (1..=EXPIRING)
        .map(|round| {
            population.grow(sessions);
            population.clock.advance(LIFE + Duration::from_secs(1));
            assert_eq!(population.enforcer.sweep(), sessions as u64);
            population.forget();
            population.enforcer.events().for_each(drop);
            Occupied::now(&format!("expired and swept, round {round}"), &population, before)
        })
        .collect();
    let (second, last) = (occupied[1].resident_bytes, occupied[EXPIRING - 1].resident_bytes);
    assert!(last <= second + second / 10, "resident: {second} bytes after round 2, {last} in the end");
    occupied
}

impl Occupied {
    /// What the process holds, as if nobody had any session.
    fn nothing() -> Self {
        let stats = ALLOCATOR.stats();
        let heap = stats.bytes_allocated.saturating_sub(stats.bytes_deallocated) as u64;
        Self {
            what: String::new(),
            sessions: 0,
            heap_bytes: heap,
            heap_bytes_per_session: 0.0,
            pieces_per_session: stats.allocations.saturating_sub(stats.deallocations) as f64,
            resident_bytes: resident_bytes(),
        }
    }

    /// What `population` has added to what was there `before`.
    fn now(what: &str, population: &Population, before: &Self) -> Self {
        let now = Self::nothing();
        let sessions = population.enforcer.stats().sessions;
        let each = |amount: f64| amount / sessions.max(1) as f64;
        let heap_bytes = now.heap_bytes.saturating_sub(before.heap_bytes);
        Self {
            what: what.to_owned(),
            sessions,
            heap_bytes,
            heap_bytes_per_session: if sessions > 0 { each(heap_bytes as f64) } else { 0.0 },
            pieces_per_session: if sessions > 0 {
                each(now.pieces_per_session - before.pieces_per_session)
            } else {
                0.0
            },
            resident_bytes: now.resident_bytes,
        }
    }
}
