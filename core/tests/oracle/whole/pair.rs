//! The product beside the model: each step is done to both, and they have to say the same.

use allotment::{
    Call, Denial, Descent, Enforcer, EventKind, Grant, ManualClock, NanoUsd, Nanos, Reservation,
    ResourceSnapshot, Session, TopUp,
};
use proptest_state_machine::StateMachineTest;

use super::machine::Machine;
use super::model::{METERED, Model};
use super::said::Said;
use super::steps::{End, Step};
use super::words::{NAMES, amounts, asked, enforcer, granted, made, no, policy, usage};

pub(crate) struct Pair {
    clock: ManualClock,
    enforcer: Enforcer,
    sessions: Vec<Session>,
    holds: Vec<Option<Reservation>>,
    levels: Vec<Option<Descent>>,
}

impl StateMachineTest for Pair {
    type SystemUnderTest = Self;
    type Reference = Machine;

    fn init_test(model: &Model) -> Self {
        let clock = ManualClock::new();
        let enforcer = enforcer(model, &clock);
        Self { clock, enforcer, sessions: Vec::new(), holds: Vec::new(), levels: Vec::new() }
    }

    fn apply(mut pair: Self, model: &Model, step: Step) -> Self {
        let said = pair.step(model, &step);
        match (&said, &model.said) {
            (_, Said::Any) => {}
            (Said::Denied(nos), Said::Denied(modelled)) if modelled.contains(&nos[0]) => {}
            (said, modelled) => assert_eq!(said, modelled, "what is said of {step:?}"),
        }
        let (mut told, mut modelled) = ([0; EventKind::ALL.len()], model.told);
        pair.enforcer.events().for_each(|event| told[event.kind() as usize] += 1);
        // A budget of no calls is low before anything is spent; whether that is told of is open.
        // And who was forgotten may be told of again.
        let of = model.picked.filter(|&at| at < model.sessions.len() && !matches!(step, Step::End(..)));
        if model.forgets || of.is_some_and(|at| model.sessions[at].limits[0] == Some(0)) {
            modelled[EventKind::Warning as usize] = told[EventKind::Warning as usize];
        }
        assert_eq!(told, modelled, "events of {step:?} by kind, as in {:?}", EventKind::ALL);
        pair
    }

    fn check_invariants(pair: &Self, model: &Model) {
        pair.check(model);
    }
}

impl Pair {
    fn step(&mut self, model: &Model, step: &Step) -> Said {
        match step {
            Step::Create(spec) => {
                let made = made(self.enforcer.create(asked(spec, false)), &self.sessions);
                return self.keep(made);
            }
            Step::CloseAgent(agent) => return Said::Count(self.enforcer.close_agent(NAMES[*agent])),
            Step::Count(agent) => return Said::Count(self.enforcer.active_sessions(NAMES[*agent])),
            Step::Sweep => return Said::Count(self.enforcer.sweep()),
            Step::Swap(_) => self.enforcer.set_policy(policy(model)),
            Step::Advance(by) => self.clock.advance(Nanos::new(*by)),
            _ => return model.picked.map_or(Said::Nothing, |at| self.step_at(model, at, step)),
        }
        Said::Nothing
    }

    fn keep(&mut self, made: Result<Session, Said>) -> Said {
        made.map_or_else(
            |said| said,
            |session| {
                self.sessions.push(session);
                Said::Nothing
            },
        )
    }

    fn decided(&self, decided: &Result<Grant<'_>, Denial>, at: usize) -> Said {
        match decided {
            Ok(grant) => Said::Granted(granted(grant)),
            Err(denial) => {
                assert_eq!(denial.session(), Some(self.sessions[at].id()), "the session of a denial");
                Said::Denied(vec![no(denial, &self.sessions)])
            }
        }
    }

    fn step_at(&mut self, model: &Model, at: usize, step: &Step) -> Said {
        match step {
            Step::Progress(_, used) => {
                if let Some(hold) = &self.holds[at] {
                    hold.progress(usage(*used));
                }
                return Said::Nothing;
            }
            Step::End(_, end) => return self.end(at, *end),
            Step::Leave(_) => return Said::Is(self.levels[at].take().is_some_and(|level| level.leave())),
            _ => {}
        }
        let session = self.sessions[at].clone();
        let denied = |denial: Denial| Said::Denied(vec![no(&denial, &self.sessions)]);
        let nothing = |done: Result<(), Denial>| done.map_or_else(denied, |()| Said::Nothing);
        match step {
            Step::Delegate(..) if model.said == Said::Any => Said::Any,
            Step::Delegate(_, spec) => {
                let made = made(session.delegate(asked(spec, true)), &self.sessions);
                self.keep(made)
            }
            Step::Authorize(_, tool) => self.decided(&session.authorize(tool), at),
            Step::ById(_, agent, tool) => {
                self.decided(&self.enforcer.authorize(session.id(), NAMES[*agent], tool), at)
            }
            Step::Call(_, tool, used, arguments) => {
                let call = Call::of(tool).usage(usage(*used));
                let call = arguments.map_or(call, |arguments| call.arguments(arguments));
                self.decided(&session.authorize_call(call), at)
            }
            Step::Batch(_, tools) => self.decided(&session.authorize_batch(tools.iter().copied()), at),
            Step::Admit(_, used) => self.decided(&session.admit(usage(*used)), at),
            Step::Preview(_, tool, used) => {
                self.decided(&session.preview_call(Call::of(tool).usage(usage(*used))), at)
            }
            Step::Reserve(_, wanted, least) => {
                let least = least.unwrap_or(*wanted);
                match session.reserve_at_least(usage(*wanted), usage(least)) {
                    Ok(hold) => {
                        let granted = amounts(hold.granted());
                        self.holds.push(Some(hold));
                        Said::Reserved(granted)
                    }
                    Err(denial) => denied(denial),
                }
            }
            Step::Record(_, used) => Said::Is(session.record(usage(*used))),
            Step::TopUp(_, [calls, steps, discovered_steps, tokens, cost], seconds) => {
                let (cost, time) = (NanoUsd::new(*cost), Nanos::from_secs(*seconds));
                let (calls, steps, discovered_steps, tokens) = (*calls, *steps, *discovered_steps, *tokens);
                let by = TopUp { calls, steps, discovered_steps, tokens, cost, time };
                made(session.top_up(by), &self.sessions).map_or_else(|said| said, |()| Said::Nothing)
            }
            Step::Pause(_) => nothing(session.pause()),
            Step::Resume(_) => nothing(session.resume()),
            Step::Close(_) => session.close().map_or_else(denied, |summary| Said::Closed {
                calls: summary.calls.spent,
                time_used: summary.time_used.get(),
                time_limit: summary.time_limit.get(),
                denied: summary.denied,
                drifts: summary.drifts,
            }),
            Step::Descend(_) => match session.descend() {
                Ok(level) => {
                    let deep = level.level();
                    self.levels.push(Some(level));
                    Said::Level(deep)
                }
                Err(denial) => denied(denial),
            },
            Step::Memory(_, bytes) => Said::Is(session.observe_memory(*bytes)),
            _ => Said::Nothing,
        }
    }

