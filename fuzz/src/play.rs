//! Plays a history on one enforcer, and holds it to the law after each step.

use allotment::{CreateError, Denial, Enforcer, ManualClock, Nanos, Reservation, Session, Status, Usage};

use crate::law::Figures;
use crate::operations::{AGENTS, Asked, History, Operation, Rules, TOOLS};
use crate::shown;

/// The most sessions and operations of a history.
const SESSIONS: usize = 16;
const OPERATIONS: usize = 160;

/// A session, and what was seen of it after the last step.
pub(crate) struct Known {
    pub(crate) session: Session,
    pub(crate) parent: Option<usize>,
    pub(crate) seen: Figures,
}

/// What came of an operation.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Nothing may be spent by it.
    pub(crate) denied: bool,
    /// It was told that this session overran.
    pub(crate) overran: Option<usize>,
    /// The reservation was dropped: only an event can tell of an overrun.
    pub(crate) silent: bool,
}

/// An enforcer and everything that it gave out.
pub(crate) struct World {
    pub(crate) enforcer: Enforcer,
    clock: ManualClock,
    pub(crate) sessions: Vec<Known>,
    holds: Vec<(usize, Reservation)>,
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
    let (sessions, holds) = (Vec::new(), Vec::new());
    let mut world =
        World { enforcer, clock, sessions, holds, rules: Some(history.rules), granted: [0; AGENTS.len()] };
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
                        (vec![tool(*name)], session.authorize(tool(*name)).map(drop))
                    }
                    Operation::AuthorizeWith(_, name, used) => {
                        (vec![tool(*name)], session.authorize_with(tool(*name), used.usage()).map(drop))
                    }
                    Operation::Batch(_, names) => {
                        let tools: Vec<_> = names.iter().map(|&name| tool(name)).collect();
                        let decided = session.authorize_batch(tools.iter().copied()).map(drop);
                        (tools, decided)
                    }
                    Operation::Admit(_, used) => (Vec::new(), session.admit(used.usage()).map(drop)),
                    Operation::Reserve(_, used) => {
                        let hold = session.reserve(used.usage());
                        (Vec::new(), hold.map(|hold| self.holds.push((at, hold))))
                    }
                    Operation::ReserveAtLeast(_, used, least) => {
                        let hold = session.reserve_at_least(used.usage(), least.usage());
                        (Vec::new(), hold.map(|hold| self.holds.push((at, hold))))
                    }
                    _ => return other(&session, at, operation),
                };
                assert!(decided.is_err() || status == Status::Active, "{status} and admitted");
                if decided.is_ok() {
                    self.count(at, &tools);
                }
                return outcome(&decided);
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
            Ok(session) => self.sessions.push(Known { seen: Figures::of(&session), session, parent }),
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
        let settled = match operation {
            Operation::Settle(_, used) => hold.settle(used.usage()).expect("once").overrun,
            Operation::Release(_) => hold.release().map(|()| false).expect("once"),
            Operation::Forfeit(_) => hold.forfeit().expect("once").overrun,
            _ => {
                drop(hold);
                return Outcome { silent: true, ..Outcome::default() };
            }
        };
        assert!(hold.has_ended() && hold.release().is_err() && hold.forfeit().is_none());
        Outcome { overran: settled.then_some(session), ..Outcome::default() }
    }

    /// Calls that were granted, to every agent on the way to the root; never more than an agent has.
    fn count(&mut self, at: usize, tools: &[&str]) {
        let Some(rules) = self.rules else { return };
        let calls: u64 = tools.iter().map(|tool| rules.weight_of(tool)).sum();
        let path: Vec<usize> = self.path(at).collect();
        for (agent, name) in AGENTS.iter().enumerate() {
            if path.iter().any(|&at| self.sessions[at].session.agent() == *name) {
                self.granted[agent] += calls;
                let over = rules.agent_calls.is_some_and(|budget| self.granted[agent] > budget.into());
                assert!(!over, "{name} was granted {} calls", self.granted[agent]);
            }
        }
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
            Outcome { overran: overrun.then_some(at), ..Outcome::default() }
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

fn outcome(decided: &Result<(), Denial>) -> Outcome {
    if let Err(denial) = decided {
        shown::denial(denial);
    }
    Outcome { denied: decided.is_err(), ..Outcome::default() }
}
