//! [`SessionSpec`]: what a session is asked to be (L2). A builder; nothing is checked before `create`.

use crate::error::Error;
use crate::policy::{Execution, Limits, Policy};
use crate::units::{NanoUsd, Nanos, Rate, Sensitivity};

/// The longest agent or tenant name, in bytes.
pub const NAME_MAX: usize = 128;
/// The longest intent, in bytes.
pub const INTENT_MAX: usize = 512;
/// The shortest time limit.
pub const TIME_LIMIT_MIN: Nanos = Nanos::from_secs(1);

/// A limit as a session asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Setting<T> {
    /// Whatever the policy's defaults say.
    #[default]
    Inherit,
    /// No limit, whatever the policy's defaults say.
    Unlimited,
    /// This limit.
    At(T),
}

impl<T> From<T> for Setting<T> {
    fn from(limit: T) -> Self {
        Self::At(limit)
    }
}

impl<T> Setting<T> {
    fn or(self, default: Option<T>) -> Option<T> {
        match self {
            Self::Inherit => default,
            Self::Unlimited => None,
            Self::At(limit) => Some(limit),
        }
    }
}

/// What a session is asked to be. Limits that are not mentioned are the policy's defaults; tools that are not
/// mentioned are not authorised.
#[derive(Debug, Clone, Default)]
pub struct SessionSpec {
    pub(crate) agent: String,
    pub(crate) tenant: Option<String>,
    pub(crate) intent: Option<String>,
    pub(crate) tools: Vec<(String, Option<u64>)>,
    calls: Setting<u64>,
    steps: Setting<u64>,
    discovered_steps: Setting<u64>,
    tokens: Setting<u64>,
    cost: Setting<NanoUsd>,
    rate: Setting<Rate>,
    tokens_rate: Setting<Rate>,
    cost_rate: Setting<Rate>,
    time_limit: Option<Nanos>,
    sensitivity: Option<Sensitivity>,
    pub(crate) carve_out: bool,
    pub(crate) execution: Option<Execution>,
    pub(crate) air_gap: Option<bool>,
}

/// What a session is held to.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) time_limit: Nanos,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) air_gap: bool,
    pub(crate) execution: Execution,
    pub(crate) limits: Limits,
}

impl SessionSpec {
    /// A session of `agent` that may call nothing yet.
    pub fn new(agent: impl Into<String>) -> Self {
        Self { agent: agent.into(), ..Self::default() }
    }

