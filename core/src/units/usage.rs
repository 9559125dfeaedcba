//! [`Usage`]: what one admission demands besides its calls, or what was used.

use super::{NanoUsd, Resource};

/// What one admission demands, or what was used, per resource. Calls are counted from the tools asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Model tokens that count as they are.
    pub tokens: u64,
    /// Money.
    pub cost: NanoUsd,
    /// Steps.
    pub steps: u64,
    /// Steps that were discovered on the way.
    pub discovered_steps: u64,
    /// Tokens of each kind, which count as the policy weighs them, in addition to `tokens`.
    pub split: Split,
}

/// Model tokens by kind. What was read from a cache is not in `input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Split {
    /// Tokens that the model read.
    pub input: u64,
    /// Tokens that the model wrote.
    pub output: u64,
    /// Tokens that the model read from a cache.
    pub cached: u64,
}

impl Split {
    /// None of any kind.
    pub const NONE: Self = Self { input: 0, output: 0, cached: 0 };
}

impl Usage {
    /// Nothing beyond the call itself.
    pub const NONE: Self =
        Self { tokens: 0, cost: NanoUsd::ZERO, steps: 0, discovered_steps: 0, split: Split::NONE };

    /// `tokens` model tokens.
    #[must_use]
    pub const fn tokens(tokens: u64) -> Self {
        Self { tokens, ..Self::NONE }
    }

    /// `input` tokens that a model read and `output` tokens that it wrote.
    #[must_use]
    pub const fn model(input: u64, output: u64) -> Self {
        Self { split: Split { input, output, cached: 0 }, ..Self::NONE }
    }

    /// The same with `cached` tokens that the model read from a cache.
    #[must_use]
    pub const fn cached(self, cached: u64) -> Self {
        Self { split: Split { cached, ..self.split }, ..self }
    }

    /// The same with `cost`.
    #[must_use]
    pub const fn cost(self, cost: NanoUsd) -> Self {
        Self { cost, ..self }
    }

    /// The same with `steps`.
    #[must_use]
    pub const fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// The same with `steps` that were discovered on the way.
    #[must_use]
    pub const fn discovered_steps(self, steps: u64) -> Self {
        Self { discovered_steps: steps, ..self }
    }

    /// The same with `amount` of `resource`; of what is not metered by usage, nothing changes.
    pub(crate) const fn with(self, resource: Resource, amount: u64) -> Self {
        match resource {
            Resource::Steps => Self { steps: amount, ..self },
            Resource::DiscoveredSteps => Self { discovered_steps: amount, ..self },
            Resource::Tokens => Self { tokens: amount, ..self },
            Resource::Cost => Self { cost: NanoUsd::new(amount), ..self },
            _ => self,
        }
    }
}
