//! [`Agenda`]: what falls due, in the order of time. Finding what is due costs what is found.

use core::hash::Hash;

use crossbeam_skiplist::SkipSet;

use crate::units::Nanos;

/// A lock-free set of keys ordered by the instant at which each falls due.
#[derive(Debug)]
pub(crate) struct Agenda<K>(SkipSet<(Nanos, K)>)
where
    K: Ord;

impl<K: Ord> Default for Agenda<K> {
    fn default() -> Self {
        Self(SkipSet::new())
    }
}

impl<K: Ord + Hash + Clone + Send + 'static> Agenda<K> {
    pub(crate) fn add(&self, due: Nanos, key: K) {
        self.0.insert((due, key));
    }

    pub(crate) fn remove(&self, due: Nanos, key: K) {
        self.0.remove(&(due, key));
    }

    /// The first key, if it is due at `now`, and since when.
    pub(crate) fn first_due(&self, now: Nanos) -> Option<(Nanos, K)> {
        self.0.front().map(|entry| entry.value().clone()).filter(|(due, _)| *due <= now)
    }

    /// Takes the first key out, if it is due at `now`.
    pub(crate) fn pop_due(&self, now: Nanos) -> Option<K> {
        loop {
            let front = self.0.front().filter(|entry| entry.value().0 <= now)?;
            if front.remove() {
                return Some(front.value().1.clone());
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_due_is_taken_and_the_earliest_first() {
        let agenda = Agenda::default();
        for (due, key) in [(30, 'c'), (10, 'a'), (20, 'b'), (10, 'd')] {
            agenda.add(Nanos::new(due), key);
        }
        agenda.remove(Nanos::new(10), 'd');
        assert_eq!(agenda.pop_due(Nanos::new(9)), None);
        let mut due = std::iter::from_fn(|| agenda.pop_due(Nanos::new(20)));
        assert_eq!((due.next(), due.next(), due.next()), (Some('a'), Some('b'), None));
        assert_eq!(agenda.0.iter().map(|line| line.value().1).collect::<Vec<_>>(), ['c']);
    }
}