    /// On whose behalf: the tenant whose limits it shares too.
    #[must_use]
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        Self { tenant: Some(tenant.into()), ..self }
    }

    /// What it is for, 1 to 512 bytes.
    #[must_use]
    pub fn intent(self, intent: impl Into<String>) -> Self {
        Self { intent: Some(intent.into()), ..self }
    }

    /// Authorises `tools` too, without caps of their own; `"*"` authorises all.
    #[must_use]
    pub fn tools<T: Into<String>>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        self.tools.extend(tools.into_iter().map(|name| (name.into(), None)));
        self
    }

    /// Authorises `tool` too, for at most `cap` calls if there is a cap.
    #[must_use]
    pub fn tool(mut self, tool: impl Into<String>, cap: impl Into<Option<u64>>) -> Self {
        self.tools.push((tool.into(), cap.into()));
        self
    }

    /// Budget of calls, at most 2⁴⁸.
    #[must_use]
    pub fn calls(self, calls: impl Into<Setting<u64>>) -> Self {
        Self { calls: calls.into(), ..self }
    }

    /// Budget of steps, at most 2⁴⁸.
    #[must_use]
    pub fn steps(self, steps: impl Into<Setting<u64>>) -> Self {
        Self { steps: steps.into(), ..self }
    }

    /// Budget of steps discovered on the way, at most 2⁴⁸.
    #[must_use]
    pub fn discovered_steps(self, steps: impl Into<Setting<u64>>) -> Self {
        Self { discovered_steps: steps.into(), ..self }
    }

    /// Budget of model tokens, at most 2⁴⁸.
    #[must_use]
    pub fn tokens(self, tokens: impl Into<Setting<u64>>) -> Self {
        Self { tokens: tokens.into(), ..self }
    }

    /// Budget of money, at most $18 million.
    #[must_use]
    pub fn cost(self, cost: impl Into<Setting<NanoUsd>>) -> Self {
        Self { cost: cost.into(), ..self }
    }

    /// Rate of calls.
    #[must_use]
    pub fn rate(self, rate: impl Into<Setting<Rate>>) -> Self {
        Self { rate: rate.into(), ..self }
    }

    /// Rate of model tokens.
    #[must_use]
    pub fn tokens_rate(self, rate: impl Into<Setting<Rate>>) -> Self {
        Self { tokens_rate: rate.into(), ..self }
    }

    /// Rate of money, in nano-dollars per window.
    #[must_use]
    pub fn cost_rate(self, rate: impl Into<Setting<Rate>>) -> Self {
        Self { cost_rate: rate.into(), ..self }
    }

    /// How long it lives: 1 s to the policy's maximum, which is 24 h unless it says otherwise.
    #[must_use]
    pub fn time_limit(self, limit: impl Into<Nanos>) -> Self {
        Self { time_limit: Some(limit.into()), ..self }
    }

    /// The most sensitive data it may touch.
    #[must_use]
    pub fn sensitivity(self, ceiling: Sensitivity) -> Self {
        Self { sensitivity: Some(ceiling), ..self }
    }

    /// Whether the budgets it mentions are moved out of its parent's at once, and what is left of them returns when it ends;
    /// otherwise they are caps within the parent's. For [`Session::delegate`](crate::Session::delegate) only.
    #[must_use]
    pub fn carve_out(self, carve_out: bool) -> Self {
        Self { carve_out, ..self }
    }

    /// What is watched of it as a long-running execution; the policy's `[execution]` unless it is said here.
    #[must_use]
    pub fn execution(self, execution: Execution) -> Self {
        Self { execution: Some(execution), ..self }
    }

    /// Whether it may call only tools that the policy's catalog says do not need the network.
    #[must_use]
    pub fn air_gap(self, air_gap: bool) -> Self {
        Self { air_gap: Some(air_gap), ..self }
    }

    /// The time limit that was asked for.
    pub(crate) fn time(&self) -> Option<Nanos> {
        self.time_limit
    }

    /// The sensitivity ceiling that was asked for.
    pub(crate) fn ceiling(&self) -> Option<Sensitivity> {
        self.sensitivity
    }

    /// The limits, with `defaults` where nothing else is said.
    pub(crate) fn limits(&self, defaults: &Limits) -> Limits {
        Limits {
            calls: self.calls.or(defaults.calls),
            steps: self.steps.or(defaults.steps),
            discovered_steps: self.discovered_steps.or(defaults.discovered_steps),
            tokens: self.tokens.or(defaults.tokens),
            cost: self.cost.or(defaults.cost),
            rate: self.rate.or(defaults.rate),
            tokens_rate: self.tokens_rate.or(defaults.tokens_rate),
            cost_rate: self.cost_rate.or(defaults.cost_rate),
        }
    }

    /// What a session of its own is held to under `policy`. Errors: a time limit below 1 s or above the maximum, an execution that
    /// makes no sense.
    pub(crate) fn terms(&self, policy: &Policy) -> Result<Terms, Error> {
        let defaults = policy.defaults();
        let time_limit = self.time_limit.unwrap_or(defaults.time_limit);
        if time_limit < TIME_LIMIT_MIN || time_limit > defaults.max_time_limit {
            let problem = format!("is outside {TIME_LIMIT_MIN} to {}", defaults.max_time_limit);
            return Err(Error::new("time_limit", time_limit, problem));
        }
        if self.carve_out {
            return Err(Error::new("carve_out", true, "is for a session that is delegated"));
        }
        let execution = self.execution.unwrap_or(*policy.execution());
        execution.check().map_err(|error| error.within("execution"))?;
        let mut limits = self.limits(&defaults.limits);
        if matches!(self.discovered_steps, Setting::Inherit) {
            limits.discovered_steps = limits.discovered_steps.or(execution.discovered_steps);
        }
        let sensitivity = self.sensitivity.unwrap_or(defaults.sensitivity);
        let air_gap = self.air_gap.unwrap_or(defaults.air_gap);
        Ok(Terms { time_limit, sensitivity, air_gap, execution, limits })
    }

    /// Errors: names or an intent that are empty, too long or hold control characters.
    pub(crate) fn check_names(&self) -> Result<(), Error> {
        check_text("agent", &self.agent, NAME_MAX)?;
        self.tenant.as_deref().map_or(Ok(()), |tenant| check_text("tenant", tenant, NAME_MAX))?;
        self.intent.as_deref().map_or(Ok(()), |intent| check_text("intent", intent, INTENT_MAX))
    }
}

/// Errors: `text` is empty (or only white space), longer than `longest` bytes, or holds control characters. A line
/// break or a tab is fine in an intent, which is prose.
fn check_text(argument: &str, text: &str, longest: usize) -> Result<(), Error> {
    let prose = |c: char| argument == "intent" && matches!(c, '\n' | '\r' | '\t');
    let problem = if text.trim().is_empty() {
        "is empty".to_owned()
    } else if text.len() > longest {
        format!("is longer than {longest} bytes")
    } else if text.chars().any(|c| c.is_control() && !prose(c)) {
        "holds control characters".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::new(argument, format_args!("{text:?}"), problem))
}
