//! How cost grows with what there is. `cargo run --release -p allotment-benches --bin growth`. Writes `target/bench/growth.json`, and prints
//! what grows that must not; whether that fails a run is for the report to say, which has all other figures too.

use std::path::PathBuf;

use allotment_benches::Subject;
use allotment_benches::pairs::{Quartiles, Run};
use allotment_benches::results;
use allotment_benches::suites::{expiry, floor, growth};
use clap::Parser;
use serde::Serialize;

/// Times the same work on little and on much.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each is timed; what is held against the bounds are medians of these.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// Where the figures go.
    #[arg(long, default_value_os_t = results::path("growth.json"))]
    out: PathBuf,
    /// The most sessions that there are at once.
    #[arg(long, default_value_t = 1_000_000)]
    sessions: usize,
}

/// One thing, on this much.
#[derive(Debug, Serialize)]
struct Point {
    what: String,
    x: u64,
    /// Nanoseconds, one figure a round; the figures of one theme were taken in the same rounds.
    ns: Vec<f64>,
}

/// What may grow no more than this: `what` on `much` against `what` on `little`, medians of the ratio in each round.
const BOUNDS: [(&str, u64, u64, f64); 9] = [
    // Generous: what many have fits no cache.
    ("sweep of 100", 10_000, 1_000_000, 4.0),
    ("sweep of 1000", 10_000, 1_000_000, 4.0),
    ("sweep of 10000", 10_000, 1_000_000, 4.0),
    ("tools", 10, 10_000, 3.0),
    ("count, sessions of the agent", 10, 100_000, 3.0),
    ("count, sessions of others", 10, 100_000, 3.0),
    ("create at the cap, refused", 10, 100_000, 3.0),
    ("create at the cap, one expired", 10, 100_000, 4.0),
    ("close_agent, a session", 10, 10_000, 4.0),
];

fn main() {
    let Arguments { rounds, out, sessions: most } = Arguments::parse();
    let up_to = |counts: &[u64]| -> Vec<u64> {
        counts.iter().copied().filter(|&count| count <= most as u64).collect()
    };
    let counts: Vec<usize> = (0..7).map(|tens| 10_usize.pow(tens)).filter(|&count| count <= most).collect();
    let tools = [1, 10, 100, 1_000, 10_000];
    let held = up_to(&[10, 1_000, 100_000]);
    let mut points = Vec::new();
    // One theme at a time: what the others hold is not in its way.
    points.extend(theme("sessions", growth::by_sessions(&counts), rounds));
    let mut small = growth::by_tools(&tools);
    small.extend(growth::snapshots(&tools[..4]));
    small.extend(growth::by_depth(8));
    small.extend(growth::by_threads(&[1, 2, 4]));
    points.extend(theme("tools, snapshots, paths, threads", small, rounds));
    let mut agents = growth::counting(&held);
    agents.extend(expiry::at_the_cap(&held));
    agents.extend(growth::closing_agents(&up_to(&[10, 1_000, 10_000])));
    points.extend(theme("agents", agents, rounds));
    let sweeps = expiry::sweeps(&[100, 1_000, 10_000], &up_to(&[10_000, 100_000, 1_000_000]));
    points.extend(theme("sweeps", sweeps, rounds));
    results::write(&out, &points);
    hold(&points);
}

/// Times `subjects` in the same rounds as a floor, and prints them.
fn theme(name: &str, mut subjects: Vec<Subject>, rounds: usize) -> Vec<Point> {
    subjects.extend(floor::floor().pop());
    let run = Run::of(&mut subjects, rounds);
    println!("\n{name} (floor {} ns)", Quartiles::of(run.get(floor::FLOOR).ns.iter().copied()));
    let points = run.subjects.into_iter().map(|measured| {
        let (what, x) = measured.name.split_once('/').expect("what/how much");
        let (what, x) = match x.parse() {
            Ok(x) => (what.to_owned(), x),
            Err(_) => (format!("floor, {name}"), 1),
        };
        println!("{what:<36} {x:>9} {:>32} ns", Quartiles::of(measured.ns.iter().copied()).to_string());
        Point { what, x, ns: measured.ns }
    });
    points.collect()
}

/// Holds `points` against the bounds.
fn hold(points: &[Point]) {
    println!();
    let mut broken = 0;
    for (what, little, much, most) in BOUNDS {
        let at = |x: u64| points.iter().find(|point| point.what == what && point.x == x);
        let (Some(under), Some(over)) = (at(little), at(much)) else { continue };
        let ratio = Quartiles::of(over.ns.iter().zip(&under.ns).map(|(over, under)| over / under));
        let verdict = if ratio.median <= most { "" } else { "  GROWS" };
        broken += u32::from(ratio.median > most);
        println!("{what}: {much} against {little}: {ratio}, at most {most}{verdict}");
    }
    if broken > 0 {
        println!("{broken} of these bounds do not hold");
    }
}
