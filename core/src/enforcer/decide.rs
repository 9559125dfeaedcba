//! The decision: look → debit → commit, on one screen.
//!
//! [`Shared::authorize`] is the way almost every call takes: one clock read, one tool look-up, one compare-and-swap.
//! Whatever is not plain there, and every refusal, goes to [`Shared::admit`], which makes the checks of the contract in
//! their order and names the denial.

use smallvec::SmallVec;

use super::path::Path;
use super::{Shared, explain};
use crate::decision::{Beside, Denial, Drift, Evidence, Grant, Reason};
use crate::fit::fit;
use crate::meter::{Limit, Take, Word};
use crate::policy::Policy;
use crate::session::{Demand, denial_of};
use crate::store::{Entry, Outlook};
use crate::units::{Nanos, Resource, Scope, Usage};

/// A call, or several that are admitted together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'t, 'a> {
    pub(super) tools: &'a [&'t str],
    /// The arguments of the one call, as canonical text.
    pub(super) arguments: Option<&'a str>,
    pub(super) usage: Usage,
    /// Ask only; debit nothing.
    pub(super) preview: bool,
}

impl<'t, 'a> Request<'t, 'a> {
    /// One call of each of `tools`.
    pub(super) fn of(tools: &'a [&'t str]) -> Self {
        Self { tools, arguments: None, usage: Usage::NONE, preview: false }
    }
}

/// What each session on the path is asked for, the caller's own first.
type Demands = SmallVec<[Demand; 2]>;

impl Shared {
    /// Admits one call of `tool`, or says why not.
    #[inline]
    pub(super) fn authorize<'t>(&self, entry: &Entry, tool: &'t str) -> Result<Grant<'t>, Denial> {
        let now = self.clock.now();
        let session = &entry.state;
        let outlook = entry.outlook(&self.rules);
        let uncapped = session.tools().get(tool).is_some_and(|tool| tool.slot.is_none());
        if uncapped && outlook.is_plain() && now < entry.calm.until() && !self.is_forked() {
            let limit = Limit { budget: entry.calm.calls(), ..session.calls_limit() };
            let minted = limit.plan.map_or(0, |plan| plan.minted(now));
            if let Ok(word) = session.calls().debit(session.calls().load(), Take::ONE, limit, minted, false) {
                return Ok(grant(entry, Some(tool), word, outlook, now));
            }
        }
        self.admit(entry, &Request::of(&[tool]), now)
    }

    /// [`Shared::admit`] now.
    pub(super) fn ask<'t>(&self, entry: &Entry, request: &Request<'t, '_>) -> Result<Grant<'t>, Denial> {
        self.admit(entry, request, self.clock.now())
    }

    /// Admits everything in `request`, or nothing and says why not.
    #[inline(never)]
    pub(super) fn admit<'t>(
        &self,
        entry: &Entry,
        request: &Request<'t, '_>,
        now: Nanos,
    ) -> Result<Grant<'t>, Denial> {
        match self.decide(entry, request, now) {
            Ok(grant) if request.preview => Ok(grant),
            Ok(grant) => {
                self.note_grant(entry, request, &grant, now);
                Ok(grant)
            }
            Err(evidence) if request.preview => Err(of_session(entry, evidence)),
            Err(evidence) => Err(self.deny(entry, request, evidence, now)),
        }
    }

    fn decide<'t>(
        &self,
        entry: &Entry,
        request: &Request<'t, '_>,
        now: Nanos,
    ) -> Result<Grant<'t>, Evidence> {
        self.check_status(entry, now)?;
        let (path, demands, drift) = self.demands(entry, request)?;
        let step = self.begin_step(entry, request)?;
        let mut chain = path.charge(&demands, now);
        // Nothing is debited for nothing; what is left to see is that nothing has passed a threshold.
        let nothing = demands[0].is_nothing();
        let decided = match (request.preview, nothing && chain.charges().len() == 1) {
            (_, true) => Ok(()),
            (true, _) => chain.preview(),
            (false, _) => path.admit(&mut chain, |chain| chain.admit(&|| self.clock.now())),
        };
        step.end(decided.is_ok() && !request.preview);
        match decided {
            Ok(()) => {
                let tool = if let [tool] = *request.tools { Some(tool) } else { None };
                let word = if nothing { entry.state.calls().load() } else { chain.gate().after };
                let low = explain::low(entry, &chain, path.outlook, now);
                let beside = Beside { low, drift }.boxed();
                if !request.preview {
                    path.touch(now);
                }
                Ok(Grant { beside, ..grant(entry, tool, word, path.outlook, now) })
            }
            Err(refusal) => Err(explain::refused(&path, request, &chain, refusal, now)),
        }
    }

    /// What `request` demands of each session on its path, all of it under one policy; else the first tool that one of them may not
    /// call.
    fn demands<'e>(
        &self,
        entry: &'e Entry,
        request: &Request<'_, '_>,
    ) -> Result<(Path<'e>, Demands, Option<Drift>), Evidence> {
        loop {
            let path = Path::of(entry, &self.rules);
            let closer = request.usage.split != crate::units::Split::NONE
                || path.sessions().iter().any(|session| !session.outlook(&self.rules).fits());
            let governing = closer.then(|| self.rules.governing());
            if governing.as_ref().is_some_and(|governing| governing.generation != path.outlook.generation()) {
                // Another policy came into force in between.
                entry.new_outlook(&self.rules);
                continue;
            }
            let policy = governing.as_ref().map(|governing| &*governing.policy);
            let usage = policy.map_or(request.usage, |policy| weighed(policy, request.usage));
            let mut demands = Demands::new();
            let mut drift = None;
            for session in path.sessions() {
                let (demand, drifts) = authorised(session, request.tools, usage, policy)?;
                demands.push(demand);
                drift = drift.or(drifts);
            }
            return Ok((path, demands, drift));
        }
    }

    /// Whether the session is there to decide for; one that is past its deadline becomes expired.
    pub(super) fn check_status(&self, entry: &Entry, now: Nanos) -> Result<(), Evidence> {
        if self.is_forked() {
            return Err(Evidence::of(Reason::Forked));
        }
        if let Some(reason) = denial_of(entry.state.status(now)) {
            if reason == Reason::Expired {
                self.store.expire(entry, now);
            }
            return Err(explain::standing(entry, reason, now));
        }
        match entry.state.watched().and_then(|watch| watch.idle(now)) {
            Some((idle, timeout)) if idle >= timeout => Err(explain::idle(idle, timeout)),
            _ => Ok(()),
        }
    }
}

