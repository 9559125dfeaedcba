//! Rates over time: slow ones, fast ones, and the edge of a window.

use std::thread;
use std::time::Duration;

use super::rated::{self, Rated};
use super::{Demand, OURS, Row};

const SECOND: Duration = Duration::from_secs(1);

/// A rate, and how it is asked.
struct Rates {
    demand: Demand,
    limit: u32,
    window: Duration,
    asked: fn(&mut Rated) -> u64,
    /// Whether it is asked of those that go by the machine's clock, too.
    real: bool,
}

const RATES: [Rates; 4] = [
    Rates {
        demand: Demand { what: "1 per 60 s, asked every 100 ms for 600 s", limit: 11 },
        limit: 1,
        window: Duration::from_mins(1),
        asked: |rated| polled(rated, SECOND / 10, 600 * SECOND),
        real: false,
    },
    Rates {
        demand: Demand { what: "1 per 60 s, asked every 100 ms for 10 s", limit: 1 },
        limit: 1,
        window: Duration::from_mins(1),
        asked: |rated| polled(rated, SECOND / 10, 10 * SECOND),
        real: true,
    },
    Rates {
        // A full bucket of a thousand at first: more than the thousandth part by which it is asked too fast.
        demand: Demand { what: "1000 per s, asked every 999 us for 10 s", limit: 10_011 },
        limit: 1_000,
        window: SECOND,
        asked: |rated| polled(rated, Duration::from_micros(999), 10 * SECOND),
        real: true,
    },
    Rates {
        demand: Demand {
            what: "100 per 10 s, 200 asked within 60 ms about 10 s after the first",
            limit: 100,
        },
        limit: 100,
        window: Duration::from_secs(10),
        asked: about_an_edge,
        real: true,
    },
];

pub(super) fn rows() -> Vec<Row> {
    thread::scope(|scope| {
        let asked = |rates: &'static Rates| {
            let virtually = [rated::ours, rated::governor, rated::mutex];
            let really = [rated::arbiter, rated::chio, rated::limitador];
            let really = really.into_iter().filter(|_| rates.real);
            virtually.into_iter().chain(really).map(move |made| {
                scope.spawn(move || {
                    let mut rated = made(rates.limit, rates.window);
                    let admitted = (rates.asked)(&mut rated);
                    row(rates.demand, rated.system, admitted)
                })
            })
        };
        // All begin before any is waited for.
        let crew: Vec<_> = RATES.iter().flat_map(asked).collect();
        crew.into_iter().map(|thread| thread.join().expect("a system")).collect()
    })
}

fn row(demand: Demand, system: &'static str, admitted: u64) -> Row {
    if system == OURS { demand.ours(&[admitted]) } else { demand.row(system, admitted) }
}

/// How many of polls every so often for so long are admitted.
fn polled(rated: &mut Rated, every: Duration, length: Duration) -> u64 {
    let mut at = Duration::ZERO;
    let mut admitted = 0;
    while at <= length {
        (rated.wait)(at);
        admitted += u64::from((rated.ask)());
        at += every;
    }
    admitted
}

/// One call to begin with; of a hundred 30 ms before and a hundred 30 ms after the window that began with it ends, how many.
fn about_an_edge(rated: &mut Rated) -> u64 {
    (rated.wait)(Duration::ZERO);
    assert!((rated.ask)(), "the first");
    let mut admitted = 0;
    for at in [9_970, 10_030] {
        (rated.wait)(Duration::from_millis(at));
        admitted += (0..100).map(|_| u64::from((rated.ask)())).sum::<u64>();
    }
    admitted
}
