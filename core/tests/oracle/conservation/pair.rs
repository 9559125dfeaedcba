//! The enforcer and the model, side by side: each step is done to both, and they have to agree.

use allotment::{
    Call, CreateError, Denial, Enforcer, EventKind, ManualClock, NanoUsd, Nanos, Reason, Reservation,
    Resource, Session, SessionSpec, Setting, TopUp, Usage,
};

use super::ledger::{self, Amounts, METERED};
use super::model::{Model, No, Nos, NotMade, PARTIES, Rules, Session as Modelled, Standing, TENANT, Used};
use super::steps::{End, Spec, Step, Terms};
use super::words::{AGENTS, amounts, of_amounts, policy, usage};
use super::{Checked, same};

/// How many sessions there are at once, at most, and how deep they nest.
const SESSIONS: usize = 8;
const DEEPEST: usize = 4;

pub(super) struct Pair {
    pub(super) enforcer: Enforcer,
    pub(super) sessions: Vec<Session>,
    pub(super) model: Model,
    /// Each with its line in the ledger; and what its holder last said, as long as it is open.
    holds: Vec<(Reservation, usize, Option<Open>)>,
    /// What has to be told of this step: overruns and forfeits, with the amounts.
    expected: Vec<(EventKind, Vec<(Resource, u64)>)>,
    /// How many steps did something of each kind, to see that nothing of it is idle.
    pub(super) done: Done,
}

#[derive(Debug, Clone, Copy, Default)]
struct Open {
    granted: Amounts,
    said: Option<Used>,
}

/// What a history came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) steps: u64,
    pub(super) admitted: u64,
    pub(super) refused: u64,
    pub(super) partial: u64,
    pub(super) overruns: u64,
    pub(super) carved: u64,
    pub(super) settled: u64,
}

impl Pair {
    pub(super) fn new(terms: &Terms) -> Self {
        let enforcer = Enforcer::builder().clock(ManualClock::new()).build().unwrap();
        let (sessions, model, holds, expected) = (Vec::new(), Model::default(), Vec::new(), Vec::new());
        let mut pair = Self { enforcer, sessions, model, holds, expected, done: Done::default() };
        pair.swap(terms);
        pair
    }

    pub(super) fn step(&mut self, step: &Step) -> Checked {
        self.done.steps += 1;
        self.expected.clear();
        self.act(step)?;
        let told = self
            .enforcer
            .events()
            .filter(|event| [EventKind::Overrun, EventKind::Forfeited].contains(&event.kind()));
        let told: Vec<_> = told.map(|event| (event.kind(), event.amounts().to_vec())).collect();
        same("told", &told, &self.expected)
    }

    fn act(&mut self, step: &Step) -> Checked {
        match step {
            Step::Create(spec) => return self.create(None, spec, false),
            Step::Swap(terms) => {
                self.swap(terms);
                return Ok(());
            }
            Step::Sweep => return same("swept", &self.enforcer.sweep(), &self.model.sweep()),
            Step::CloseAgent(agent) => {
                self.enforcer.close_agent(AGENTS[*agent]);
                self.model.close_agent(*agent);
                return Ok(());
            }
            Step::Progress(hold, used) => {
                if let Some((hold, _, open)) = nth(&mut self.holds, *hold) {
                    hold.progress(usage(*used));
                    if let Some(open) = open {
                        open.said = Some(*used);
                    }
                }
                return Ok(());
            }
            Step::End(hold, end) => return self.end(*hold, *end),
            _ => {}
        }
        let (Step::Delegate(at, ..)
        | Step::Authorize(at, _)
        | Step::ById(at, _)
        | Step::Call(at, ..)
        | Step::Preview(at, ..)
        | Step::Batch(at, _)
        | Step::Admit(at, _)
        | Step::Reserve(at, ..)
        | Step::Record(at, _)
        | Step::TopUp(at, _)
        | Step::Pause(at)
        | Step::Resume(at)
        | Step::Close(at)) = *step
        else {
            return Ok(());
        };
        // What is recorded late is where it gets difficult.
        let late = if matches!(step, Step::Record(..)) { 2 } else { 8 };
        self.among(at, late).map_or(Ok(()), |at| self.act_on(at, step))
    }

    /// A session that has not ended, or once in `late` times one of the last, ended or not.
    fn among(&self, number: usize, late: usize) -> Option<usize> {
        let all = 0..self.sessions.len();
        let live: Vec<usize> = all.clone().filter(|&at| !self.model.sessions[at].has_ended()).collect();
        let last: Vec<usize> = all.rev().take(SESSIONS).collect();
        let among = if live.is_empty() || number.is_multiple_of(late) { last } else { live };
        among.get(number / 8 % among.len().max(1)).copied()
    }

