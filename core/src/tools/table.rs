//! [`Table`]: names and what each stands for, found by exact text. Immutable; made for the one look-up of the plain decision.
//!
//! *Why not a `HashMap`?* Its look-up is half of what a plain decision computes: it hashes, probes sixteen tags, and calls out to compare.
//! A name of at most 16 bytes is told by its length and its two [`Ends`], so a slot that holds these is compared in place, and it is
//! the ends that are hashed. Longer names are hashed whole, and what is between their ends is compared where it is kept.
//!
//! **Invariants.** Two names are taken for one only if they are equal byte for byte (`a_table_finds_what_a_map_finds`). At least a third of
//! the slots is free, so a probe ends; the hash is seeded anew for each table, so that nobody can list names that fall together.

use core::hash::BuildHasher;

use foldhash::fast::RandomState;

/// Where a name may stand.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    ends: Ends,
    /// Where the name begins in the text.
    at: u32,
    /// What it stands for.
    value: u16,
    /// How long it is, in bytes; 0 for no name.
    len: u8,
}

/// The first and the last eight bytes of a name, which overlap where it is shorter than sixteen; of one that is shorter than eight, what
/// tells it from all others of its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Ends(u64, u64);

impl Ends {
    #[inline]
    fn of(name: &[u8]) -> Self {
        if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            Self(u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            Self(u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else if let [first, .., last] = *name {
            Self(first.into(), u64::from(name[name.len() / 2]) << 8 | u64::from(last))
        } else {
            Self(name.first().copied().unwrap_or(0).into(), 0)
        }
    }
}

/// The longest name that its ends tell whole.
const TOLD: usize = 16;

/// Names of 1 to 255 bytes, each with a value.
#[derive(Debug)]
pub(super) struct Table {
    slots: Box<[Slot]>,
    /// All names, one after the other.
    text: Vec<u8>,
    seeds: [u64; 2],
    state: RandomState,
}

impl Table {
    /// The table of `named`; of a name that is there twice, the first. Names that are empty or longer than 255 bytes are left out.
    pub(super) fn of<'a>(named: impl ExactSizeIterator<Item = (&'a str, u16)>) -> Self {
        // A third of them free, and one at least.
        let places = (named.len() * 3 / 2 + 1).next_power_of_two();
        let state = RandomState::default();
        let seeds = [state.hash_one(0u64), state.hash_one(1u64)];
        let mut table = Self { slots: vec![Slot::default(); places].into(), text: Vec::new(), seeds, state };
        for (name, value) in named {
            let (Ok(len @ 1..), Ok(at)) = (u8::try_from(name.len()), u32::try_from(table.text.len())) else {
                continue;
            };
            if let Err(free) = table.find(name.as_bytes()) {
                table.slots[free] = Slot { ends: Ends::of(name.as_bytes()), at, value, len };
                table.text.extend_from_slice(name.as_bytes());
            }
        }
        table.text.shrink_to_fit();
        table
    }

