//! [`Yard`]: what all threads share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use allotment::{Enforcer, ManualClock, SessionId};

use crate::keys::Keys;
use crate::terms::{Charged, policy};
use crate::tree::Tree;
use crate::worker::Checked;

/// How many sessions the store holds: fewer than the threads want.
pub(crate) const MAX_SESSIONS: u64 = 48;

#[derive(Debug)]
pub(crate) struct Yard {
    pub(crate) enforcer: Enforcer,
    pub(crate) clock: ManualClock,
    pub(crate) keys: Keys,
    /// The id of no session.
    pub(crate) nobody: SessionId,
    tree: Mutex<Arc<Tree>>,
    stopped: AtomicBool,
    /// The first is 1.
    round: AtomicU64,
    /// What had been charged when the round began.
    spent: Mutex<Charged>,
    /// The most that a policy of this round left beyond that.
    left: AtomicU64,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Yard {
    pub(crate) fn new(threads: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let clock = ManualClock::new();
        let builder = Enforcer::builder().policy(policy(&Charged::default(), FIRST, false)?);
        let enforcer = builder.clock(clock.clone()).max_sessions(MAX_SESSIONS).build()?;
        Ok(Self {
            keys: Keys::new(&clock)?,
            nobody: "00000000-0000-4000-8000-000000000000".parse()?,
            tree: Mutex::new(Arc::new(Tree::plant(&enforcer, threads)?)),
            stopped: AtomicBool::new(false),
            round: AtomicU64::new(1),
            spent: Mutex::default(),
            left: AtomicU64::new(FIRST),
            enforcer,
            clock,
        })
    }

    pub(crate) fn tree(&self) -> Arc<Tree> {
        Arc::clone(&lock(&self.tree))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub(crate) fn stop(&self, stopped: bool) {
        self.stopped.store(stopped, Ordering::SeqCst);
    }

    /// Whether denials are told in this round, and hardly anybody drains what is told, so that the queue is full.
    pub(crate) fn is_loud(&self) -> bool {
        self.round.load(Ordering::SeqCst).is_multiple_of(LOUD)
    }

    /// Puts a policy in force that leaves so much to every agent.
    pub(crate) fn swap(&self, left: u64) -> Checked {
        let (spent, loud) = (*lock(&self.spent), self.is_loud());
        self.left.fetch_max(left, Ordering::SeqCst);
        self.enforcer.set_policy(policy(&spent, left, loud).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// What every policy of this round left at most, and to what it came on top.
    pub(crate) fn left(&self) -> (Charged, u64) {
        (*lock(&self.spent), self.left.load(Ordering::SeqCst))
    }

    /// Begins the next round, so much having been charged.
    pub(crate) fn restart(&self, spent: Charged, threads: usize) -> Checked {
        *lock(&self.spent) = spent;
        self.left.store(0, Ordering::SeqCst);
        self.round.fetch_add(1, Ordering::SeqCst);
        self.swap(FIRST)?;
        let tree = Tree::plant(&self.enforcer, threads).map_err(|error| error.to_string())?;
        *lock(&self.tree) = Arc::new(tree);
        self.keys.restart(self.clock.now().get())
    }

    /// What holds at any moment besides the law of sums.
    pub(crate) fn watch(&self) -> Checked {
        let stats = self.enforcer.stats();
        if stats.sessions > MAX_SESSIONS {
            return Err(format!("{} sessions in a store for {MAX_SESSIONS}", stats.sessions));
        }
        Ok(())
    }
}

/// One round of so many is loud.
const LOUD: u64 = 4;
/// What the first policy of a round leaves.
const FIRST: u64 = 120_000;
