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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::tools::ANY_TOOL;
    use crate::units::SessionId;

    fn identity(tier: Tier, air_gap: bool) -> Identity {
        let sensitivity = Sensitivity::Internal;
        Identity {
            id: SessionId::random(),
            intent: None,
            tier,
            sensitivity,
            air_gap,
            carved: crate::account::Resources::default(),
        }
    }

    fn policies() -> impl Iterator<Item = Policy> {
        let catalogs = [
            "",
            "[tools.get]\nnetwork = false",
            "[tools.get]\nclass = \"admin\"",
            "[tools.drop]\nclass = \"read\"\nnetwork = false",
            "[tools.get]\nsensitivity = \"confidential\"",
            "[tools.other]\nweight = 2",
            "[tools.get]\nweight = 2",
        ];
        let intents = ["", "[intent]\non_drift = \"warn\"", "[intent]\non_unknown = \"deny\""];
        let texts =
            catalogs.into_iter().flat_map(move |tools| intents.map(|intent| format!("{intent}\n{tools}")));
        texts.map(|text| Policy::from_toml_str(&text).expect("a policy"))
    }

    fn fits_plainly(policy: &Policy, identity: &Identity, tool: &str) -> bool {
        fit(policy, identity, tool) == Ok(Fit { weight: 1, drift: None })
    }

    /// What need not be asked at each call, asked at each call: the answer is the same.
    #[test]
    fn all_tools_fit_exactly_where_each_of_them_does() {
        let lists = [&["get"][..], &["drop"], &["get", "drop"], &["get", "put"], &[]];
        for (policy, tier) in policies().flat_map(|policy| Tier::ALL.map(|tier| (policy.clone(), tier))) {
            for list in lists {
                let tools = ToolSet::new(list.iter().map(|&name| (name, None)), false).expect("tools");
                let identity = identity(tier, false);
                // Where every call drifts, nobody asks which.
                let unknown = tier == Tier::Unknown && policy.intent().on_unknown == OnUnknown::Deny;
                let each = !unknown && list.iter().all(|name| fits_plainly(&policy, &identity, name));
                // Without a catalog the highest class decides, and that of no tool is the lowest.
                assert_eq!(
                    all_fit(&policy, &identity, &tools),
                    each,
                    "{list:?}, {tier}, {}",
                    policy.to_toml()
                );
            }
        }
    }

    #[test]
    fn where_any_tool_may_be_called_all_fit_only_if_every_known_and_every_possible_one_does() {
        let tools = ToolSet::new([(ANY_TOOL, None)], false).expect("any tool");
        for (policy, tier) in policies().flat_map(|policy| Tier::ALL.map(|tier| (policy.clone(), tier))) {
            let identity = identity(tier, false);
            let each = ["get", "put", "drop", "other", "purge"]
                .iter()
                .all(|name| fits_plainly(&policy, &identity, name));
            assert_eq!(all_fit(&policy, &identity, &tools), each, "{tier}, {}", policy.to_toml());
        }
    }

    #[test]
    fn behind_an_air_gap_each_call_is_asked_for() {
        let tools = ToolSet::new([("get", None)], false).expect("tools");
        assert!(policies().all(|policy| !all_fit(&policy, &identity(Tier::Admin, true), &tools)));
    }
}
