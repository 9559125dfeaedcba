//! [`Interner`]: equal tool lists share one set, for as long as some session uses it.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};

use crossbeam::queue::SegQueue;

use crate::error::Error;
use crate::tools::ToolSet;

/// The tool sets in use, by the hash of their lists. Of two lists with the same hash, the later is shared.
///
/// Sets that nobody uses any more are swept as others come: each new set looks at two old ones, so that there are
/// never many more dead entries than living ones, and no call pays for all of them.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    sets: papaya::HashMap<u64, Weak<ToolSet>>,
    rounds: SegQueue<u64>,
    hasher: RandomState,
}

/// How many old entries each new one looks at.
const LOOKS: usize = 2;

impl Interner {
    /// The set of `listed`, shared with everyone who listed the same, in whatever order. `open`: names may be any text.
    pub(crate) fn intern(
        &self,
        mut listed: Vec<(String, Option<u64>)>,
        open: bool,
    ) -> Result<Arc<ToolSet>, Error> {
        listed.sort_unstable();
        listed.dedup();
        let key = self.hasher.hash_one((&listed, open));
        let sets = self.sets.pin();
        if let Some(set) = sets.get(&key).and_then(Weak::upgrade).filter(|set| set.is_of(&listed, open)) {
            return Ok(set);
        }
        let set = Arc::new(ToolSet::new(listed.iter().map(|(name, cap)| (name.as_str(), *cap)), open)?);
        if sets.insert(key, Arc::downgrade(&set)).is_none() {
            self.rounds.push(key);
        }
        for key in (0..LOOKS).map_while(|_| self.rounds.pop()) {
            let dead = sets.remove_if(&key, |_, set| set.strong_count() == 0);
            if !matches!(dead, Ok(Some(_))) {
                self.rounds.push(key);
            }
        }
        Ok(set)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn listed(names: &[&str]) -> Vec<(String, Option<u64>)> {
        names.iter().map(|name| ((*name).to_owned(), None)).collect()
    }

    #[test]
    fn equal_lists_share_one_set() {
        let interner = Interner::default();
        let first = interner.intern(listed(&["a", "b", "*"]), false).expect("names");
        let again = interner.intern(listed(&["b", "*", "a", "a"]), false).expect("names");
        let other = interner.intern(listed(&["a", "b"]), false).expect("names");
        assert!(Arc::ptr_eq(&first, &again) && !Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn sets_that_nobody_uses_are_forgotten_as_others_come() {
        let interner = Interner::default();
        let kept: Vec<_> =
            (0..50).map(|i| interner.intern(listed(&[&format!("kept-{i}")]), false).expect("name")).collect();
        let many = if cfg!(miri) { 200 } else { 10_000 };
        for i in 0..many {
            drop(interner.intern(listed(&[&format!("dropped-{i}")]), false).expect("name"));
        }
        let living = kept.len();
        assert!(interner.sets.len() <= 3 * living, "{} sets for {living} in use", interner.sets.len());
        for (i, set) in kept.iter().enumerate() {
            assert!(Arc::ptr_eq(
                set,
                &interner.intern(listed(&[&format!("kept-{i}")]), false).expect("name")
            ));
        }
    }
}
