//! What a session is asked to be: the keywords of `create_session` and `delegate`.

use allotment::SessionSpec;
use pyo3::prelude::*;

use super::{Given, execution, limit, money, rate, sensitivity, setting, text, time, tools, truth};

/// The limits, as given.
#[derive(Clone, Copy)]
pub(crate) struct SessionLimits<'a, 'py> {
    pub(crate) calls: Given<'a, 'py>,
    pub(crate) tokens: Given<'a, 'py>,
    pub(crate) cost_usd: Given<'a, 'py>,
    pub(crate) steps: Given<'a, 'py>,
    pub(crate) discovered_steps: Given<'a, 'py>,
    pub(crate) rate: Given<'a, 'py>,
    pub(crate) tokens_rate: Given<'a, 'py>,
    pub(crate) cost_rate: Given<'a, 'py>,
    pub(crate) time_limit: Option<&'a Bound<'py, PyAny>>,
    pub(crate) sensitivity: Option<&'a Bound<'py, PyAny>>,
    pub(crate) execution: Option<&'a Bound<'py, PyAny>>,
    pub(crate) air_gap: Option<&'a Bound<'py, PyAny>>,
}

/// The specification, each argument converted; what it means for a session is judged by the core.
pub(crate) fn session_spec(
    agent: &Bound<'_, PyAny>,
    listed: &Bound<'_, PyAny>,
    intent: Option<&Bound<'_, PyAny>>,
    tenant: Option<&Bound<'_, PyAny>>,
    limits: SessionLimits<'_, '_>,
) -> PyResult<SessionSpec> {
    let mut spec = SessionSpec::new(text("agent", agent)?)
        .calls(setting("calls", limits.calls, limit)?)
        .tokens(setting("tokens", limits.tokens, limit)?)
        .cost(setting("cost_usd", limits.cost_usd, money)?)
        .steps(setting("steps", limits.steps, limit)?)
        .discovered_steps(setting("discovered_steps", limits.discovered_steps, limit)?)
        .rate(setting("rate", limits.rate, rate)?)
        .tokens_rate(setting("tokens_rate", limits.tokens_rate, rate)?)
        .cost_rate(setting("cost_rate", limits.cost_rate, super::cost_rate)?);
    for (tool, cap) in tools(listed)? {
        spec = spec.tool(tool, cap);
    }
    if let Some(intent) = intent.map(|intent| text("intent", intent)).transpose()?
        && !intent.is_empty()
    {
        spec = spec.intent(intent);
    }
    if let Some(tenant) = tenant {
        spec = spec.tenant(text("tenant", tenant)?);
    }
    if let Some(limit) = limits.time_limit {
        spec = spec.time_limit(time("time_limit", limit)?);
    }
    if let Some(ceiling) = limits.sensitivity {
        spec = spec.sensitivity(sensitivity("sensitivity", ceiling)?);
    }
    if let Some(limits) = limits.execution {
        spec = spec.execution(execution("execution", limits)?);
    }
    if let Some(air_gap) = limits.air_gap {
        spec = spec.air_gap(truth("air_gap", air_gap)?);
    }
    Ok(spec)
}