    /// What `name` stands for.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<u16> {
        // An empty name would be found where there is none.
        self.find(name.as_bytes()).ok().filter(|_| !name.is_empty()).map(|slot| slot.value)
    }

    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    /// The names and what they stand for, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u16)> {
        self.slots
            .iter()
            .filter(|slot| slot.len > 0)
            .map(|slot| (str::from_utf8(self.text_of(slot)).unwrap_or_default(), slot.value))
    }

    /// The slot of `name`, or else the place of the free one where it would stand.
    #[inline]
    fn find(&self, name: &[u8]) -> Result<&Slot, usize> {
        let (ends, mask) = (Ends::of(name), self.slots.len() - 1);
        let mut place = self.hash(name, ends) & mask;
        loop {
            let slot = &self.slots[place & mask];
            if slot.ends == ends
                && usize::from(slot.len) == name.len()
                && (name.len() <= TOLD || self.text_of(slot) == name)
            {
                return Ok(slot);
            }
            if slot.len == 0 {
                return Err(place & mask);
            }
            place += 1;
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "of a hash any bits will do")]
    fn hash(&self, name: &[u8], ends: Ends) -> usize {
        if name.len() > TOLD {
            return self.hash_long(name);
        }
        let [first, last] = self.seeds;
        let product = u128::from(ends.0 ^ first) * u128::from(ends.1 ^ last ^ name.len() as u64);
        (product as u64 ^ (product >> 64) as u64) as usize
    }

    #[inline(never)]
    #[expect(clippy::cast_possible_truncation, reason = "of a hash any bits will do")]
    fn hash_long(&self, name: &[u8]) -> usize {
        self.state.hash_one(name) as usize
    }

    fn text_of(&self, slot: &Slot) -> &[u8] {
        let at = slot.at as usize;
        self.text.get(at..at + usize::from(slot.len)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Names of few letters and of lengths around those at which they are told differently, so that many are almost the same.
    fn names() -> impl Strategy<Value = String> {
        let lengths = prop_oneof![1..10usize, 14..20usize, Just(128usize), Just(255usize)];
        let name =
            |len| proptest::collection::vec(prop_oneof![6 => Just("a"), 1 => Just("b"), 1 => Just("_")], len);
        prop_oneof![lengths.prop_flat_map(name).prop_map(|parts| parts.concat()), "[äöü]{1,12}"]
    }

    proptest! {
        #[test]
        fn a_table_finds_what_a_map_finds(listed in proptest::collection::vec(names(), 0..40), asked in proptest::collection::vec(names(), 40)) {
            let mut map = HashMap::new();
            for (value, name) in (0..).zip(&listed) {
                map.entry(name.as_str()).or_insert(value);
            }
            let named: Vec<_> = listed.iter().map(String::as_str).zip(0..).collect();
            let table = Table::of(named.into_iter());
            for name in listed.iter().chain(&asked) {
                prop_assert_eq!(table.get(name), map.get(name.as_str()).copied(), "{:?}", name);
            }
            prop_assert_eq!(table.get(""), None);
            prop_assert_eq!(table.len(), map.len());
            prop_assert_eq!(table.iter().collect::<HashMap<_, _>>(), map);
        }
    }

    /// Each byte of a name counts, wherever it stands and however long the name is.
    #[test]
    fn a_name_of_which_one_byte_differs_is_another() {
        for len in (1..=40).chain([127, 128, 254, 255]) {
            let name = "x".repeat(len);
            let table = Table::of([(name.as_str(), 7)].into_iter());
            assert_eq!(table.get(&name), Some(7));
            for at in 0..len {
                let other = format!("{}y{}", &name[..at], &name[at + 1..]);
                assert_eq!(table.get(&other), None, "{len} bytes, another at {at}");
            }
            assert_eq!((table.get(&name[1..]), table.get(&format!("{name}x"))), (None, None), "{len} bytes");
        }
    }

    #[test]
    fn a_probe_ends_also_in_the_fullest_table() {
        for count in 0..200u16 {
            let names: Vec<String> = (0..count).map(|i| format!("tool-{i}")).collect();
            let table = Table::of(names.iter().map(String::as_str).zip(0..).collect::<Vec<_>>().into_iter());
            assert!(3 * table.len() <= 2 * table.slots.len() && table.len() < table.slots.len());
            assert_eq!(table.get("unknown"), None);
            assert!(names.iter().zip(0..).all(|(name, value)| table.get(name) == Some(value)));
        }
    }

    #[test]
    fn what_cannot_be_told_is_left_out() {
        let long = "x".repeat(256);
        let table = Table::of([("", 1), (long.as_str(), 2), ("a", 3), ("a", 4)].into_iter());
        assert_eq!((table.get(""), table.get(&long), table.get("a"), table.len()), (None, None, Some(3), 1));
        assert_eq!(core::mem::size_of::<Slot>(), 24);
    }
}
