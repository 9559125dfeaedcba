//! Random histories of one thread against the model: every answer, every status, every count.

use core::time::Duration;

use allotment::{
    CreateError, Denial, Enforcer, Grant, Limits, ManualClock, Nanos, PartyLimits, Policy, Rate, Reason,
    Session, SessionSpec, Setting, Status, Usage,
};
use proptest::prelude::*;

use crate::cases;
use crate::model::{Call, Meter, Model, No, Party, Session as Modelled, Standing};

/// What a swap can change of agent 0 and tenant 0: their cap of sessions, their budgets, and whether they have a rate.
#[derive(Debug, Clone)]
struct Terms {
    max_sessions: u64,
    calls: u64,
    tokens: u64,
    lifted: bool,
}

#[derive(Debug, Clone)]
struct Spec {
    agent: usize,
    tenant: Option<usize>,
    calls: Option<u64>,
    tokens: Option<u64>,
    rate: Option<Rate>,
    cap: Option<u64>,
    seconds: u64,
}

/// Sessions are numbers modulo how many there are.
#[derive(Debug, Clone)]
enum Step {
    Create(Spec),
    Call { session: usize, caller: Option<usize>, call: Call },
    Preview(usize, &'static str),
    Pause(usize),
    Resume(usize),
    Close(usize),
    CloseAgent(usize),
    Count(usize),
    Sweep,
    Advance(u64),
    Swap([Terms; 2]),
}

const AGENTS: [&str; 3] = ["a0", "a1", "a2"];
const TENANTS: [&str; 2] = ["t0", "t1"];
const TOOLS: [&str; 3] = ["read", "send", "drop"];

fn rate() -> impl Strategy<Value = Rate> {
    (0..6u64, 1..40u64, prop_oneof![Just(1.0), 0.3..3.0f64]).prop_map(|(limit, seconds, burst)| {
        Rate::new(limit, Duration::from_secs(seconds)).and_then(|r| r.with_burst(burst)).unwrap()
    })
}

fn terms() -> impl Strategy<Value = Terms> {
    (0..5u64, 0..40u64, 0..300u64, any::<bool>()).prop_map(|(max_sessions, calls, tokens, lifted)| Terms {
        max_sessions,
        calls,
        tokens,
        lifted,
    })
}

fn spec() -> impl Strategy<Value = Spec> {
    let limits = (
        prop::option::of(0..12u64),
        prop::option::of(0..100u64),
        prop::option::of(rate()),
        prop::option::of(0..4u64),
    );
    (0..3usize, prop::option::of(0..2usize), limits, 1..60u64).prop_map(
        |(agent, tenant, (calls, tokens, rate, cap), seconds)| Spec {
            agent,
            tenant,
            calls,
            tokens,
            rate,
            cap,
            seconds,
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    let tool = prop_oneof![6 => Just(TOOLS[0]), 3 => Just(TOOLS[1]), 1 => Just(TOOLS[2])];
    let batch = prop::collection::vec(tool.clone(), 0..6).prop_map(|tools| Call { tools, tokens: 0 });
    let priced = (tool, 0..30u64).prop_map(|(tool, tokens)| Call { tools: vec![tool], tokens });
    prop_oneof![batch, priced]
}

fn step() -> impl Strategy<Value = Step> {
    let session = || any::<prop::sample::Index>().prop_map(|index| index.index(1 << 16));
    let gap = prop_oneof![Just(0u64), 0..3_000_000_000u64, 0..30_000_000_000u64];
    let caller = prop::option::of(0..3usize);
    prop_oneof![
        5 => spec().prop_map(Step::Create),
        24 => (session(), caller, call()).prop_map(|(session, caller, call)| Step::Call { session, caller, call }),
        3 => (session(), prop::sample::select(&TOOLS[..])).prop_map(|(session, tool)| Step::Preview(session, tool)),
        2 => session().prop_map(Step::Pause),
        3 => session().prop_map(Step::Resume),
        2 => session().prop_map(Step::Close),
        1 => (0..3usize).prop_map(Step::CloseAgent),
        1 => (0..3usize).prop_map(Step::Count),
        2 => Just(Step::Sweep),
        8 => gap.prop_map(Step::Advance),
        2 => [terms(), terms()].prop_map(Step::Swap),
    ]
}

/// The rates of agents 0 and 1 and of tenants 0 and 1; agent 2 has no limits but the default cap.
type PartyRates = [Rate; 4];

fn policy([agent, tenant]: &[Terms; 2], rates: &PartyRates) -> Policy {
    let changing = |terms: &Terms, rate: Rate| PartyLimits {
        max_sessions: Some(terms.max_sessions),
        limits: Limits {
            calls: Some(terms.calls),
            tokens: Some(terms.tokens),
            rate: (!terms.lifted).then_some(rate),
            ..Limits::default()
        },
    };
    let steady = |rate| PartyLimits {
        limits: Limits { rate: Some(rate), ..Limits::default() },
        ..PartyLimits::default()
    };
    let agents = Policy::default().with_agent("a0", changing(agent, rates[0]));
    let agents = agents.and_then(|policy| policy.with_agent("a1", steady(rates[1]))).unwrap();
    let tenants = agents.with_tenant("t0", changing(tenant, rates[2]));
    tenants.and_then(|policy| policy.with_tenant("t1", steady(rates[3]))).unwrap()
}

/// The enforcer and the model, side by side.
struct Pair {
    clock: ManualClock,
    enforcer: Enforcer,
    sessions: Vec<Session>,
    model: Model,
    rates: PartyRates,
}

type Checked = Result<(), TestCaseError>;

impl Pair {
    fn new(terms: &[Terms; 2], rates: PartyRates) -> Self {
        let clock = ManualClock::new();
        let enforcer =
            Enforcer::builder().policy(policy(terms, &rates)).clock(clock.clone()).build().unwrap();
        let limited =
            |rate, max_sessions| Party { max_sessions, calls: Meter::new(None, rate), ..Party::default() };
        let agents =
            vec![limited(Some(rates[0]), None), limited(Some(rates[1]), Some(10)), limited(None, Some(10))];
        let tenants = vec![limited(Some(rates[2]), None), limited(Some(rates[3]), None)];
        let model = Model { now: 0, agents, tenants, sessions: Vec::new() };
        let mut pair = Self { clock, enforcer, sessions: Vec::new(), model, rates };
        pair.follow(terms);
        pair
    }

    /// The model under `terms`.
    fn follow(&mut self, [agent, tenant]: &[Terms; 2]) {
        for (party, terms) in [(&mut self.model.agents[0], agent), (&mut self.model.tenants[0], tenant)] {
            party.max_sessions = Some(terms.max_sessions);
            party.calls.budget = Some(terms.calls);
            party.calls.lifted = terms.lifted;
            party.tokens.budget = Some(terms.tokens);
        }
    }

    fn step(&mut self, step: Step) -> Checked {
        let among =
            |session: usize| Some(session % self.sessions.len().max(1)).filter(|_| !self.sessions.is_empty());
        match step {
            Step::Create(spec) => return self.create(&spec),
            Step::Call { session, caller, call } => {
                return among(session).map_or(Ok(()), |at| self.call(at, caller, &call));
            }
            Step::Preview(session, tool) => {
                let Some(at) = among(session) else { return Ok(()) };
                let call = Call { tools: vec![tool], tokens: 0 };
                let expected = self.model.clone().call(at, None, &call);
                let preview = self.sessions[at].preview(tool);
                self.agree(at, expected.map(drop), preview.map(drop))?;
            }
            Step::Pause(session) | Step::Resume(session) => {
                let Some(at) = among(session) else { return Ok(()) };
                let pause = matches!(step, Step::Pause(_));
                let done = if pause { self.sessions[at].pause() } else { self.sessions[at].resume() };
                prop_assert_eq!(done.map_err(|d| d.reason()), self.model.hold(at, pause));
            }
            Step::Close(session) => {
                let Some(at) = among(session) else { return Ok(()) };
                let done = self.sessions[at].close().map(|summary| (summary.calls.spent, summary.denied));
                prop_assert_eq!(done.map_err(|d| d.reason()), self.model.close(at));
            }
            Step::CloseAgent(agent) => {
                prop_assert_eq!(self.enforcer.close_agent(AGENTS[agent]), self.model.close_agent(agent));
            }
            Step::Count(agent) => {
                prop_assert_eq!(
                    self.enforcer.active_sessions(AGENTS[agent]),
                    self.model.active_sessions(agent)
                );
            }
            Step::Sweep => prop_assert_eq!(self.enforcer.sweep(), self.model.sweep()),
            Step::Advance(gap) => {
                self.clock.advance(Nanos::new(gap));
                self.model.now += gap;
            }
            Step::Swap(terms) => {
                self.enforcer.set_policy(policy(&terms, &self.rates));
                self.follow(&terms);
            }
        }
        Ok(())
    }

    fn create(&mut self, spec: &Spec) -> Checked {
        let limit = |limit: Option<u64>| limit.map_or(Setting::Unlimited, Setting::At);
        let mut asked = SessionSpec::new(AGENTS[spec.agent])
            .tools(["read"])
            .tool("send", spec.cap)
            .calls(limit(spec.calls))
            .tokens(limit(spec.tokens))
            .rate(spec.rate.map_or(Setting::Unlimited, Setting::At))
            .time_limit(Nanos::from_secs(spec.seconds));
        if let Some(tenant) = spec.tenant {
            asked = asked.tenant(TENANTS[tenant]);
        }
        let expected = self.model.create(Modelled {
            agent: spec.agent,
            tenant: spec.tenant,
            standing: Standing::Active,
            deadline: self.model.now + spec.seconds * 1_000_000_000,
            calls: Meter::new(spec.calls, spec.rate),
            tokens: Meter::new(spec.tokens, None),
            cap: spec.cap.map(|cap| Meter::new(Some(cap), None)),
            denied: 0,
            held: true,
        });
        match self.enforcer.create(asked) {
            Ok(session) => {
                prop_assert_eq!(expected, Ok(()));
                self.sessions.push(session);
            }
            Err(CreateError::Denied(denial)) => prop_assert_eq!(expected, Err(said(&denial))),
            Err(CreateError::Invalid(error)) => prop_assert!(false, "{}", error),
        }
        Ok(())
    }

    fn call(&mut self, at: usize, caller: Option<usize>, call: &Call) -> Checked {
        let expected = self.model.call(at, caller, call);
        let (session, id) = (&self.sessions[at], self.sessions[at].id());
        let usage = Usage::tokens(call.tokens);
        let decided = match (caller.map(|caller| AGENTS[caller]), call.tools.as_slice(), call.tokens) {
            (None, [tool], 0) => session.authorize(tool),
            (None, [tool], _) => session.authorize_with(tool, usage),
            (None, tools, _) => session.authorize_batch(tools.iter().copied()),
            (Some(agent), [tool], 0) => self.enforcer.authorize(id, agent, tool),
            (Some(agent), [tool], _) => self.enforcer.authorize_with(id, agent, tool, usage),
            (Some(agent), tools, _) => self.enforcer.authorize_batch(id, agent, tools.iter().copied()),
        };
        if let Ok(grant) = &decided {
            self.shows(at, grant)?;
        }
        self.agree(at, expected, decided.map(|grant| grant.calls().spent))
    }

    /// What a grant says is what the model has.
    fn shows(&self, at: usize, grant: &Grant<'_>) -> Checked {
        let session = &self.model.sessions[at];
        prop_assert_eq!(
            grant.remaining(),
            session.calls.budget.map(|budget| budget.saturating_sub(session.calls.spent))
        );
        prop_assert_eq!(grant.time_left(), Nanos::new(session.deadline.saturating_sub(self.model.now)));
        Ok(())
    }

    fn agree<T: PartialEq + core::fmt::Debug>(
        &self,
        at: usize,
        expected: Result<T, No>,
        seen: Result<T, Denial>,
    ) -> Checked {
        let seen = seen.map_err(|denial| said(&denial));
        let paused = self.model.sessions[at].standing == Standing::Paused;
        let either = paused && matches!(&seen, Err(no) if no.reason == Reason::Paused);
        if !(either && matches!(&expected, Err(no) if no.reason == Reason::Expired)) {
            prop_assert_eq!(seen, expected);
        }
        Ok(())
    }

    /// Everything that can be read is as the model has it.
    fn check(&self) -> Checked {
        prop_assert_eq!(self.enforcer.stats().sessions, self.model.held());
        for (at, session) in self.sessions.iter().enumerate() {
            let modelled = &self.model.sessions[at];
            let status = match self.model.standing(at) {
                Standing::Active => Status::Active,
                Standing::Paused => Status::Paused,
                Standing::Expired => Status::Expired,
                Standing::Closed => Status::Closed,
            };
            let either = modelled.standing == Standing::Paused && session.status() == Status::Paused;
            prop_assert!(session.status() == status || either, "{} for {status}", session.status());
            let seen = session.snapshot();
            let figures = (seen.calls.spent, seen.tokens.spent, seen.denied);
            prop_assert_eq!(
                figures,
                (modelled.calls.spent, modelled.tokens.spent, modelled.denied),
                "session {}",
                at
            );
            prop_assert_eq!(
                seen.tools["send"].map(|tool| tool.spent),
                modelled.cap.as_ref().map(|cap| cap.spent)
            );
            prop_assert_eq!(self.enforcer.get(session.id()).is_ok(), modelled.held);
        }
        Ok(())
    }
}

fn said(denial: &Denial) -> No {
    let figures = denial.requested().and(denial.limit()).zip(denial.used()).zip(denial.requested());
    No {
        reason: denial.reason(),
        scope: denial.scope(),
        resource: denial.resource(),
        figures: figures.map(|((limit, used), requested)| (limit, used, requested)),
        retry_after: denial.retry_after(),
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    // D5, D14, G6
    fn d5_d14_g6_every_answer_of_a_random_history_is_the_models(
        terms in [terms(), terms()],
        rates in [rate(), rate(), rate(), rate()],
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut pair = Pair::new(&terms, rates);
        for (count, step) in steps.into_iter().enumerate() {
            // A stranger's call on a session that has ended is counted or not; the contract test has an opinion.
            let stranger = |session: usize, caller: usize| {
                let at = session % pair.sessions.len().max(1);
                !pair.sessions.is_empty() && pair.model.sessions[at].agent != caller && pair.model.standing(at) != Standing::Active
            };
            if matches!(step, Step::Call { session, caller: Some(caller), .. } if stranger(session, caller)) {
                continue;
            }
            pair.step(step)?;
            if count % 8 == 0 {
                pair.check()?;
            }
        }
        pair.check()?;
    }
}
