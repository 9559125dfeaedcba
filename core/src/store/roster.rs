//! [`Roster`]: whose sessions there are, each owner's by deadline. One list for all owners: one of its own would cost each of them more than
//! a session does.

use core::ops::Bound;

use crossbeam_skiplist::SkipSet;
use crossbeam_skiplist::set::Entry;

use crate::units::{Nanos, SessionId};

/// Who has sessions: told by where it stands in memory, which is nobody else's for as long as it has any. A line that outlives it is one of a
/// session that has ended, so whoever comes to stand there next is none the wiser; the sweep takes it out with its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner(usize);

impl Owner {
    pub(crate) fn of<T>(owner: &T) -> Self {
        Self(std::ptr::from_ref(owner).addr())
    }
}

type Line = (Owner, Nanos, SessionId);

/// A lock-free list of sessions by owner, and each owner's in the order of time.
#[derive(Debug)]
pub(crate) struct Roster(SkipSet<Line>);

impl Default for Roster {
    fn default() -> Self {
        Self(SkipSet::new())
    }
}

impl Roster {
    pub(crate) fn add(&self, owner: Owner, due: Nanos, id: SessionId) {
        self.0.insert((owner, due, id));
    }

    pub(crate) fn remove(&self, owner: Owner, due: Nanos, id: SessionId) {
        self.0.remove(&(owner, due, id));
    }

    /// The first session of `owner`, if it is due at `now`, and since when.
    pub(crate) fn first_due(&self, owner: Owner, now: Nanos) -> Option<(Nanos, SessionId)> {
        let first = self.0.lower_bound(Bound::Included(&first_of(owner)))?;
        let &(of, due, id) = first.value();
        (of == owner && due <= now).then_some((due, id))
    }

    /// The sessions of `owner` now.
    ///
    /// From line to line, and not by the list's `range`: of crossbeam-skiplist 0.1.3 each step of a range keeps the line before from ever being
    /// freed (the soak finds that).
    pub(crate) fn of(&self, owner: Owner) -> impl Iterator<Item = SessionId> {
        let first = self.0.lower_bound(Bound::Included(&first_of(owner)));
        let lines = std::iter::successors(first, Entry::next).map(|line| *line.value());
        lines.take_while(move |(of, ..)| *of == owner).map(|(.., id)| id)
    }
}

/// A line before all lines of `owner`.
fn first_of(owner: Owner) -> Line {
    (owner, Nanos::ZERO, SessionId::from(uuid::Uuid::nil()))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_owner_has_its_own_sessions_and_the_earliest_is_first() {
        let (roster, ids) =
            (Roster::default(), [1, 2, 3, 4].map(|n| SessionId::from(uuid::Uuid::from_u128(n))));
        let owners = [Owner(7), Owner(8), Owner(9)];
        for (owner, due, id) in [(0, 30, 0), (0, 10, 1), (1, 5, 2), (0, 20, 3)] {
            roster.add(owners[owner], Nanos::new(due), ids[id]);
        }
        assert_eq!(roster.of(owners[0]).collect::<Vec<_>>(), [ids[1], ids[3], ids[0]]);
        assert_eq!((roster.of(owners[1]).count(), roster.of(owners[2]).count()), (1, 0));
        assert_eq!(roster.first_due(owners[0], Nanos::new(9)), None, "another owner's is due, not its own");
        assert_eq!(roster.first_due(owners[0], Nanos::new(10)), Some((Nanos::new(10), ids[1])));
        roster.remove(owners[0], Nanos::new(10), ids[1]);
        assert_eq!(roster.first_due(owners[0], Nanos::new(19)), None);
        assert_eq!(roster.first_due(owners[2], Nanos::MAX), None);
    }

    #[test]
    fn an_owner_is_told_by_where_it_stands() {
        let (one, two) = (Box::new(1), Box::new(1));
        assert!(Owner::of(&*one) == Owner::of(&*one) && Owner::of(&*one) != Owner::of(&*two));
    }
}
