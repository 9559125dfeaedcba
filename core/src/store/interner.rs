//! [`Interner`]: equal tool lists share one set, equal rates one plan, and agents alike one set of terms, for as long as somebody uses it.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Weak};

use crossbeam::queue::SegQueue;

use super::party::Terms;
use crate::error::Error;
use crate::meter::{Grain, Plan};
use crate::tools::ToolSet;
use crate::units::Rate;

/// The values in use, by the hash of what they are made of. Of two with the same hash, the later is shared.
///
/// Those that nobody uses any more are swept as others come: each new one looks at two old ones, so that there are
/// never many more dead entries than living ones, and no call pays for all of them.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    values: papaya::HashMap<u64, Weak<T>>,
    rounds: SegQueue<u64>,
    hasher: RandomState,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: papaya::HashMap::default(), rounds: SegQueue::new(), hasher: RandomState::default() }
    }
}

/// How many old entries each new one looks at.
const LOOKS: usize = 2;

impl Interner<ToolSet> {
    /// The set of `listed`, shared with everyone who listed the same, in whatever order. `open`: names may be any text.
    pub(crate) fn tools(
        &self,
        mut listed: Vec<(String, Option<u64>)>,
        open: bool,
    ) -> Result<Arc<ToolSet>, Error> {
        listed.sort_unstable();
        listed.dedup();
        let make = || {
            let caps = listed.iter().map(|(name, cap)| (name.as_str(), *cap));
            ToolSet::new(caps, open).map(Arc::new)
        };
        self.intern((&listed, open), |set| set.is_of(&listed, open), make)
    }
}

impl Interner<Plan> {
    /// The plan of `rate`, shared with everyone who has the same. Errors: as [`Plan::new`].
    pub(crate) fn plan(&self, rate: Rate, grain: Grain) -> Result<Arc<Plan>, Error> {
        let key = (rate.limit(), rate.window(), rate.burst().to_bits(), grain as u64);
        self.intern(key, |plan| plan.is_of(rate, grain), || Plan::new(rate, grain).map(Arc::new))
    }
}

impl Interner<Terms> {
    /// `made`, or terms that say the same and are in use.
    pub(super) fn terms(&self, made: Terms) -> Arc<Terms> {
        let (key, made) = ((made.generation, made.max_sessions, made.calm_calls), Arc::new(made));
        let shared = self.intern(key, |terms| terms.say_the_same(&made), || Ok(Arc::clone(&made)));
        shared.unwrap_or(made)
    }
}

impl<T: Send + Sync> Interner<T> {
    /// The value of `key`, if one that `is` it is in use, or else a new one.
    fn intern(
        &self,
        key: impl Hash,
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Result<Arc<T>, Error>,
    ) -> Result<Arc<T>, Error> {
        let key = self.hasher.hash_one(key);
        let values = self.values.pin();
        if let Some(value) = values.get(&key).and_then(Weak::upgrade).filter(|value| is(value)) {
            return Ok(value);
        }
        let value = make()?;
        if values.insert(key, Arc::downgrade(&value)).is_none() {
            self.rounds.push(key);
        }
        for key in (0..LOOKS).map_while(|_| self.rounds.pop()) {
            let dead = values.remove_if(&key, |_, value| value.strong_count() == 0);
            if !matches!(dead, Ok(Some(_))) {
                self.rounds.push(key);
            }
        }
        Ok(value)
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
        let first = interner.tools(listed(&["a", "b", "*"]), false).expect("names");
        let again = interner.tools(listed(&["b", "*", "a", "a"]), false).expect("names");
        let other = interner.tools(listed(&["a", "b"]), false).expect("names");
        assert!(Arc::ptr_eq(&first, &again) && !Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn equal_rates_share_one_plan_and_no_others_do() {
        let interner = Interner::default();
        let rate = |text: &str| text.parse::<Rate>().expect("a rate");
        let plan = |rate, grain| interner.plan(rate, grain).expect("a plan");
        let first = plan(rate("30/min"), Grain::Milli);
        assert!(Arc::ptr_eq(&first, &plan(rate("30/min"), Grain::Milli)));
        for (other, grain) in [
            (rate("31/min"), Grain::Milli),
            (rate("30/2min"), Grain::Milli),
            (rate("30/min").with_burst(2.0).expect("a burst"), Grain::Milli),
            (rate("30/min"), Grain::Whole),
        ] {
            assert!(
                plan(other, grain).is_of(other, grain) && !first.is_of(other, grain),
                "{other} {grain:?}"
            );
        }
        assert!(
            interner
                .plan(Rate::new(Rate::MAX_LIMIT, Rate::MIN_WINDOW).expect("a rate"), Grain::Milli)
                .is_err()
        );
    }

    #[test]
    fn sets_that_nobody_uses_are_forgotten_as_others_come() {
        let interner = Interner::default();
        let kept: Vec<_> =
            (0..50).map(|i| interner.tools(listed(&[&format!("kept-{i}")]), false).expect("name")).collect();
        let many = if cfg!(miri) { 200 } else { 10_000 };
        for i in 0..many {
            drop(interner.tools(listed(&[&format!("dropped-{i}")]), false).expect("name"));
        }
        let living = kept.len();
        assert!(interner.values.len() <= 3 * living, "{} sets for {living} in use", interner.values.len());
        for (i, set) in kept.iter().enumerate() {
            assert!(Arc::ptr_eq(set, &interner.tools(listed(&[&format!("kept-{i}")]), false).expect("name")));
        }
    }
}
