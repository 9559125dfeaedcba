//! Sessions without a store: what the enforcer does with the meters of a session, of those it was delegated from, and of
//! accounts beside them.

use super::Latch;
use crate::account::{Account, Allowance, Resources};
use crate::admission::{Chain, Refusal};
use crate::carve;
use crate::meter::Lack;
use crate::policy::{Execution, Limits};
use crate::reservation::Receipt;
use crate::session::{Bounds, Demand, Ended, Identity, SessionState, charge_outer};
use crate::tools::ToolSet;
use crate::units::{MAX_COUNT, NanoUsd, Nanos, Resource, Scope, Sensitivity, SessionId, Status, Usage};

/// How an admission ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was debited.
    Admitted,
    /// A budget does not cover it, says the account of this scope.
    Exhausted(Scope),
    /// A rate does not cover it now.
    Limited(Scope),
    /// The session is not active.
    Shut(Status),
    /// Others were in the way.
    Contended,
}

/// Limits on calls, steps and tokens.
#[must_use]
pub fn budgets(calls: Option<u64>, tokens: Option<u64>) -> Limits {
    Limits { calls, tokens, ..Limits::default() }
}

/// An agent's or a tenant's account.
#[derive(Debug)]
pub struct Outer {
    account: Account,
    allowance: Allowance,
    scope: Scope,
}

impl Outer {
    /// An account of `scope` held to `limits`.
    #[must_use]
    pub fn new(scope: Scope, limits: &Limits) -> Self {
        let account = Account::default();
        // Made here, in one thread: loom does not know `OnceLock`.
        account.meter(Resource::Tokens);
        Self { account, allowance: Allowance::new(limits).unwrap_or_default(), scope }
    }

    /// Calls spent, and admissions under way.
    #[must_use]
    pub fn calls(&self) -> (u64, u64) {
        let word = self.account.peek(Resource::Calls);
        (word.spent(), word.holds())
    }

    /// Tokens spent.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.account.peek(Resource::Tokens).spent()
    }
}

/// An estimate that was admitted: what every account was debited, by its place on the path.
#[derive(Debug)]
pub struct Reserved {
    held: Vec<(usize, Receipt)>,
    granted: Usage,
    ended: Latch,
}

impl Reserved {
    /// How many tokens were granted.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.granted.tokens
    }
}

/// A session without a store. `ancestors` are those it was delegated from, nearest first; `outer` stands in naming order.
#[derive(Debug)]
pub struct Session(SessionState);

impl Session {
    /// A session held to `limits`, which expires at `deadline`, with one tool, `t`, with `cap`.
    #[must_use]
    pub fn new(limits: &Limits, deadline: u64, cap: Option<u64>) -> Self {
        Self::bound(limits, deadline, cap, Resources::default(), Execution::DISABLED)
    }

    /// The same without limits, but for the cost from which on nothing is admitted.
    #[must_use]
    pub fn with_threshold(cost: u64) -> Self {
        let execution = Execution { cost: Some(NanoUsd::new(cost)), ..Execution::DISABLED };
        Self::bound(&Limits::default(), u64::MAX, None, Resources::default(), execution)
    }

    /// A session whose budget, `tokens`, is carved out of this one's.
    ///
    /// # Panics
    /// Where this one does not have as much.
    #[must_use]
    pub fn carve_out(&self, tokens: u64) -> Self {
        let budget = Demand::handed_over(0, Usage::tokens(tokens));
        let mut chain = self.chain(&[], &budget, &[]);
        assert_eq!(chain.admit(&|| Nanos::ZERO), Ok(()), "the parent does not have {tokens} tokens");
        let carved = Resources::default().with(Resource::Tokens);
        Self::bound(&budgets(None, Some(tokens)), u64::MAX, None, carved, Execution::DISABLED)
    }

    fn bound(
        limits: &Limits,
        deadline: u64,
        cap: Option<u64>,
        carved: Resources,
        execution: Execution,
    ) -> Self {
        let identity = Identity {
            id: SessionId::from(uuid::Uuid::nil()),
            intent: None,
            tier: crate::intent::Tier::Unknown,
            sensitivity: Sensitivity::Internal,
            air_gap: false,
            carved,
        };
        let tools = ToolSet::new([("t", cap)], false).unwrap_or_else(|_| unreachable!("a valid name"));
        let allowance = Allowance::new(limits).unwrap_or_default();
        let [created_at, grace] = [Nanos::ZERO; 2];
        let bounds = Bounds { created_at, time_limit: Nanos::new(deadline), grace, allowance, execution };
        let state = SessionState::new(identity, bounds, tools.into());
        // The meters that come into being on first use do so here, in one thread: loom does not know `OnceLock`.
        state.account().meter(Resource::Tokens);
        Self(state)
    }

