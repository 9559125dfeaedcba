//! [`Population`]: very many sessions of one kind, made and ended in a known order, on a clock that stands still.

use std::collections::VecDeque;
use std::time::Duration;

use allotment::{Builder, Enforcer, ManualClock, Session, SessionId, SessionSpec};

use crate::{PLENTY, TOOLS, fast, policy};

/// How long its sessions live.
pub const LIFE: Duration = Duration::from_secs(3_600);

/// What its sessions are like.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// How many sessions an agent has before the next agent comes.
    pub per_agent: u64,
    /// Whether each has eight tools that no other has, rather than the eight that all have.
    pub own_tools: bool,
    /// Whether tokens, money and the rate of both are limited too.
    pub fully_limited: bool,
    /// Whether they have a rate at all.
    pub rate: bool,
}

/// Sessions with shared tools, calls and a rate, ten to an agent.
pub const TEN_PER_AGENT: Kind = Kind { per_agent: 10, own_tools: false, fully_limited: false, rate: true };

/// The sessions there are, oldest first, by id alone: a handle for each would be counted with what it holds.
pub struct Population {
    /// Who holds them.
    pub enforcer: Enforcer,
    /// Its time.
    pub clock: ManualClock,
    kind: Kind,
    made: u64,
    ids: VecDeque<SessionId>,
}

impl Population {
    /// Nobody yet. What it keeps of `most` sessions at once, their ids, has its place from the start.
    #[must_use]
    pub fn new(kind: Kind, most: usize) -> Self {
        let clock = ManualClock::new();
        let builder: Builder = Enforcer::builder().policy(policy(false, false)).clock(clock.clone());
        let enforcer = builder.max_sessions(2 * most as u64).build().expect("an enforcer");
        Self { enforcer, clock, kind, made: 0, ids: VecDeque::with_capacity(most) }
    }

    /// The same with `count` sessions.
    #[must_use]
    pub fn of(kind: Kind, count: usize) -> Self {
        let mut population = Self::new(kind, count);
        population.grow(count);
        population
    }

    /// Makes `count` sessions more.
    pub fn grow(&mut self, count: usize) {
        for _ in 0..count {
            let id = self.create().id();
            self.ids.push_back(id);
        }
    }

    /// Makes one that has to be kept by whoever asks.
    pub fn create(&mut self) -> Session {
        let spec = self.next_spec();
        self.enforcer.create(spec).expect("a session")
    }

    /// What the next one will be.
    pub fn next_spec(&mut self) -> SessionSpec {
        let (kind, number) = (self.kind, self.made);
        self.made += 1;
        let spec =
            SessionSpec::new(format!("agent-{}", number / kind.per_agent)).calls(PLENTY).time_limit(LIFE);
        let spec = if kind.rate { spec.rate(fast()) } else { spec };
        let spec = if kind.own_tools {
            spec.tools(TOOLS.iter().map(|tool| format!("{tool}_{number}")))
        } else {
            spec.tools(TOOLS)
        };
        if !kind.fully_limited {
            return spec;
        }
        spec.tokens(PLENTY).cost(allotment::NanoUsd::new(1 << 50)).tokens_rate(fast())
    }

    /// The oldest session's tool, called once; whether that was admitted.
    #[must_use]
    pub fn authorize(&self, nth: usize) -> bool {
        let session = self.enforcer.get(self.ids[nth]).expect("a session");
        let tool = session.snapshot().tools.keys().next().cloned().expect("a tool");
        session.authorize(&tool).is_ok()
    }

    /// Closes the `count` oldest.
    pub fn close_oldest(&mut self, count: usize) {
        for id in self.ids.drain(..count) {
            self.enforcer.get(id).and_then(|session| session.close()).expect("a session that was active");
        }
    }

    /// Forgets about all of them: they have ended.
    pub fn forget(&mut self) {
        self.ids.clear();
    }

    /// Their ids, oldest first.
    #[must_use]
    pub fn ids(&self) -> Vec<SessionId> {
        self.ids.iter().copied().collect()
    }
}
