//! The decision: look → debit → commit, on one screen.
//!
//! [`Shared::authorize`] is the way almost every call takes: one clock read, one tool look-up, one compare-and-swap.
//! Whatever is not plain there, and every refusal, goes to [`Shared::admit`], which makes the checks of the contract in
//! their order and names the denial.

use std::sync::Arc;

use smallvec::SmallVec;

use super::path::Path;
use super::request::Request;
use super::{Shared, explain};
use crate::admission::Chain;
use crate::decision::{Balance, Beside, Denial, Drift, Evidence, Grant, Reason};
use crate::fit::fit;
use crate::meter::{Limit, Take};
use crate::policy::Policy;
use crate::session::{Demand, balance, denial_of};
use crate::store::{Entry, Governing, Outlook};
use crate::sync::Guard;
use crate::units::{Nanos, Resource, Split, Usage};

/// What each session on the path is asked for, the caller's own first.
type Demands = SmallVec<[Demand; 2]>;

impl Shared {
    /// Admits one call of `tool`, or says why not.
    #[inline]
    pub(super) fn authorize<'t>(&self, entry: &Entry, tool: &'t str) -> Result<Grant<'t>, Denial> {
        let session = &entry.state;
        let outlook = entry.outlook(&self.rules);
        let uncapped = session.tools().get(tool).is_some_and(|tool| tool.slot.is_none());
        let now = self.clock.now();
        let short = outlook.is_plain() || outlook.is_level();
        if uncapped && short && now < entry.calm.until() && !self.is_forked() {
            if outlook.is_plain() {
                let (calm, held_to) = (entry.calm.calls(), session.calls_limit());
                let minted = held_to.plan.map_or(0, |plan| plan.minted(now));
                let limit = Limit { budget: calm, ..held_to };
                // What stands on the word's line is read as late as the word, and before that is swapped: between threads that share a
                // session the line moves once.
                let seen = session.calls().load();
                let grant = grant(entry, Some(tool), balance(held_to, seen), outlook, now);
                if let Ok(word) = session.calls().debit(seen, Take::ONE, limit, minted, false) {
                    return Ok(Grant { calls: balance(held_to, word), ..grant });
                }
            } else if outlook.is_level()
                && let Some(grant) = self.authorize_level(entry, tool, outlook, now)
            {
                return Ok(grant);
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
            Err(evidence) if request.preview => Err(of_session(entry, self.as_denied(evidence))),
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
        let mut demands = Demands::new();
        for session in std::iter::once(entry).chain(entry.ancestors().map(Arc::as_ref)) {
            demands.push(listed(session, request)?);
        }
        let mut drift = None;
        let path = loop {
            let path = Path::of(entry, &self.rules);
            if self.fit(&path, request, &mut demands, &mut drift)? {
                break path;
            }
            // Another policy came into force in between.
            entry.new_outlook(&self.rules);
        };
        let step = self.begin_step(entry, request)?;
        let mut chain = Chain::new(now);
        path.charge(&demands, &mut chain);
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
                    path.count_split(request.usage.split);
                    if !demands[0].is_only_calls() {
                        path.renew_calm();
                    }
                }
                let calls = entry.state.balance(Resource::Calls, word);
                Ok(Grant { beside, ..grant(entry, tool, calls, path.outlook, now) })
            }
            Err(refusal) => Err(explain::refused(&path, request, &chain, refusal, now)),
        }
    }

    /// The path from `entry`, and the policy that all of it is under.
    pub(super) fn whole_path<'e>(&self, entry: &'e Entry) -> (Path<'e>, Guard<Arc<Governing>>) {
        loop {
            let (path, governing) = (Path::of(entry, &self.rules), self.rules.governing());
            if governing.generation == path.outlook.generation() {
                return (path, governing);
            }
            // Another policy came into force in between.
            entry.new_outlook(&self.rules);
        }
    }

    /// Makes sure that the tools of `request` fit each session on the path, and weighs `demands` as the policy says. `Ok(false)` where
    /// not all of it is of the path's own policy.
    #[inline]
    fn fit(
        &self,
        path: &Path<'_>,
        request: &Request<'_, '_>,
        demands: &mut Demands,
        drift: &mut Option<Drift>,
    ) -> Result<bool, Evidence> {
        let mut plain = request.usage.split == Split::NONE;
        for session in path.sessions() {
            let outlook = session.outlook(&self.rules);
            if outlook.generation() != path.outlook.generation() {
                return Ok(false);
            }
            plain &= outlook.fits();
        }
        if plain { Ok(true) } else { self.fit_closely(path, request, demands, drift) }
    }

    #[inline(never)]
    fn fit_closely(
        &self,
        path: &Path<'_>,
        request: &Request<'_, '_>,
        demands: &mut Demands,
        drift: &mut Option<Drift>,
    ) -> Result<bool, Evidence> {
        let governing = self.rules.governing();
        if governing.generation != path.outlook.generation() {
            return Ok(false);
        }
        let policy = &*governing.policy;
        let usage = weighed(policy, request.usage);
        for (session, demand) in path.sessions().iter().zip(demands) {
            let identity = &session.state.identity;
            let mut weighed = Demand::of_usage(usage);
            for &name in request.tools {
                let fit = fit(policy, identity, name).map_err(|no| explain::misfit(identity, name, no))?;
                session.state.tools().get(name).into_iter().for_each(|tool| weighed.add(tool, fit.weight));
                *drift = drift.or(fit.drift.map(|class| Drift { tier: identity.tier, class }));
            }
            *demand = weighed;
        }
        Ok(true)
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

/// The demand of `request`, unweighed, if the session may call all of its tools; else the first that it may not.
#[inline]
fn listed(entry: &Entry, request: &Request<'_, '_>) -> Result<Demand, Evidence> {
    let mut demand = Demand::of_usage(request.usage);
    for &name in request.tools {
        match entry.state.tools().get(name) {
            Some(tool) => demand.add(tool, 1),
            None => return Err(explain::unlisted(name)),
        }
    }
    Ok(demand)
}

#[inline]
pub(super) fn grant<'t>(
    entry: &Entry,
    tool: Option<&'t str>,
    calls: Balance,
    outlook: Outlook,
    now: Nanos,
) -> Grant<'t> {
    let session = &entry.state;
    Grant {
        tool,
        calls,
        now,
        is_up_at: session.time_is_up_at(),
        created_at: session.created_at(),
        warn_ppm: outlook.warn_ppm(),
        beside: None,
    }
}
