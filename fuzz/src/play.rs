//! Plays a history on one enforcer, and holds it to the law after each step.

use allotment::{CreateError, Denial, Enforcer, ManualClock, Nanos, Reservation, Session, Status, Usage};

use crate::law::Figures;
use crate::operations::{AGENTS, Asked, History, Operation, Rules, TOOLS};
use crate::shown;
use crate::sums::{self, Changes, asked, minus, weighed};

/// The most sessions and operations of a history.
const SESSIONS: usize = 16;
const OPERATIONS: usize = 64;

/// A session, and what was seen of it after the last step.
pub(crate) struct Known {
    pub(crate) session: Session,
    pub(crate) parent: Option<usize>,
    /// Which resources were carved out of the parent's.
    pub(crate) carved: [bool; 5],
    pub(crate) seen: Figures,
}

/// What came of an operation.
pub(crate) struct Outcome {
    /// Whose figures it may change.
    pub(crate) at: Option<usize>,
    /// By how much: spent, and reserved.
    pub(crate) changed: [Changes; 2],
    /// Nothing may be spent by it.
    pub(crate) denied: bool,
    /// It was told that this session overran.
    pub(crate) overran: Option<usize>,
    /// The reservation was dropped: only an event can tell of an overrun.
    pub(crate) silent: bool,
}

impl Default for Outcome {
    fn default() -> Self {
        Self { at: None, changed: [sums::NONE; 2], denied: false, overran: None, silent: false }
    }
}

/// An enforcer and everything that it gave out.
pub(crate) struct World {
    pub(crate) enforcer: Enforcer,
    clock: ManualClock,
    pub(crate) sessions: Vec<Known>,
    holds: Vec<(usize, Reservation)>,
    /// Whether the sums are checked, what each session has itself, and which figures have stopped to count.
    pub(crate) sums: bool,
    pub(crate) own: Vec<[[i128; 5]; 2]>,
    pub(crate) full: [bool; 5],
    /// The rules, until the first swap.
    rules: Option<Rules>,
    /// Calls that each agent was granted.
    granted: [u64; AGENTS.len()],
}

/// Plays `history`.
pub fn check(history: &History) {
    let clock = ManualClock::new();
    let enforcer = Enforcer::builder().policy(history.rules.policy()).clock(clock.clone()).build();
    let enforcer = enforcer.expect("an enforcer");
    let mut world = World {
        enforcer,
        clock,
        sessions: Vec::new(),
        holds: Vec::new(),
        sums: history.rules.sums,
        own: Vec::new(),
        full: [false; 5],
        rules: Some(history.rules),
        granted: [0; AGENTS.len()],
    };
    for operation in history.operations.iter().take(OPERATIONS) {
        let outcome = world.play(operation);
        world.check_step(&outcome);
    }
    world.end();
}

