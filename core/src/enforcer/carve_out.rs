//! Carving a child's budgets out of its parent's: all of them or none.

use std::sync::Arc;

use super::decide::of_session;
use super::path::Path;
use super::request::Request;
use super::{Shared, explain};
use crate::account::{METERED, Resources};
use crate::admission::Chain;
use crate::carve::{Shift, apply};
use crate::decision::CreateError;
use crate::error::Error;
use crate::policy::Limits;
use crate::session::Demand;
use crate::spec::SessionSpec;
use crate::store::Entry;
use crate::units::{NanoUsd, Resource, Usage};

/// Budgets that were moved out of a parent's.
#[derive(Debug, Default)]
pub(super) struct Carved {
    pub(super) resources: Resources,
    budgets: Demand,
}

impl Shared {
    /// Moves the budgets that `spec` mentions out of what `parent` has left, if it asks for that. Rates are not carved: what the child
    /// does, it does at its ancestors' pace too. Agents and the tenant are charged for what is done, when it is.
    pub(super) fn carve_out(&self, parent: &Arc<Entry>, spec: &SessionSpec) -> Result<Carved, CreateError> {
        if !spec.carve_out {
            return Ok(Carved::default());
        }
        let Limits { calls, steps, discovered_steps, tokens, cost, .. } = spec.limits(&Limits::default());
        let usage = Usage {
            tokens: tokens.unwrap_or(0),
            cost: cost.unwrap_or(NanoUsd::ZERO),
            steps: steps.unwrap_or(0),
            discovered_steps: discovered_steps.unwrap_or(0),
            ..Usage::NONE
        };
        let mentioned = [
            (Resource::Calls, calls.is_some()),
            (Resource::Steps, steps.is_some()),
            (Resource::DiscoveredSteps, discovered_steps.is_some()),
            (Resource::Tokens, tokens.is_some()),
            (Resource::Cost, cost.is_some()),
        ];
        let carved = mentioned.into_iter().filter(|(_, is)| *is).map(|(resource, _)| resource);
        let resources = carved.fold(Resources::default(), Resources::with);
        if resources.is_empty() {
            return Err(
                Error::new("carve_out", true, "needs a budget: calls, steps, tokens or cost_usd").into()
            );
        }
        let budgets = Demand::handed_over(calls.unwrap_or(0), usage);
        let now = self.clock.now();
        let path = Path::of(parent, &self.rules);
        let demands: smallvec::SmallVec<[Demand; 2]> =
            path.sessions().iter().map(|_| budgets.clone()).collect();
        let mut chain = Chain::new(now);
        path.charge_sessions(&demands, &mut chain);
        if let Err(refusal) = path.admit(&mut chain, |chain| chain.admit(&|| self.clock.now())) {
            let evidence = explain::refused(&path, &Request::of(&[]), &chain, refusal, now);
            return Err(of_session(parent, evidence).into());
        }
        path.renew_calm();
        Ok(Carved { resources, budgets })
    }
}

impl Carved {
    /// Gives all of it back to `parent`: the child did not come to be.
    pub(super) fn take_back(&self, parent: &Entry) {
        for resource in METERED.into_iter().filter(|&resource| self.budgets.of(resource) > 0) {
            apply(parent.lineage(), resource, Shift::Less(self.budgets.of(resource)));
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::meter::{Limit, Take};
    use crate::units::{Resource, Usage};
    use crate::{Enforcer, Policy, SessionSpec};

    #[test]
    // D24
    fn d24_what_an_admission_keeps_from_returning_returns_with_the_sweep_after_it() {
        let enforcer = Enforcer::new(Policy::default()).expect("an enforcer");
        let parent = enforcer.create(SessionSpec::new("a").tools(["x"]).tokens(100)).expect("a session");
        let child =
            parent.delegate(SessionSpec::new("b").tools(["x"]).tokens(60).carve_out(true)).expect("a child");
        let (_, entry) = child.parts();
        let meter = entry.state.account().meter(Resource::Tokens);
        let held = meter.debit(meter.load(), Take::both(10), Limit::NONE, 0, true).expect("open");
        child.close().expect("active");
        assert_eq!((enforcer.sweep(), parent.snapshot().tokens.spent), (0, 60), "some of it is held");
        meter.commit(held);
        assert_eq!((enforcer.sweep(), parent.snapshot().tokens.spent), (1, 10), "it is over: fifty return");
        assert!(parent.reserve(Usage::tokens(90)).is_ok());
    }
}
