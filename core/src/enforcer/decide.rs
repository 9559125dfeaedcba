//! The decision: look → debit → commit, on one screen.
//!
//! [`Shared::authorize`] is the way almost every call takes: one clock read, one tool look-up, one compare-and-swap.
//! Whatever is not plain there, and every refusal, goes to [`Shared::admit`], which makes the checks of the contract in
//! their order and names the denial.

use smallvec::SmallVec;

use super::Shared;
use super::path::Path;
use crate::admission::{Chain, Charge, Refusal};
use crate::decision::{Balance, Denial, Evidence, Grant, LimitWarning, Reason};
use crate::meter::{Lack, Word};
use crate::session::{Demand, balance, denial_of};
use crate::store::{Entry, Outlook};
use crate::units::{Nanos, Resource, Scope, Usage};

/// A call, or several that are admitted together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'t, 'a> {
    pub(super) tools: &'a [&'t str],
    pub(super) usage: Usage,
    /// Ask only; debit nothing.
    pub(super) preview: bool,
}

impl Shared {
    /// Admits one call of `tool`, or says why not.
    #[inline]
    pub(super) fn authorize<'t>(&self, entry: &Entry, tool: &'t str) -> Result<Grant<'t>, Denial> {
        let now = self.clock.now();
        let session = &entry.state;
        let outlook = entry.outlook(&self.rules);
        let uncapped = session.tools().get(tool).is_some_and(|tool| tool.slot.is_none());
        if uncapped && outlook.is_alone() && now < session.deadline() {
            let limit = session.calls_limit();
            let minted = limit.plan.map_or(0, |plan| plan.minted(now));
            if let Ok(word) = session.calls().debit(session.calls().load(), 1, limit, minted, false) {
                return Ok(grant(entry, Some(tool), word, outlook, now));
            }
        }
        self.admit(entry, &Request { tools: &[tool], usage: Usage::NONE, preview: false }, now)
    }

    /// Admits everything in `request`, or nothing and says why not.
    #[inline(never)]
    pub(super) fn admit<'t>(
        &self,
        entry: &Entry,
        request: &Request<'t, '_>,
        now: Nanos,
    ) -> Result<Grant<'t>, Denial> {
        self.decide(entry, request, now).map_err(|evidence| {
            if request.preview {
                of_session(entry, evidence)
            } else {
                denied(self, entry, request, evidence, now)
            }
        })
    }

    fn decide<'t>(
        &self,
        entry: &Entry,
        request: &Request<'t, '_>,
        now: Nanos,
    ) -> Result<Grant<'t>, Evidence> {
        self.check_status(entry, now)?;
        let mut demands: SmallVec<[Demand; 1]> = SmallVec::new();
        demands.push(authorised(entry, request)?);
        for ancestor in entry.ancestors() {
            demands.push(authorised(ancestor, request)?);
        }
        let path = Path::of(entry, &self.rules);
        let mut chain = path.charge(&demands, now);
        let nothing = demands[0].is_nothing();
        let decided = match (request.preview, nothing) {
            (_, true) => Ok(()),
            (true, _) => chain.preview(),
            (false, _) => chain.admit(&|| self.clock.now()),
        };
        match decided {
            Ok(()) => {
                let tool = if let [tool] = *request.tools { Some(tool) } else { None };
                let word = if nothing { entry.state.calls().load() } else { chain.gate().after };
                let others = others_low(&chain, path.outlook);
                Ok(Grant { others, ..grant(entry, tool, word, path.outlook, now) })
            }
            Err(refusal) => Err(explain(&path, request, &chain, refusal, now)),
        }
    }

    /// Whether the session is there to decide for; one that is past its deadline becomes expired.
    pub(super) fn check_status(&self, entry: &Entry, now: Nanos) -> Result<(), Evidence> {
        let status = entry.state.status(now);
        let Some(reason) = denial_of(status) else { return Ok(()) };
        if reason == Reason::Expired {
            self.store.expire(entry, now);
        }
        Err(standing(entry, reason, now))
    }
}

/// The denial with `evidence` for a call on `entry`.
pub(super) fn of_session(entry: &Entry, evidence: Evidence) -> Denial {
    Denial::new(Evidence { session: Some(entry.id()), ..evidence })
}

/// The same, counted and told.
pub(super) fn denied(
    shared: &Shared,
    entry: &Entry,
    request: &Request<'_, '_>,
    evidence: Evidence,
    now: Nanos,
) -> Denial {
    entry.state.denied().add_one();
    let denial = of_session(entry, evidence);
    shared.tell_denied(entry, request.tools, &denial, now);
    denial
}

