//! Another policy made of one: every `with_…` checks first and changes nothing else.

use super::{
    Defaults, EventRules, Execution, IntentRules, OnExhausted, OnVanish, PartyLimits, Policy, TokenWeights,
    ToolRules, section,
};
use crate::error::Error;

impl Policy {
    /// The same policy with other defaults.
    ///
    /// Errors: a limit above its bound, a `time_limit` outside 1 s to `max_time_limit`, which is at most 365 days, and
    /// without `any_tool_name` a tool of this policy whose name needs it.
    pub fn with_defaults(self, defaults: Defaults) -> Result<Self, Error> {
        defaults.check().map_err(|error| error.within("defaults"))?;
        if !defaults.any_tool_name {
            self.tools.check_closed()?;
        }
        Ok(Self { defaults, ..self })
    }

    /// The same policy, warning when `fraction` or less remains. It is rounded to parts per million, but only 0 itself
    /// means never.
    ///
    /// Errors: anything but a number from 0 to 1.
    pub fn with_warning_threshold(self, fraction: f64) -> Result<Self, Error> {
        let warn_ppm = section::warn_ppm(fraction).map_err(|error| error.within("warnings"))?;
        Ok(Self { warn_ppm, ..self })
    }

    /// The same policy with `limits` for the agents whose name matches `pattern`, in place of any it had for it.
    ///
    /// Errors: a pattern or a limit that makes no sense.
    pub fn with_agent(mut self, pattern: &str, limits: PartyLimits) -> Result<Self, Error> {
        self.agents.insert("agents", pattern, limits)?;
        Ok(self)
    }

    /// The same policy with `limits` for the tenants whose name matches `pattern`, in place of any it had for it.
    ///
    /// Errors: a pattern or a limit that makes no sense.
    pub fn with_tenant(mut self, pattern: &str, limits: PartyLimits) -> Result<Self, Error> {
        self.tenants.insert("tenants", pattern, limits)?;
        Ok(self)
    }

    /// The same policy with other rules about intents.
    ///
    /// Errors: a `pause_after` outside 1 to 2²⁰.
    pub fn with_intent(self, intent: IntentRules) -> Result<Self, Error> {
        intent.check().map_err(|error| error.within("intent"))?;
        Ok(Self { intent, ..self })
    }

    /// The same policy with `rules` for the tool `name`, in place of any it had for it.
    ///
    /// Errors: a name that is none (see [`Defaults::any_tool_name`]), a weight outside 1 to 2²⁰.
    pub fn with_tool(mut self, name: &str, rules: ToolRules) -> Result<Self, Error> {
        self.tools.insert("tools", name, self.defaults.any_tool_name, rules)?;
        Ok(self)
    }

    /// The same policy with other weights of tokens.
    ///
    /// Errors: a weight above 1000.
    pub fn with_token_weights(self, tokens: TokenWeights) -> Result<Self, Error> {
        tokens.check().map_err(|error| error.within("tokens"))?;
        Ok(Self { tokens, ..self })
    }

    /// The same policy with other limits of long-running executions.
    ///
    /// Errors: a limit that is out of bounds.
    pub fn with_execution(self, execution: Execution) -> Result<Self, Error> {
        execution.check().map_err(|error| error.within("execution"))?;
        Ok(Self { execution, ..self })
    }

    /// The same policy with other rules about events.
    ///
    /// Errors: a capacity outside 1 to 2²⁰.
    pub fn with_events(self, events: EventRules) -> Result<Self, Error> {
        events.check().map_err(|error| error.within("events"))?;
        Ok(Self { events, ..self })
    }

    /// The same policy with another choice for what a call does that a budget does not cover.
    ///
    /// Errors: none; a `Result` like the others, to be chained with them.
    pub fn with_on_exhausted(self, on_exhausted: OnExhausted) -> Result<Self, Error> {
        Ok(Self { on_exhausted, ..self })
    }

    /// The same policy with another choice for reservations whose holder vanishes.
    ///
    /// Errors: none; a `Result` like the others, to be chained with them.
    pub fn with_on_vanish(self, on_vanish: OnVanish) -> Result<Self, Error> {
        Ok(Self { on_vanish, ..self })
    }
}
