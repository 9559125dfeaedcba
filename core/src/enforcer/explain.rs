//! A refusal in the words of the contract: which account, of what, how much of it.

use super::path::Path;
use super::request::Request;
use crate::admission::{Chain, Charge, Refusal};
use crate::decision::{Balance, Drift, Evidence, LimitWarning, Reason};
use crate::error::excerpt;
use crate::fit::Misfit;
use crate::meter::Lack;
use crate::session::{Identity, balance, denial_of};
use crate::store::{Entry, Outlook};
use crate::units::{Nanos, Resource, Scope};

/// The longest part of an intent, in characters, that a detail repeats.
const INTENT_SHOWN: usize = 128;

/// The evidence for a session that is not active.
pub(super) fn standing(entry: &Entry, reason: Reason, now: Nanos) -> Evidence {
    let time = (reason == Reason::Expired).then_some(());
    Evidence {
        scope: Some(Scope::Session),
        resource: time.map(|()| Resource::Time),
        limit: time.map(|()| entry.state.time_limit().get()),
        used: time.map(|()| now.saturating_sub(entry.state.created_at()).get()),
        ..Evidence::of(reason)
    }
}

/// The evidence for a session that has done nothing for `idle`, which is longer than `timeout`.
pub(super) fn idle(idle: Nanos, timeout: Nanos) -> Evidence {
    Evidence {
        scope: Some(Scope::Session),
        resource: Some(Resource::Idle),
        limit: Some(timeout.get()),
        used: Some(idle.get()),
        ..Evidence::of(Reason::IdleTimeout)
    }
}

/// The evidence for `tool`, which the session does not list.
#[cold]
pub(super) fn unlisted(tool: &str) -> Evidence {
    let (tool, scope) = (Some(tool.into()), Some(Scope::Session));
    Evidence { tool, scope, ..Evidence::of(Reason::ToolNotAuthorized) }
}

/// The evidence for `tool`, which the session of `identity` lists and which does not fit it.
pub(super) fn misfit(identity: &Identity, tool: &str, misfit: Misfit) -> Evidence {
    let (reason, note) = match misfit {
        Misfit::Drift(class) => {
            let intent = identity.intent.as_deref().unwrap_or_default();
            let drift = Drift { tier: identity.tier, class };
            (Reason::IntentDrift, format!("{drift} (intent {:?})", excerpt(intent, INTENT_SHOWN)))
        }
        Misfit::Sensitivity(needed) => {
            let ceiling = identity.sensitivity;
            (Reason::SensitivityExceeded, format!("the tool is {needed}, the session's ceiling {ceiling}"))
        }
        Misfit::Network => {
            let note = "the session has an air gap, and nothing says that the tool does without the network";
            (Reason::NetworkDenied, note.to_owned())
        }
    };
    let (tool, scope) = (Some(tool.into()), Some(Scope::Session));
    Evidence { tool, scope, note: Some(note.into()), ..Evidence::of(reason) }
}

/// What `refusal` is, in the words of the contract.
pub(super) fn refused(
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
        requested: Some(charge.take.units.max(charge.take.paced)),
        ..Evidence::of(Reason::Contended)
    };
    match lack {
        None | Some(Lack::Crowded) => evidence,
        Some(Lack::Shut(status)) => {
            Evidence { reason: denial_of(status).unwrap_or(Reason::Closed), ..evidence }
        }
        Some(Lack::Budget { limit, spent } | Lack::Threshold { limit, spent }) => {
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

/// The warnings of all charges but the session's own calls, of what else is low of the session, and of its idle time.
pub(super) fn low(entry: &Entry, chain: &Chain<'_>, outlook: Outlook, now: Nanos) -> Vec<LimitWarning> {
    let low = |charge: &Charge<'_>| {
        let balance: Balance = balance(charge.limit, charge.after);
        balance.warning(charge.scope, charge.resource, outlook.warn_ppm())
    };
    let own = |charge: &Charge<'_>| (charge.scope == Scope::Session).then_some(charge.resource);
    let own_calls = |charge: &&Charge<'_>| own(charge) != Some(Resource::Calls);
    let charged = |resource| chain.charges().iter().any(|charge| own(charge) == Some(resource));
    let beside = entry.state.low_beside(outlook.warn_ppm()).filter(|low| !charged(low.resource));
    let idle = entry.state.watched().and_then(|watch| watch.idle(now)).and_then(|(idle, timeout)| {
        let balance = Balance { spent: idle.get(), limit: Some(timeout.get()) };
        balance.warning(Scope::Session, Resource::Idle, outlook.warn_ppm())
    });
    let mut low: Vec<_> =
        chain.charges().iter().filter(own_calls).filter_map(low).chain(beside).chain(idle).collect();
    // In naming order, whether it was charged or not.
    low.sort_by_key(|warning| (warning.scope, warning.resource));
    low
}