    fn lineage<'a>(&'a self, ancestors: &'a [&'a Self]) -> impl Iterator<Item = &'a SessionState> + Clone {
        std::iter::once(&self.0).chain(ancestors.iter().map(|ancestor| &ancestor.0))
    }

    /// The charges of `demand`, in naming order.
    fn chain<'a>(&'a self, ancestors: &'a [&'a Self], demand: &Demand, outer: &'a [&'a Outer]) -> Chain<'a> {
        let mut chain = Chain::new(Nanos::ZERO);
        let mut handed = Resources::default();
        for (owner, session) in self.lineage(ancestors).enumerate() {
            chain.owned_by(owner);
            match owner {
                0 => session.charge(demand, &mut chain),
                _ => session.charge_as_ancestor(demand, handed, &mut chain),
            }
            handed = handed.and(session.carved());
        }
        for (party, owner) in outer.iter().zip(1 + ancestors.len()..) {
            chain.owned_by(owner);
            charge_outer(&party.account, &party.allowance, demand, party.scope, &mut chain);
        }
        chain
    }

    /// Admits `calls` calls of the tool and `tokens` tokens on this session and `outer`.
    pub fn admit(&self, calls: u64, tokens: u64, outer: &[&Outer]) -> Outcome {
        self.admit_below(&[], calls, tokens, outer)
    }

    /// The same for a session delegated from `ancestors`.
    pub fn admit_below(&self, ancestors: &[&Self], calls: u64, tokens: u64, outer: &[&Outer]) -> Outcome {
        self.ask(ancestors, calls, Usage::tokens(tokens), outer)
    }

    /// The same for any usage.
    pub fn ask(&self, ancestors: &[&Self], calls: u64, usage: Usage, outer: &[&Outer]) -> Outcome {
        let demand = self.demand(calls, usage);
        let mut chain = self.chain(ancestors, &demand, outer);
        let decided =
            carve::admit(&mut chain, &self.lineage(ancestors), |chain| chain.admit(&|| Nanos::ZERO));
        decided.map_or_else(|refusal| outcome(&chain, refusal), |()| Outcome::Admitted)
    }

    /// What asking for it would answer. Changes nothing.
    pub fn preview(&self, ancestors: &[&Self], calls: u64, usage: Usage, outer: &[&Outer]) -> Outcome {
        let demand = self.demand(calls, usage);
        let mut chain = self.chain(ancestors, &demand, outer);
        let decided = chain.preview();
        decided.map_or_else(|refusal| outcome(&chain, refusal), |()| Outcome::Admitted)
    }

    fn demand(&self, calls: u64, usage: Usage) -> Demand {
        let mut demand = Demand::of_usage(usage);
        for _ in 0..calls {
            self.0.tools().get("t").into_iter().for_each(|tool| demand.add(tool, 1));
        }
        demand
    }

    /// Reserves `tokens`, or as many as there are, if they are at least `least`.
    pub fn reserve(
        &self,
        ancestors: &[&Self],
        tokens: u64,
        least: u64,
        outer: &[&Outer],
    ) -> Result<Reserved, Outcome> {
        let demand = Demand::of_usage(Usage::tokens(tokens));
        let least = Demand::of_usage(Usage::tokens(least));
        let mut chain = self.chain(ancestors, &demand, outer);
        let decided = carve::admit(&mut chain, &self.lineage(ancestors), |chain| {
            chain.admit_at_least(|resource| least.of(resource), &|| Nanos::ZERO)
        });
        decided.map_err(|refusal| outcome(&chain, refusal))?;
        let mut granted = Usage::tokens(tokens);
        let mut held = Vec::new();
        for charge in chain.charges().iter().filter(|charge| !charge.take.is_nothing()) {
            let receipt = Receipt { resource: charge.resource, take: charge.take, minted: charge.minted };
            if charge.owner == 0 {
                granted = granted.with(charge.resource, charge.take.units);
            }
            held.push((charge.owner, receipt));
        }
        Ok(Reserved { held, granted, ended: Latch::default() })
    }

    /// Ends `reserved` at `actual` tokens; whether this call did.
    pub fn settle(&self, ancestors: &[&Self], reserved: &Reserved, actual: u64, outer: &[&Outer]) -> bool {
        let ends = reserved.ended.shut();
        for (owner, receipt) in reserved.held.iter().filter(|_| ends) {
            let resource = receipt.resource;
            match owner.checked_sub(ancestors.len() + 1) {
                None => {
                    carve::settle(self.lineage(ancestors).skip(*owner), *receipt, actual, &|| Nanos::ZERO);
                }
                Some(party) => {
                    let Outer { account, allowance, .. } = outer[party];
                    let (meter, limit) = (account.meter(resource), allowance.limit(resource));
                    receipt.settle(meter, limit, actual, &|| Nanos::ZERO);
                }
            }
        }
        ends
    }

    /// Charges `usage` without asking; whether that overran some budget.
    pub fn record(&self, ancestors: &[&Self], usage: Usage) -> bool {
        let chain = self.chain(ancestors, &Demand::of_usage(usage), &[]);
        carve::charge(&chain, &self.lineage(ancestors), Nanos::ZERO, |_| None)
    }

    /// Gives back what is left of what was carved out for it, once it has ended; whether nothing kept any of it back.
    #[must_use]
    pub fn give_back(&self, ancestors: &[&Self]) -> bool {
        carve::give_back(&self.lineage(ancestors))
    }

    /// Raises its budget of `resource` by `amount`; whether it could.
    pub fn raise(&self, resource: Resource, amount: u64) -> bool {
        self.0.raise(resource, amount).is_ok()
    }

    /// Its budget of calls.
    #[must_use]
    pub fn calls_budget(&self) -> u64 {
        self.0.calls_limit().budget
    }

    /// How many calls there may be at most in any budget.
    pub const MOST_CALLS: u64 = MAX_COUNT;

    /// Moves its deadline by `time`; whether it could.
    pub fn extend(&self, time: u64, now: impl Fn() -> u64) -> bool {
        self.0.extend(Nanos::new(time), Nanos::new(now())).is_some()
            && !self.0.status(Nanos::new(now())).is_terminal()
    }

    /// Its deadline.
    #[must_use]
    pub fn deadline(&self) -> u64 {
        self.0.deadline().get()
    }

    /// Closes it; whether this call did, and so has to give back what it held.
    pub fn close(&self) -> Option<Ended> {
        self.0.close().ok()
    }

    /// Expires it if `now` is past the deadline; whether this call did.
    pub fn expire(&self, now: u64) -> Option<Ended> {
        self.0.expire(Nanos::new(now))
    }

    /// Active → paused; whether this call did.
    pub fn pause(&self) -> bool {
        self.0.pause().is_ok()
    }

    /// Paused → active; whether this call did.
    pub fn resume(&self) -> bool {
        self.0.resume().is_ok()
    }

    /// Where it stands at its first nanosecond.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status_at(0)
    }

    /// Where it stands at `now`.
    #[must_use]
    pub fn status_at(&self, now: u64) -> Status {
        self.0.status(Nanos::new(now))
    }

    /// Calls spent.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.peek(Resource::Calls).spent()
    }

    /// Tokens spent.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.0.peek(Resource::Tokens).spent()
    }

    /// Calls of the capped tool.
    #[must_use]
    pub fn capped(&self) -> u64 {
        self.0.spent_on(0)
    }
}

fn outcome(chain: &Chain<'_>, refusal: Refusal) -> Outcome {
    let scope = |index: usize| chain.charges()[index].scope;
    match refusal {
        Refusal::Shut(status) | Refusal::Lacks(_, Lack::Shut(status)) => Outcome::Shut(status),
        Refusal::Lacks(index, Lack::Budget { .. } | Lack::Threshold { .. }) => {
            Outcome::Exhausted(scope(index))
        }
        Refusal::Lacks(index, Lack::Rate { .. }) => Outcome::Limited(scope(index)),
        Refusal::Lacks(_, Lack::Crowded) | Refusal::Contended(_) => Outcome::Contended,
    }
}
