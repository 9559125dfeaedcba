//! The floor of a decision by id: one look-up in papaya before the rest.

use std::hint::black_box;
use std::sync::Arc;

use papaya::HashMap;
use portable_atomic::AtomicU128;

use super::floor::{Clock, Line, swap, tools};
use crate::{Order, Subject};

/// The name of the floor of a decision by id, one of a thousand in random order.
pub const FLOOR_BY_ID: &str = "floor/all_by_id";

/// The look-up in papaya, and the floor of a decision by id, among so many ids in random order.
#[must_use]
pub fn floor_by_id(sessions: usize) -> Vec<Subject> {
    let (map, mut order) = table(sessions, AtomicU128::default);
    let look_up =
        Subject::sure(name("floor/papaya", sessions), move || map.pin().get(order.next()).is_some());
    vec![look_up, all_by_id(sessions), all_by_id_shared(sessions)]
}

/// The floor of a decision by id alone.
#[must_use]
pub fn all_by_id(sessions: usize) -> Subject {
    by_id(name(FLOOR_BY_ID, sessions), sessions, AtomicU128::default, |word| word)
}

/// The same where what is found is a piece of memory of its own, as it has to be where somebody else has a handle on it.
fn all_by_id_shared(sessions: usize) -> Subject {
    by_id(name("floor/all_by_id_shared", sessions), sessions, Arc::<Line>::default, |line| &line.0)
}

fn by_id<V: Send + Sync + 'static>(
    name: String,
    sessions: usize,
    make: fn() -> V,
    word: fn(&V) -> &AtomicU128,
) -> Subject {
    let (map, mut order) = table(sessions, make);
    let (clock, tools) = (Clock::new(), tools());
    Subject::sure(name, move || {
        let map = map.pin();
        let Some(found) = map.get(order.next()) else { return false };
        tools.contains(black_box("search")) && swap(word(found), clock.now())
    })
}

/// So many values by id, and the order in which they are asked for.
fn table<V: Send + Sync + 'static>(
    sessions: usize,
    make: fn() -> V,
) -> (HashMap<u128, V, ById>, Order<u128>) {
    let map: HashMap<u128, V, ById> = HashMap::default();
    let ids: Vec<u128> = (0..sessions).map(|_| uuid::Uuid::new_v4().as_u128()).collect();
    for id in &ids {
        map.pin().insert(*id, make());
    }
    (map, Order::of(ids))
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