impl World {
    fn play(&mut self, operation: &Operation) -> Outcome {
        let tool = |at: u8| TOOLS[usize::from(at) % TOOLS.len()];
        match operation {
            Operation::Create(asked) => return self.create(None, *asked),
            Operation::Delegate(at, asked) => return self.create(self.pick(*at), *asked),
            Operation::SetPolicy(rules) => {
                self.rules = None;
                self.enforcer.set_policy(rules.policy());
            }
            Operation::Milliseconds(ms) => self.clock.advance(Nanos::new(u64::from(*ms) * 1_000_000)),
            Operation::Nanoseconds(nanos) => self.clock.advance(Nanos::new(nanos.get())),
            Operation::Sweep => drop(self.enforcer.sweep()),
            Operation::CloseAgent(at) => {
                let agent = AGENTS[usize::from(*at) % AGENTS.len()];
                self.enforcer.close_agent(agent);
                assert_eq!(self.enforcer.active_sessions(agent), 0);
            }
            Operation::Settle(at, _)
            | Operation::Release(at)
            | Operation::Progress(at, _)
            | Operation::Forfeit(at)
            | Operation::Drop(at) => return self.end_hold(*at, operation),
            Operation::Authorize(at, _)
            | Operation::AuthorizeWith(at, ..)
            | Operation::Batch(at, _)
            | Operation::Preview(at, _)
            | Operation::Admit(at, _)
            | Operation::Reserve(at, _)
            | Operation::ReserveAtLeast(at, ..)
            | Operation::Record(at, _)
            | Operation::TopUp(at, _)
            | Operation::Pause(at)
            | Operation::Resume(at)
            | Operation::Close(at) => {
                let Some(at) = self.pick(*at) else { return Outcome::default() };
                let session = self.sessions[at].session.clone();
                let status = session.status();
                let (tools, decided) = match operation {
                    Operation::Authorize(_, name) => {
                        let decided = session.authorize(tool(*name)).map(|_| asked(Usage::NONE));
                        (vec![tool(*name)], decided)
                    }
                    Operation::AuthorizeWith(_, name, used) => {
                        let decided = session.authorize_with(tool(*name), used.usage());
                        (vec![tool(*name)], decided.map(|_| asked(used.usage())))
                    }
                    Operation::Batch(_, names) => {
                        let tools: Vec<_> = names.iter().map(|&name| tool(name)).collect();
                        let decided = session.authorize_batch(tools.iter().copied());
                        let decided = decided.map(|_| asked(Usage::NONE));
                        (tools, decided)
                    }
                    Operation::Admit(_, used) => {
                        (Vec::new(), session.admit(used.usage()).map(|_| asked(used.usage())))
                    }
                    Operation::Reserve(_, used) => {
                        return self.hold(at, status, session.reserve(used.usage()));
                    }
                    Operation::ReserveAtLeast(_, used, least) => {
                        let hold = session.reserve_at_least(used.usage(), least.usage());
                        return self.hold(at, status, hold);
                    }
                    _ => return other(&session, at, operation),
                };
                assert!(decided.is_err() || status == Status::Active, "{status} and admitted");
                let outcome = outcome(&decided);
                return match decided {
                    Err(_) => outcome,
                    Ok(mut used) => {
                        used[0] = self.count(at, &tools);
                        Outcome { at: Some(at), changed: [used, sums::NONE], ..outcome }
                    }
                };
            }
        }
        Outcome::default()
    }

    /// The session that `at` picks.
    fn pick(&self, at: u8) -> Option<usize> {
        usize::from(at).checked_rem(self.sessions.len())
    }

    fn create(&mut self, parent: Option<usize>, asked: Asked) -> Outcome {
        if self.sessions.len() == SESSIONS {
            return Outcome::default();
        }
        let made = match parent {
            Some(parent) => {
                let above = &self.sessions[parent].session;
                let status = above.status();
                let made = above.delegate(asked.spec(true));
                assert!(made.is_err() || status == Status::Active, "a child of a {status} session");
                made
            }
            None => self.enforcer.create(asked.spec(false)),
        };
        match made {
            Ok(session) => {
                let (seen, carved) = (Figures::of(&session), asked.carved());
                self.sessions.push(Known { session, parent, carved, seen });
            }
            Err(error) => {
                shown::not_made(&error);
                return Outcome { denied: true, ..Outcome::default() };
            }
        }
        Outcome::default()
    }

    fn end_hold(&mut self, at: u8, operation: &Operation) -> Outcome {
        let Some(at) = usize::from(at).checked_rem(self.holds.len()) else { return Outcome::default() };
        if let Operation::Progress(_, used) = operation {
            self.holds[at].1.progress(used.usage());
            return Outcome::default();
        }
        let (session, hold) = self.holds.swap_remove(at);
        let granted = weighed(hold.granted());
        let given_back = minus(sums::NONE, granted);
        let (actual, overrun) = match operation {
            Operation::Settle(_, used) => {
                let (asked, settled) = (asked(used.usage()), hold.settle(used.usage()).expect("once"));
                let told = weighed(settled.charged);
                (core::array::from_fn(|figure| asked[figure].or(told[figure])), settled.overrun)
            }
            Operation::Release(_) => (sums::NONE, hold.release().map(|()| false).expect("once")),
            Operation::Forfeit(_) => {
                let settled = hold.forfeit().expect("once");
                (weighed(settled.charged), settled.overrun)
            }
            _ => {
                drop(hold);
                let changed = [[None; 5], given_back];
                return Outcome { at: Some(session), changed, silent: true, ..Outcome::default() };
            }
        };
        assert!(hold.has_ended() && hold.release().is_err() && hold.forfeit().is_none());
        let changed = [minus(actual, granted), given_back];
        Outcome { at: Some(session), changed, overran: overrun.then_some(session), ..Outcome::default() }
    }