    fn act_on(&mut self, at: usize, step: &Step) -> Checked {
        let (session, nothing) = (self.sessions[at].clone(), Used { units: [0; 5], input: 0 });
        match step {
            Step::Delegate(_, spec, carve) => self.create(Some(at), spec, *carve),
            Step::Authorize(_, tool) => {
                let modelled = self.model.call(at, &[tool], nothing, false);
                self.agree(session.authorize(tool).map(drop), &modelled)
            }
            Step::ById(_, tool) if !self.model.sessions[at].held => {
                let denied = self.enforcer.authorize(session.id(), session.agent(), tool);
                self.agree(denied.map(drop), &Err(vec![No::of(Reason::NotFound, None)]))
            }
            Step::ById(_, tool) => {
                let modelled = self.model.call(at, &[tool], nothing, false);
                let enforcer = self.enforcer.clone();
                self.agree(enforcer.authorize(session.id(), session.agent(), tool).map(drop), &modelled)
            }
            Step::Call(_, tool, used) => {
                let modelled = self.model.call(at, &[tool], *used, false);
                self.agree(session.authorize_call(Call::of(tool).usage(usage(*used))).map(drop), &modelled)
            }
            Step::Preview(_, tool, used) => {
                let modelled = self.model.call(at, &[tool], *used, true);
                self.agree(session.preview_call(Call::of(tool).usage(usage(*used))).map(drop), &modelled)
            }
            Step::Batch(_, tools) => {
                let modelled = self.model.call(at, tools, nothing, false);
                self.agree(session.authorize_batch(tools.iter().copied()).map(drop), &modelled)
            }
            Step::Admit(_, used) => {
                let modelled = self.model.call(at, &[], *used, false);
                self.agree(session.admit(usage(*used)).map(drop), &modelled)
            }
            Step::Reserve(_, wanted, least) => self.reserve(at, *wanted, *least),
            Step::Record(_, used) => {
                let overrun = self.model.record(at, *used);
                self.tell(overrun, EventKind::Overrun, self.model.weighed(*used));
                same("overrun", &session.record(usage(*used)), &overrun)
            }
            Step::TopUp(_, by) => {
                let [calls, steps, discovered_steps, tokens, cost] = *by;
                let by = TopUp {
                    calls,
                    steps,
                    discovered_steps,
                    tokens,
                    cost: NanoUsd::new(cost),
                    time: Nanos::ZERO,
                };
                let modelled = self.model.top_up(at, [calls, steps, discovered_steps, tokens, cost]);
                self.made(session.top_up(by), modelled)
            }
            Step::Pause(_) => {
                same("pause", &session.pause().map_err(|no| no.reason()), &self.model.hold(at, true))
            }
            Step::Resume(_) => {
                same("resume", &session.resume().map_err(|no| no.reason()), &self.model.hold(at, false))
            }
            Step::Close(_) => {
                let modelled = self.model.close(at).map(|()| self.model.spent()[at][0]);
                same("close", &session.close().map(|it| it.calls.spent).map_err(|no| no.reason()), &modelled)
            }
            _ => Ok(()),
        }
    }

    fn create(&mut self, parent: Option<usize>, spec: &Spec, carve: bool) -> Checked {
        let deep = parent.is_some_and(|parent| self.model.path(parent).len() >= DEEPEST);
        let carve = carve && spec.limits.iter().any(Option::is_some);
        if deep || self.model.sessions.iter().filter(|session| !session.has_ended()).count() >= SESSIONS {
            return Ok(());
        }
        let setting = |limit: Option<u64>, none: Setting<u64>| limit.map_or(none, Setting::At);
        // The policy's default of calls is for those that nobody delegated.
        let none = if parent.is_some() { Setting::Inherit } else { Setting::Unlimited };
        let [calls, steps, discovered, tokens, cost] = spec.limits;
        let mut asked = SessionSpec::new(AGENTS[spec.agent])
            .tools(["read"].into_iter().chain(spec.heavy.then_some("heavy")))
            .tool("send", spec.cap)
            .calls(setting(calls, none))
            .steps(setting(steps, Setting::Inherit))
            .discovered_steps(setting(discovered, Setting::Inherit))
            .tokens(setting(tokens, Setting::Inherit))
            .carve_out(carve);
        if let Some(cost) = cost {
            asked = asked.cost(NanoUsd::new(cost));
        }
        let tenant = parent.map_or(spec.tenant, |parent| self.model.sessions[parent].tenant);
        if tenant {
            asked = asked.tenant("t");
        }
        let modelled = self.model.create(Modelled {
            agent: spec.agent,
            tenant,
            parent,
            limits: spec.limits,
            carved: spec.limits.map(|limit| carve && limit.is_some()),
            cap: spec.cap,
            heavy: spec.heavy,
            standing: Standing::Active,
            denied: 0,
            held: true,
        });
        let made = match parent {
            Some(parent) => self.sessions[parent].delegate(asked),
            None => self.enforcer.create(asked),
        };
        self.done.carved += u64::from(carve && made.is_ok());
        let made = made.map(|session| self.sessions.push(session));
        self.made(made, modelled)
    }

    fn reserve(&mut self, at: usize, wanted: Used, least: Option<Used>) -> Checked {
        let session = self.sessions[at].clone();
        let modelled = self.model.reserve(at, wanted, least.unwrap_or(wanted));
        let seen = match least {
            Some(least) => session.reserve_at_least(usage(wanted), usage(least)),
            None => session.reserve(usage(wanted)),
        };
        match (seen, modelled) {
            (Ok(hold), Ok((line, granted))) => {
                same("granted", &amounts(hold.granted()), &granted)?;
                self.done.partial += u64::from(granted != self.model.weighed(wanted));
                self.holds.push((hold, line, Some(Open { granted, said: None })));
                Ok(())
            }
            (seen, modelled) => self.agree(seen.map(drop), &modelled.map(drop)),
        }
    }

