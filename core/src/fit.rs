//! Whether a tool fits a session (L3): its class the intent, its sensitivity the ceiling, its need of the network the air gap.

use crate::intent::{Tier, ToolClass};
use crate::policy::{OnDrift, OnUnknown, Policy};
use crate::session::Identity;
use crate::tools::ToolSet;
use crate::units::Sensitivity;

/// How a call of a tool that fits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// For how many calls.
    pub(crate) weight: u64,
    /// The tool's class, where the intent does not allow it and the policy only warns.
    pub(crate) drift: Option<ToolClass>,
}

/// Why a tool does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The intent does not allow tools of this class.
    Drift(ToolClass),
    /// It touches data more sensitive than the session may.
    Sensitivity(Sensitivity),
    /// It may need the network, and the session has an air gap.
    Network,
}

/// What `policy` says of a call of `tool` in the session of `identity`.
pub(crate) fn fit(policy: &Policy, identity: &Identity, tool: &str) -> Result<Fit, Misfit> {
    let rules = policy.tool(tool).copied().unwrap_or_default();
    let checked = identity.tier != Tier::Unknown || policy.intent().on_unknown == OnUnknown::Deny;
    let mut drift = None;
    if checked {
        let class = policy.tool_class(tool);
        match (identity.tier, policy.intent().on_drift) {
            (Tier::Unknown, _) => return Err(Misfit::Drift(class)),
            (tier, _) if tier.allows(class) => {}
            (_, OnDrift::Deny) => return Err(Misfit::Drift(class)),
            (_, OnDrift::Warn) => drift = Some(class),
        }
    }
    if rules.sensitivity > identity.sensitivity {
        return Err(Misfit::Sensitivity(rules.sensitivity));
    }
    if identity.air_gap && rules.network != Some(false) {
        return Err(Misfit::Network);
    }
    Ok(Fit { weight: rules.weight, drift })
}

/// Whether every tool of `tools` fits and counts for one call, so that nobody has to ask at each call. Costs time in proportion to the
/// tools only where the policy has a catalog of them.
pub(crate) fn all_fit(policy: &Policy, identity: &Identity, tools: &ToolSet) -> bool {
    let unknown = identity.tier == Tier::Unknown && policy.intent().on_unknown == OnUnknown::Deny;
    if unknown || identity.air_gap {
        return false;
    }
    let by_name = identity.tier.allows(tools.top_class());
    let plain = |name: &str| fit(policy, identity, name) == Ok(Fit { weight: 1, drift: None });
    match (policy.knows_tools(), tools.is_any()) {
        (false, _) => by_name,
        (true, false) => tools.names().all(plain),
        (true, true) => by_name && policy.tools().all(|(name, _)| plain(name)),
    }
}
