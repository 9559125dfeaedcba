//! What agents and the tenant have spent, as they say themselves: by refusing.

use allotment::{Scope, SessionSpec, Setting};

use super::model::TENANT;
use super::pair::Pair;
use super::words::{AGENTS, HUGE, of_amounts};

impl Pair {
    /// What `party` says that it has spent of each resource, `None` where it limits nothing: somebody else asks for more than there is.
    pub(super) fn told(&self, party: usize) -> [Option<u64>; 5] {
        let spec = SessionSpec::new(if party == TENANT { "stranger" } else { AGENTS[party] }).tools(["huge"]);
        let spec = spec.calls(Setting::Unlimited);
        let spec = if party == TENANT { spec.tenant("t") } else { spec };
        // An agent that has all the sessions it may have cannot be asked.
        let Ok(session) = self.enforcer.create(spec) else { return [None; 5] };
        let scope = if party == TENANT { Scope::Tenant } else { Scope::Agent };
        let asked = std::array::from_fn(|r| {
            let mut units = [0; 5];
            units[r] = HUGE;
            let denial =
                if r == 0 { session.preview("huge").err() } else { session.reserve(of_amounts(units)).err() };
            session.resume().unwrap();
            denial.filter(|denial| denial.scope() == Some(scope)).and_then(|denial| denial.used())
        });
        session.close().unwrap();
        self.enforcer.events().for_each(drop);
        asked
    }
}
