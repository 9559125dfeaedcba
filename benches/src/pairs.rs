//! Times subjects in turn, round after round, so that whatever slows the machine slows all of them alike: a ratio is taken within each
//! round, and of the rounds the median. Criterion measures one after the other, minutes apart, which on a shared machine is another machine.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::Subject;

/// How long one subject of one thread is timed in one round.
pub const SLICE: Duration = Duration::from_millis(4);

/// How much longer one of several threads is, which take a while to meet.
const LONGER: u32 = 5;

/// What was measured of one subject.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// `suite/case`.
    pub name: String,
    /// How many threads did it at once.
    pub threads: usize,
    /// Nanoseconds for doing it once, in each thread at the same time, one figure a round.
    pub ns: Vec<f64>,
}

/// All subjects of one process, measured in the same rounds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Run {
    /// In the order in which each round takes them.
    pub subjects: Vec<Measured>,
}

impl Run {
    /// Times `subjects` in turn for so many `rounds`, after one round that does not count. Each is done half as often untimed before it is
    /// timed: the ones before it have left the caches full of what is theirs.
    #[must_use]
    pub fn of(subjects: &mut [Subject], rounds: usize) -> Self {
        let times: Vec<u64> = subjects.iter_mut().map(times_in_a_slice).collect();
        let measured = |subject: &Subject| Measured {
            name: subject.name.clone(),
            threads: subject.threads,
            ns: Vec::new(),
        };
        let mut run = Self { subjects: subjects.iter().map(measured).collect() };
        for round in 0..=rounds {
            for ((subject, measured), &times) in subjects.iter_mut().zip(&mut run.subjects).zip(&times) {
                subject.run(times / 2 + 1);
                let took = subject.run(times);
                if round > 0 {
                    measured.ns.push(took.as_secs_f64() * 1e9 / times as f64);
                }
            }
        }
        run
    }

    /// What was measured of the subject of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> &Measured {
        let found = self.subjects.iter().find(|subject| subject.name == name);
        found.unwrap_or_else(|| panic!("no subject {name:?}"))
    }

    /// The quartiles of `over` ÷ `under`, taken round by round.
    #[must_use]
    pub fn ratio(&self, over: &str, under: &str) -> Quartiles {
        Quartiles::of(self.get(over).ns.iter().zip(&self.get(under).ns).map(|(over, under)| over / under))
    }

    /// Writes it to `path` as JSON, for the report.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_vec_pretty(self)?)
    }

    /// Prints each subject's time, and its ratio to `floor` in the same rounds where that is one of them.
    pub fn print(&self, floor: &str) {
        let has_floor = self.subjects.iter().any(|subject| subject.name == floor);
        for subject in &self.subjects {
            let ns = Quartiles::of(subject.ns.iter().copied());
            let threads =
                if subject.threads > 1 { format!(" ({} threads)", subject.threads) } else { String::new() };
            let name = format!("{}{threads}", subject.name);
            if has_floor {
                let ratio = self.ratio(&subject.name, floor);
                println!("{name:<44} {ns:>28} ns   {ratio} x {floor}");
            } else {
                println!("{name:<44} {ns:>28} ns");
            }
        }
    }
}

/// A median and the quartiles around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quartiles {
    /// A quarter is below.
    pub low: f64,
    /// Half are below.
    pub median: f64,
    /// A quarter is above.
    pub high: f64,
}

impl Quartiles {
    /// Of all `figures`; NaN of none.
    #[must_use]
    pub fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |quarter: usize| {
            sorted.get((sorted.len().saturating_sub(1) * quarter) / 4).copied().unwrap_or(f64::NAN)
        };
        Self { low: at(1), median: at(2), high: at(3) }
    }
}

impl std::fmt::Display for Quartiles {
    /// `14.20 [14.10 14.90]`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:.2} [{:.2} {:.2}]", self.median, self.low, self.high))
    }
}

/// How many times `subject` is done in about a slice.
fn times_in_a_slice(subject: &mut Subject) -> u64 {
    let slice = if subject.threads > 1 { SLICE * LONGER } else { SLICE };
    let mut times = 1;
    loop {
        let took = subject.run(times);
        if took >= slice / 4 || times >= 1 << 40 {
            // Once more, and again: whoever was interrupted looks slow, and would be timed too briefly ever after.
            let took = took.min(subject.run(times)).min(subject.run(times));
            let scaled = u128::from(times) * slice.as_nanos() / took.as_nanos().max(1);
            return u64::try_from(scaled).unwrap_or(times).max(1);
        }
        times *= 2;
    }
}
