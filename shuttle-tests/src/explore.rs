//! How mixes are run, and how one that failed is run again.
//!
//! A failure prints its mix and shuttle's schedule. `MIX=<mix>` runs that mix alone, with the same seed and so through the same schedules;
//! with `SCHEDULE=<schedule>` (what shuttle printed, without the line breaks) as well, that one schedule alone. `MIXES=<count>` runs more
//! of them, or fewer. `COUNT=1` counts failures and goes on; so the power of the search is measured on planted races.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

use crate::linearise::linearises;
use crate::mix::{Mix, mix};
use crate::operation::{Answer, Event, Outcome};
use crate::tree::{Tree, is_contended};

/// Who is to run next.
#[derive(Debug, Clone, Copy)]
pub enum Schedules {
    /// Anyone.
    Random,
    /// By priorities that change so often (probabilistic concurrency testing).
    Pct(usize),
}

/// How often things came to pass over all schedules.
#[derive(Debug, Default)]
struct Figures {
    schedules: AtomicU64,
    operations: AtomicU64,
    granted: AtomicU64,
    refused: AtomicU64,
    contended: AtomicU64,
    unexplained: AtomicU64,
}

impl Figures {
    fn count(&self, answer: Answer) {
        let figure = match answer {
            answer if is_contended(answer) => &self.contended,
            Answer::Decided(Outcome::Admitted) | Answer::Granted(_) => &self.granted,
            Answer::Decided(_) => &self.refused,
            Answer::Did(_) => return,
        };
        figure.fetch_add(1, Ordering::Relaxed);
    }
}

/// One execution of `mix`: everything it did, thread by thread, and the tree as it was left.
fn run(mix: &Mix) -> (Arc<Tree>, [Vec<Event>; 4]) {
    let tree = Arc::new(Tree::default());
    // Counts the beginnings and ends. Not shuttle's, or every count would be a place to switch threads.
    let now = Arc::new(AtomicU64::new(0));
    let threads = mix.each_ref().map(|&operations| {
        let (tree, now) = (Arc::clone(&tree), Arc::clone(&now));
        shuttle::thread::spawn(move || {
            let mut reserved = None;
            let pause = shuttle::sync::atomic::AtomicBool::new(false);
            let tick = || now.fetch_add(1, Ordering::Relaxed);
            let carry_out = |mut operation| {
                // A place to switch threads between two operations.
                pause.load(Ordering::SeqCst);
                let began = tick();
                let answer = tree.carry_out(&mut operation, &mut reserved)?;
                Some(Event { operation, answer, began, ended: tick() })
            };
            operations.into_iter().filter_map(carry_out).collect::<Vec<Event>>()
        })
    });
    let history = threads.map(|thread| thread.join().unwrap_or_default());
    (tree, history)
}

fn told(history: &[Vec<Event>; 4]) -> String {
    let line = |thread: usize, event: &Event| {
        let Event { operation, answer, began, ended } = event;
        format!("  thread {thread}, {began} to {ended}: {operation:?} -> {answer:?}\n")
    };
    history
        .iter()
        .enumerate()
        .flat_map(|(thread, events)| events.iter().map(move |e| line(thread, e)))
        .collect()
}

fn check(seed: u64, figures: &Figures) {
    let (tree, history) = run(&mix(seed));
    figures.schedules.fetch_add(1, Ordering::Relaxed);
    for event in history.iter().flatten() {
        figures.operations.fetch_add(1, Ordering::Relaxed);
        figures.count(event.answer);
    }
    let explained = linearises(&history, |ledger| tree.is(ledger));
    if !explained {
        figures.unexplained.fetch_add(1, Ordering::Relaxed);
    }
    let passes = explained || env::var_os("COUNT").is_some();
    assert!(passes, "no order explains mix {seed}:\n{}it ended at {:?}", told(&history), tree.spent());
}

/// How many mixes are run, and in how many schedules each.
const MIXES: u64 = 1_000;
const SCHEDULES: usize = 100;

/// Runs the mixes and prints what that amounted to.
///
/// # Panics
/// Where no order explains a history, and where nothing was granted or refused, because then nothing was searched.
pub fn explore(name: &str, schedules: Schedules) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut config = Config::new();
    // Only interleavings are searched; weak orderings are loom's.
    config.silence_warnings = true;
    let number = |name: &str| -> Option<u64> { env::var(name).ok()?.parse().ok() };
    let (only, mixes) = (number("MIX"), number("MIXES").unwrap_or(MIXES));
    let (start, figures) = (Instant::now(), Arc::new(Figures::default()));
    for seed in only.map_or(0..mixes, |mix| mix..mix + 1) {
        let figures = Arc::clone(&figures);
        let body = move || check(seed, &figures);
        match (env::var("SCHEDULE"), schedules) {
            (Ok(schedule), _) => shuttle::replay(body, &schedule),
            (_, Schedules::Random) => {
                Runner::new(RandomScheduler::new_from_seed(seed, SCHEDULES), config.clone()).run(body);
            }
            (_, Schedules::Pct(changes)) => {
                Runner::new(PctScheduler::new_from_seed(seed, changes, SCHEDULES), config.clone()).run(body);
            }
        }
    }
    let figure = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
    let Figures { schedules: run, operations, granted, refused, contended, unexplained } = &*figures;
    let [run, operations, granted, refused, contended, unexplained] =
        [run, operations, granted, refused, contended, unexplained].map(figure);
    println!(
        "{name}: {run} schedules ({schedules:?}, seeds 0 to {}), {operations} operations: {granted} granted, {refused} \
         refused, {contended} contended, {unexplained} unexplained, {:.1} s",
        mixes - 1,
        start.elapsed().as_secs_f64()
    );
    assert!(only.is_some() || granted > 0 && refused > 0, "{name} searched nothing");
}