    fn end(&mut self, number: usize, end: End) -> Checked {
        let Some((hold, line, open)) = nth(&mut self.holds, number) else { return Ok(()) };
        let line = *line;
        let Some(Open { granted, said }) = open.take() else {
            // Whatever comes after the end is an error and changes nothing.
            let (settled, released) = (hold.settle(Usage::tokens(7)), hold.release());
            let unended = settled.is_ok() || released.is_ok() || hold.forfeit().is_some();
            let at = number % self.holds.len();
            drop(self.holds.swap_remove(at));
            return same("ended twice", &unended, &false);
        };
        let model = &self.model;
        let unsaid = if model.rules.releases { [0; 5] } else { granted };
        let said = said.map_or(unsaid, |said| model.weighed(said));
        let (actual, vanishes) = match end {
            End::Settle(used) => (model.weighed(used), false),
            End::Exactly => (granted, false),
            End::Release => ([0; 5], false),
            End::Forfeit | End::Drop => (said, true),
        };
        let overrun = self.model.settle(line, actual);
        let settled = match end {
            End::Settle(used) => Some(hold.settle(usage(used)).map_err(|error| error.to_string())?),
            End::Exactly => Some(hold.settle(of_amounts(granted)).map_err(|error| error.to_string())?),
            End::Forfeit => Some(hold.forfeit().ok_or("had ended")?),
            End::Release => hold.release().map(|()| None).map_err(|error| error.to_string())?,
            End::Drop => {
                let at = number % self.holds.len();
                drop(self.holds.swap_remove(at));
                None
            }
        };
        self.done.settled += 1;
        self.tell(overrun, EventKind::Overrun, actual);
        self.tell(vanishes, EventKind::Forfeited, actual);
        match settled {
            Some(settled) => {
                same("settled", &(amounts(settled.charged), settled.overrun), &(actual, overrun))
            }
            None => Ok(()),
        }
    }

    fn tell(&mut self, is: bool, kind: EventKind, amounts: Amounts) {
        if is {
            let amounts = METERED.into_iter().zip(amounts).filter(|&(_, amount)| amount > 0).collect();
            self.expected.push((kind, amounts));
            self.done.overruns += u64::from(kind == EventKind::Overrun);
        }
    }

    fn swap(&mut self, terms: &Terms) {
        let spent = ledger::of_parties(&self.model.lines);
        let budget = |party: usize, r: usize| {
            terms.left[party][r].map(|left| (spent[party][r] + left).saturating_sub(30))
        };
        let budgets: [[Option<u64>; 5]; PARTIES] =
            std::array::from_fn(|party| std::array::from_fn(|r| budget(party, r)));
        let Terms { max_sessions, weight, thousandths, pauses, releases, .. } = *terms;
        self.model.rules = Rules { budgets, max_sessions, weight, thousandths, pauses, releases };
        self.enforcer.set_policy(policy(&self.model.rules).unwrap());
    }

    fn made(&mut self, made: Result<(), CreateError>, modelled: Result<(), NotMade>) -> Checked {
        match (made, modelled) {
            (Err(CreateError::Denied(denial)), Err(NotMade::Denied(nos))) => {
                self.agree(Err(denial), &Err(nos))
            }
            (Ok(()), Ok(())) | (Err(CreateError::Invalid(_)), Err(NotMade::Invalid)) => Ok(()),
            (made, modelled) => Err(format!("made: {made:?} for {modelled:?}")),
        }
    }

    fn agree(&mut self, seen: Result<(), Denial>, modelled: &Result<(), Nos>) -> Checked {
        let seen = seen.map_err(|denial| self.said(&denial));
        *if seen.is_ok() { &mut self.done.admitted } else { &mut self.done.refused } += 1;
        match (&seen, modelled) {
            (Ok(()), Ok(())) => Ok(()),
            (Err(no), Err(nos)) if nos.contains(no) => Ok(()),
            _ => Err(format!("decided: {seen:?} for {modelled:?}")),
        }
    }

    fn said(&self, denial: &Denial) -> No {
        let ancestor =
            denial.ancestor().and_then(|id| self.sessions.iter().position(|session| session.id() == id));
        let party =
            denial.party().map(|name| AGENTS.iter().position(|&agent| agent == name).unwrap_or(TENANT));
        let figures = denial.resource().zip(denial.limit()).zip(denial.used().zip(denial.requested()));
        No {
            reason: denial.reason(),
            scope: denial.scope(),
            whose: ancestor.or(party),
            figures: figures.map(|((resource, limit), (used, requested))| (resource, limit, used, requested)),
        }
    }
}

fn nth<T>(of: &mut [T], number: usize) -> Option<&mut T> {
    let count = of.len().max(1);
    of.get_mut(number % count)
}