    /// Keeps what was reserved.
    fn hold(&mut self, at: usize, status: Status, hold: Result<Reservation, Denial>) -> Outcome {
        assert!(hold.is_err() || status == Status::Active, "{status} and reserved");
        let outcome = outcome(&hold);
        let Ok(hold) = hold else { return outcome };
        let granted = weighed(hold.granted());
        self.holds.push((at, hold));
        Outcome { at: Some(at), changed: [granted; 2], ..outcome }
    }

    /// Calls that were granted, to every agent on the way to the root; never more than an agent has. How many, if that is known.
    fn count(&mut self, at: usize, tools: &[&str]) -> Option<i128> {
        let rules = self.rules?;
        let calls: u64 = tools.iter().map(|tool| rules.weight_of(tool)).sum();
        let path: Vec<usize> = self.path(at).collect();
        for (agent, name) in AGENTS.iter().enumerate() {
            if path.iter().any(|&at| self.sessions[at].session.agent() == *name) {
                self.granted[agent] += calls;
                let over = rules.agent_calls.is_some_and(|budget| self.granted[agent] > budget.into());
                assert!(!over, "{name} was granted {} calls", self.granted[agent]);
            }
        }
        Some(calls.into())
    }

    /// The session, then those it was delegated from.
    pub(crate) fn path(&self, at: usize) -> impl Iterator<Item = usize> {
        core::iter::successors(Some(at), |&at| self.sessions[at].parent)
    }

    /// Ends everything: nothing stays reserved, nothing is admitted, nothing is held.
    fn end(mut self) {
        for (_, hold) in self.holds.drain(..) {
            drop(hold);
        }
        for known in &self.sessions {
            known.session.close().map_or_else(|denial| shown::denial(&denial), drop);
        }
        for known in &self.sessions {
            assert!(known.session.status().is_terminal());
            assert!(TOOLS.iter().all(|tool| known.session.authorize(tool).is_err()), "closed and admitted");
            assert!(known.session.reserve(Usage::NONE).is_err(), "closed and reserved");
            assert_eq!(Figures::of(&known.session).reserved, [0; 5]);
        }
        self.enforcer.sweep();
        assert_eq!(self.enforcer.stats().sessions, 0);
        assert!(AGENTS.iter().all(|agent| self.enforcer.active_sessions(agent) == 0));
    }
}

/// An operation that admits nothing.
fn other(session: &Session, at: usize, operation: &Operation) -> Outcome {
    match operation {
        Operation::Preview(_, name) => {
            let tool = TOOLS[usize::from(*name) % TOOLS.len()];
            session.preview(tool).map_or_else(|denial| shown::denial(&denial), drop);
            Outcome { denied: true, ..Outcome::default() }
        }
        Operation::Record(_, used) => {
            let overrun = session.record(used.usage());
            let changed = [asked(used.usage()), sums::NONE];
            Outcome { at: Some(at), changed, overran: overrun.then_some(at), ..Outcome::default() }
        }
        Operation::TopUp(_, by) => {
            if let Err(error) = session.top_up(by.top_up()) {
                shown::not_made(&error);
                assert!(!matches!(error, CreateError::Denied(_)) || session.status().is_terminal());
            }
            Outcome { denied: true, ..Outcome::default() }
        }
        Operation::Pause(_) => outcome(&session.pause()),
        Operation::Resume(_) => outcome(&session.resume()),
        _ => {
            let closed = outcome(&session.close().map(drop));
            assert!(session.status().is_terminal());
            closed
        }
    }
}

fn outcome<T>(decided: &Result<T, Denial>) -> Outcome {
    if let Err(denial) = decided {
        shown::denial(denial);
    }
    Outcome { denied: decided.is_err(), ..Outcome::default() }
}
