//! The floor: what a decision cannot do without, written plainly. One clock read, one look-up in a set of tools, one 128-bit
//! compare-and-swap; by id, one look-up in papaya before.

use std::collections::HashSet;
use std::hint::black_box;

use papaya::HashMap;
use portable_atomic::{AtomicU128, Ordering};

use crate::{Subject, TOOLS};

/// The name of the floor of a decision by handle.
pub const FLOOR: &str = "floor/all";
/// The name of the floor of a decision by id, one of a thousand in random order.
pub const FLOOR_BY_ID: &str = "floor/all_by_id";

type Tools = HashSet<&'static str, foldhash::fast::RandomState>;

/// The nanoseconds since it was made, as the product reads them.
struct Clock {
    counter: quanta::Clock,
    epoch: u64,
}

impl Clock {
    fn new() -> Self {
        let counter = quanta::Clock::new();
        let epoch = counter.raw();
        Self { counter, epoch }
    }

    fn now(&self) -> u64 {
        self.counter.delta_as_nanos(self.epoch, self.counter.raw())
    }
}

fn tools() -> Tools {
    TOOLS.into_iter().collect()
}

/// One compare-and-swap; nobody is in between, so it succeeds.
#[inline]
fn swap(word: &AtomicU128, n: u64) -> bool {
    let seen = word.load(Ordering::Acquire);
    let next = seen.wrapping_add(u128::from(n | 1));
    word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

/// The floor's parts and their sum.
#[must_use]
pub fn floor() -> Vec<Subject> {
    let clock = Clock::new();
    let word = AtomicU128::new(0);
    let set = tools();
    let (all_clock, all_word, all_tools) = (Clock::new(), AtomicU128::new(0), tools());
    vec![
        Subject::new("floor/clock", move || clock.now()),
        Subject::new("floor/compare_and_swap", move || swap(&word, black_box(1))),
        Subject::new("floor/tool", move || set.contains(black_box("search"))),
        Subject::new(FLOOR, move || {
            let now = all_clock.now();
            all_tools.contains(black_box("search")) && swap(&all_word, now)
        }),
    ]
}

/// The look-up in papaya, and the floor of a decision by id, among so many ids in random order.
#[must_use]
pub fn floor_by_id(sessions: usize) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for all in [false, true] {
        let map: HashMap<u128, AtomicU128, ById> = HashMap::default();
        let ids: Vec<u128> = (0..sessions).map(|_| uuid::Uuid::new_v4().as_u128()).collect();
        for id in &ids {
            map.pin().insert(*id, AtomicU128::new(0));
        }
        let mut order = crate::Order::of(ids);
        if all {
            let (clock, tools) = (Clock::new(), tools());
            subjects.push(Subject::new(name("floor/all_by_id", sessions), move || {
                let map = map.pin();
                let Some(word) = map.get(order.next()) else { return false };
                let now = clock.now();
                tools.contains(black_box("search")) && swap(word, now)
            }));
        } else {
            subjects.push(Subject::new(name("floor/papaya", sessions), move || {
                map.pin().get(order.next()).is_some()
            }));
        }
    }
    subjects
}

fn name(name: &str, sessions: usize) -> String {
    if sessions == 1_000 { name.to_owned() } else { format!("{name}_{sessions}") }
}

/// A hasher that is as cheap as can be, for random ids.
#[derive(Default, Clone, Copy)]
struct ById(u64);

impl std::hash::BuildHasher for ById {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl std::hash::Hasher for ById {
    fn write(&mut self, _: &[u8]) {
        unreachable!("ids are hashed as one number");
    }

    fn write_u128(&mut self, id: u128) {
        let [low, high] = [id, id >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0));
        self.0 = (low ^ high).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