/// The evidence for a session that is not active.
pub(super) fn standing(entry: &Entry, reason: Reason, now: Nanos) -> Evidence {
    let identity = &entry.state.identity;
    let time = (reason == Reason::Expired).then_some(());
    Evidence {
        scope: Some(Scope::Session),
        resource: time.map(|()| Resource::Time),
        limit: time.map(|()| identity.time_limit.get()),
        used: time.map(|()| now.saturating_sub(identity.created_at).get()),
        ..Evidence::of(reason)
    }
}

/// The demand of `request`, if the session may call all of its tools; else the first that it may not.
fn authorised(entry: &Entry, request: &Request<'_, '_>) -> Result<Demand, Evidence> {
    let mut demand = Demand::of_usage(request.usage);
    for &name in request.tools {
        let Some(tool) = entry.state.tools().get(name) else {
            let (tool, scope) = (Some(name.into()), Some(Scope::Session));
            return Err(Evidence { tool, scope, ..Evidence::of(Reason::ToolNotAuthorized) });
        };
        demand.add(tool);
    }
    Ok(demand)
}

#[inline]
fn grant<'t>(entry: &Entry, tool: Option<&'t str>, word: Word, outlook: Outlook, now: Nanos) -> Grant<'t> {
    let session = &entry.state;
    Grant {
        tool,
        calls: session.balance(Resource::Calls, word),
        time_left: session.deadline().saturating_sub(now),
        time_limit: session.identity.time_limit,
        warn_ppm: outlook.warn_ppm(),
        others: None,
    }
}

/// The warnings of all charges but the session's own calls.
fn others_low(chain: &Chain<'_>, outlook: Outlook) -> Option<Box<[LimitWarning]>> {
    let low = |charge: &Charge<'_>| {
        let balance: Balance = balance(charge.limit, charge.after);
        balance.warning(charge.scope, charge.resource, outlook.warn_ppm())
    };
    let own_calls =
        |charge: &&Charge<'_>| (charge.scope, charge.resource) != (Scope::Session, Resource::Calls);
    let mut warnings = chain.charges().iter().filter(own_calls).filter_map(low).peekable();
    warnings.peek().is_some().then(|| warnings.collect())
}

/// What `refusal` is, in the words of the contract.
pub(super) fn explain(
    path: &Path<'_>,
    request: &Request<'_, '_>,
    chain: &Chain<'_>,
    refusal: Refusal,
    now: Nanos,
) -> Evidence {
    let entry = path.sessions()[0];
    let (index, lack) = match refusal {
        Refusal::Shut(status) => return standing(entry, denial_of(status).unwrap_or(Reason::Closed), now),
        Refusal::Lacks(index, lack) => (index, Some(lack)),
        Refusal::Contended(index) => (index, None),
    };
    let Some(charge) = chain.charges().get(index) else { return Evidence::of(Reason::Contended) };
    let (party, owner) =
        (path.party_of(charge), path.session_of(charge).filter(|owner| owner.id() != entry.id()));
    let tools = path.session_of(charge).map(|owner| owner.state.tools());
    let capped = |name: &&&str| tools.and_then(|tools| tools.get(name)?.slot) == Some(charge.slot);
    let tool = request.tools.iter().find(capped).filter(|_| charge.scope == Scope::Tool);
    let evidence = Evidence {
        party: party.map(|party| party.name.as_ref().into()),
        tool: tool.map(|&name| name.into()),
        ancestor: owner.map(Entry::id),
        scope: Some(charge.scope),
        resource: Some(charge.resource),
        requested: Some(charge.amount),
        ..Evidence::of(Reason::Contended)
    };
    match lack {
        None | Some(Lack::Crowded) => evidence,
        Some(Lack::Shut(status)) => {
            Evidence { reason: denial_of(status).unwrap_or(Reason::Closed), ..evidence }
        }
        Some(Lack::Budget { limit, spent }) => {
            Evidence { reason: Reason::BudgetExceeded, limit: Some(limit), used: Some(spent), ..evidence }
        }
        Some(Lack::Rate { limit, available, at }) => {
            let bucket = charge.limit.plan.map_or(limit, |plan| plan.rate().bucket());
            Evidence {
                reason: Reason::RateLimited,
                limit: Some(limit),
                used: Some(bucket.saturating_sub(available)),
                // Once the session has expired, nothing is admitted any more.
                retry_after: at.filter(|&at| at < entry.state.deadline()).map(|at| at.saturating_sub(now)),
                ..evidence
            }
        }
    }
}