    fn end(&mut self, at: usize, end: End) -> Said {
        let Some(hold) = &self.holds[at] else { return Said::Invalid };
        let settled = match end {
            End::Settle(actual) => hold.settle(usage(actual)).ok(),
            End::Exactly => hold.settle(hold.granted()).ok(),
            End::Forfeit => hold.forfeit(),
            End::Release => return hold.release().map_or(Said::Invalid, |()| Said::Nothing),
            End::Drop => {
                let ended = hold.has_ended();
                self.holds[at] = None;
                return if ended { Said::Invalid } else { Said::Nothing };
            }
        };
        settled.map_or(Said::Invalid, |settled| Said::Settled {
            charged: amounts(settled.charged),
            overrun: settled.overrun,
        })
    }

    /// Everything that can be read is as the model has it.
    fn check(&self, model: &Model) {
        let stats = self.enforcer.stats();
        assert_eq!(stats.sessions, model.held(), "sessions held");
        for (at, session) in self.sessions.iter().enumerate().filter(|&(at, _)| model.sessions[at].held) {
            assert!(self.enforcer.get(session.id()).is_ok(), "session {at} is held");
            check_session(model, at, session);
        }
        // The last that was swept can still be read.
        if let Some(at) = (0..self.sessions.len()).rev().find(|&at| !model.sessions[at].held) {
            assert!(self.enforcer.get(self.sessions[at].id()).is_err(), "session {at} was swept");
            check_session(model, at, &self.sessions[at]);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "timestamps for people")]
fn check_session(model: &Model, at: usize, session: &Session) {
    let (seen, modelled, status) = (session.snapshot(), &model.sessions[at], model.status(at));
    let left = if status.is_terminal() { 0 } else { modelled.up_at.saturating_sub(model.now) };
    assert_eq!(session.status(), status, "status of {at}");
    assert_eq!(session.time_left().get(), left, "time left of {at}");
    let figures = |it: &ResourceSnapshot| (it.spent, it.reserved, it.limit, it.remaining);
    let seen_of = [&seen.calls, &seen.steps, &seen.discovered_steps, &seen.tokens, &seen.cost].map(figures);
    for r in 0..5 {
        let (spent, limit) = (model.spent(at, r), modelled.limits[r]);
        let left = limit.map(|limit| limit.saturating_sub(spent));
        let figures = (spent, model.reserved(at, r), limit, left);
        assert_eq!(seen_of[r], figures, "{} of {at}: spent, reserved, limit, remaining", METERED[r]);
    }
    let is_active = status == allotment::Status::Active
        && modelled.limits[0].is_none_or(|limit| model.spent(at, 0) < limit);
    let sends = modelled.cap.map(|cap| (modelled.sends, cap));
    let last = modelled.watch.map(|_| modelled.last_activity as f64 / 1e9);
    let mut low = model.low_first(at);
    low.extend(model.low_own(at));
    if status.is_terminal() {
        // Nothing is left of the time of one that has ended.
        low.retain(|low| low.1 != allotment::Resource::Time);
        low.push((
            allotment::Scope::Session,
            allotment::Resource::Time,
            0,
            modelled.up_at - modelled.created,
        ));
    }
    assert_eq!(
        (seen.active, seen.denied, seen.drifts, seen.tools["send"].map(|tool| (tool.spent, tool.limit))),
        (is_active, modelled.denied, modelled.drifts, sends),
        "active, denied, drifts, sends of {at}"
    );
    assert_eq!(
        (
            (seen.depth.current, seen.depth.deepest),
            seen.memory.observed,
            seen.last_activity,
            seen.warnings.len()
        ),
        ((modelled.depth, modelled.deepest), modelled.memory, last, low.len()),
        "depth, memory, activity, warnings of {at}: {:?}",
        seen.warnings
    );
}
