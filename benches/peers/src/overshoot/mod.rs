//! What each system admits under the same limit and the same demand. Nothing here is timed.
//!
//! A row is left out where a system has no such limit. Time is moved by hand where a system lets it be (ours, governor, the mutex) and is the
//! machine's elsewhere, so the ten minutes are for the former only. What is asked of many at once is asked in a hundred trials, and
//! the row is the one that admitted most.

mod agents;
mod calls;
mod crowd;
mod rated;
mod rates;
mod sessions;

use serde::Serialize;

/// One system under one limit.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its package's name.
    pub system: &'static str,
    /// What was limited, and what was asked.
    pub what: &'static str,
    /// The most that the limit allows of what was asked, and the least that it owes.
    pub limit: u64,
    /// What was admitted.
    pub admitted: u64,
}

/// A limit and a demand.
#[derive(Debug, Clone, Copy)]
struct Demand {
    what: &'static str,
    limit: u64,
}

impl Demand {
    fn row(self, system: &'static str, admitted: u64) -> Row {
        Row { system, what: self.what, limit: self.limit, admitted }
    }

    /// The row of the trial that admitted most.
    fn worst(self, system: &'static str, trials: &[u64]) -> Row {
        self.row(system, trials.iter().copied().max().unwrap_or_default())
    }

    /// Our row, of trials that all have to be exact.
    fn ours(self, trials: &[u64]) -> Row {
        assert!(trials.iter().all(|&admitted| admitted == self.limit), "{}: {trials:?}", self.what);
        self.worst(OURS, trials)
    }
}

const OURS: &str = "allotment";

/// Asks all of them everything, for about eleven seconds.
#[must_use]
pub fn rows() -> Vec<Row> {
    [calls::rows, rates::rows, agents::rows, sessions::rows].into_iter().flat_map(|rows| rows()).collect()
}

/// Prints `rows` as a table.
pub fn print(rows: &[Row]) {
    let mut last = "";
    for Row { system, what, limit, admitted } in rows {
        if *what != last {
            println!("\n{what}: {limit}");
            last = what;
        }
        println!("    {system:<20} {admitted:>8}");
    }
}