/// `usage` with its tokens of each kind weighed. More than can be counted is more than any budget.
pub(super) fn weighed(policy: &Policy, usage: Usage) -> Usage {
    let Usage { tokens, split, .. } = usage;
    let weighed = policy.token_weights().weigh(split.input, split.output, split.cached);
    Usage { tokens: tokens.saturating_add(weighed.unwrap_or(u64::MAX)), ..usage }
}

/// The denial with `evidence` for a call on `entry`.
pub(super) fn of_session(entry: &Entry, evidence: Evidence) -> Denial {
    Denial::new(Evidence { session: Some(entry.id()), ..evidence })
}

/// The demand of one call of each of `tools`, if the session may call them, and how it drifts; else the first tool that it may not
/// call. Without a `policy` every tool fits.
fn authorised(
    entry: &Entry,
    tools: &[&str],
    usage: Usage,
    policy: Option<&Policy>,
) -> Result<(Demand, Option<Drift>), Evidence> {
    let (mut demand, mut drift) = (Demand::of_usage(usage), None);
    let identity = &entry.state.identity;
    for &name in tools {
        let Some(tool) = entry.state.tools().get(name) else {
            let (tool, scope) = (Some(name.into()), Some(Scope::Session));
            return Err(Evidence { tool, scope, ..Evidence::of(Reason::ToolNotAuthorized) });
        };
        let fit = policy.map(|policy| fit(policy, identity, name)).transpose();
        let fit = fit.map_err(|misfit| explain::misfit(identity, name, misfit))?;
        demand.add(tool, fit.map_or(1, |fit| fit.weight));
        let class = fit.and_then(|fit| fit.drift);
        drift = drift.or(class.map(|class| Drift { tier: identity.tier, class }));
    }
    Ok((demand, drift))
}

#[inline]
fn grant<'t>(entry: &Entry, tool: Option<&'t str>, word: Word, outlook: Outlook, now: Nanos) -> Grant<'t> {
    let session = &entry.state;
    Grant {
        tool,
        calls: session.balance(Resource::Calls, word),
        time_left: session.time_is_up_at().saturating_sub(now),
        time_limit: session.time_limit(),
        warn_ppm: outlook.warn_ppm(),
        beside: None,
    }
}
