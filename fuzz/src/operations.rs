//! What bytes become: rules, and a history of operations under them.

use allotment::{NanoUsd, Nanos, Policy, Rate, SessionSpec, Setting, TopUp, Usage};
use arbitrary::{Arbitrary, Result, Unstructured};

/// The tools there are.
pub const TOOLS: [&str; 4] = ["read", "send", "heavy", "delete_all"];
/// The agents there are.
pub const AGENTS: [&str; 3] = ["ada", "bob", "cyd"];

/// An amount: mostly little, so that limits are met, and now and then one at which something could overflow.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Amount {
    None,
    One,
    Little(u8),
    Some(u16),
    Edge(u8),
    Any(u64),
}

impl Amount {
    /// The units.
    #[must_use]
    pub fn get(self) -> u64 {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::Little(little) => u64::from(little % 16),
            Self::Some(some) => u64::from(some),
            // 2^0 to 2^63, and their neighbours.
            Self::Edge(edge) => (1u64 << (edge % 64)).wrapping_add(u64::from(edge / 64)).wrapping_sub(1),
            Self::Any(any) => any,
        }
    }
}

/// What is used, or estimated.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Used {
    tokens: Amount,
    cost: Amount,
    steps: Amount,
    discovered_steps: Amount,
    split: Option<[Amount; 3]>,
}

impl Used {
    /// As usage.
    #[must_use]
    pub fn usage(self) -> Usage {
        let [input, output, cached] = self.split.unwrap_or([Amount::None; 3]).map(Amount::get);
        let Self { tokens, cost, steps, discovered_steps, .. } = self;
        let usage = Usage { tokens: tokens.get(), ..Usage::model(input, output).cached(cached) };
        let usage = usage.cost(NanoUsd::new(cost.get())).steps(steps.get());
        usage.discovered_steps(discovered_steps.get())
    }
}

/// What a session is asked to be.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Asked {
    pub agent: u8,
    tenant: bool,
    tools: u8,
    cap: Option<u8>,
    calls: Option<Amount>,
    tokens: Option<Amount>,
    cost: Option<Amount>,
    steps: Option<Amount>,
    discovered_steps: Option<Amount>,
    rate: Option<(u8, u8)>,
    seconds: Option<u8>,
    carve_out: bool,
}

impl Asked {
    /// Which resources a child's budgets take out of its parent's: calls, steps, discovered steps, tokens, cost.
    #[must_use]
    pub fn carved(&self) -> [bool; 5] {
        let budgets = [self.calls, self.steps, self.discovered_steps, self.tokens, self.cost];
        budgets.map(|budget| self.carve_out && budget.is_some())
    }

    /// As a specification; `delegated`: of a child, which has its parent's tenant.
    #[must_use]
    pub fn spec(self, delegated: bool) -> SessionSpec {
        let setting = |amount: Option<Amount>| match amount.map(Amount::get) {
            Some(limit) => Setting::At(limit),
            None if delegated => Setting::Inherit,
            None => Setting::Unlimited,
        };
        let cost = match setting(self.cost) {
            Setting::At(nanos) => Setting::At(NanoUsd::new(nanos)),
            Setting::Unlimited => Setting::Unlimited,
            Setting::Inherit => Setting::Inherit,
        };
        let spec = SessionSpec::new(AGENTS[usize::from(self.agent) % AGENTS.len()])
            .calls(setting(self.calls))
            .tokens(setting(self.tokens))
            .cost(cost)
            .steps(setting(self.steps))
            .discovered_steps(setting(self.discovered_steps))
            .carve_out(self.carve_out && delegated);
        let listed = TOOLS.iter().enumerate().filter(|(at, _)| self.tools >> at & 1 == 0);
        let spec = listed
            .fold(spec, |spec, (at, tool)| spec.tool(*tool, self.cap.filter(|_| at == 1).map(u64::from)));
        let spec = if self.tenant && !delegated { spec.tenant("acme") } else { spec };
        let rate = self
            .rate
            .and_then(|(limit, per)| Rate::new(limit.into(), Nanos::from_secs(u64::from(per) + 1)).ok());
        let spec = rate.into_iter().fold(spec, SessionSpec::rate);
        self.seconds.into_iter().fold(spec, |spec, seconds| spec.time_limit(Nanos::from_secs(seconds.into())))
    }
}

/// By how much limits are raised.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Raised {
    calls: Amount,
    tokens: Amount,
    cost: Amount,
    time: Amount,
}

impl Raised {
    /// As a top-up.
    #[must_use]
    pub fn top_up(self) -> TopUp {
        let Self { calls, tokens, cost, time } = self;
        let (cost, time) = (NanoUsd::new(cost.get()), Nanos::new(time.get()));
        TopUp { calls: calls.get(), tokens: tokens.get(), cost, time, ..TopUp::default() }
    }
}

/// What the policy says.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the policy")]
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Rules {
    pub agent_calls: Option<u8>,
    agent_rate: Option<u8>,
    tenant_tokens: Option<Amount>,
    tenant_cost: Option<u8>,
    max_sessions: u8,
    pub weight: u8,
    input: u8,
    threshold: u8,
    preset: u8,
    pauses: bool,
    releases: bool,
    denies_drift: bool,
    grants: bool,
    /// Not of the policy: whether every session is looked at after each operation ([`sums`](crate::sums)).
    pub sums: bool,
}

impl Rules {
    /// How many calls one of `tool` counts for.
    #[must_use]
    pub fn weight_of(&self, tool: &str) -> u64 {
        if tool == "heavy" { u64::from(self.weight % 8).max(1) } else { 1 }
    }

    /// As a policy.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let line =
            |key: &str, value: Option<String>| value.map_or(String::new(), |v| format!("{key} = {v}\n"));
        let preset = ["disabled", "standard", "extended", "unlimited"][usize::from(self.preset) % 4];
        let tokens = self.tenant_tokens.map(|amount| (amount.get() % (1 << 48)).to_string());
        let text = [
            line("agents.\"*\".max_sessions", Some((self.max_sessions % 16 + 1).to_string())),
            line("agents.\"*\".calls", self.agent_calls.map(|calls| calls.to_string())),
            line("agents.\"*\".rate", self.agent_rate.map(|rate| format!("\"{rate}/min\""))),
            line("tenants.acme.tokens", tokens),
            line("tenants.acme.cost_usd", self.tenant_cost.map(|cost| format!("\"{cost}e-7\""))),
            line("tools.heavy.weight", Some(self.weight_of("heavy").to_string())),
            line("tokens.input", Some(format!("{}.25", self.input))),
            line("warnings.threshold", Some(format!("{:.3}", f64::from(self.threshold) / 255.0))),
            line("execution.preset", Some(format!("{preset:?}"))),
            line("approval.on_exhausted", self.pauses.then(|| "\"pause\"".to_owned())),
            line("reservations.on_vanish", self.releases.then(|| "\"release\"".to_owned())),
            line("intent.on_drift", self.denies_drift.then(|| "\"deny\"".to_owned())),
            // More than a step tells of; a larger queue costs most of the time of a short history.
            line("events.capacity", Some("256".to_owned())),
            line("events.grants", Some(self.grants.to_string())),
        ];
        Policy::from_toml_str(&text.concat()).expect("a valid policy")
    }
}

/// One thing that is done. A number picks a session, a reservation, a tool or an agent.
#[derive(Debug, Clone, Arbitrary)]
pub enum Operation {
    Create(Asked),
    Delegate(u8, Asked),
    Authorize(u8, u8),
    AuthorizeWith(u8, u8, Used),
    Batch(u8, Vec<u8>),
    Preview(u8, u8),
    Admit(u8, Used),
    Reserve(u8, Used),
    ReserveAtLeast(u8, Used, Used),
    Settle(u8, Used),
    Release(u8),
    Progress(u8, Used),
    Forfeit(u8),
    Drop(u8),
    Record(u8, Used),
    TopUp(u8, Raised),
    Pause(u8),
    Resume(u8),
    Close(u8),
    CloseAgent(u8),
    SetPolicy(Rules),
    Milliseconds(u16),
    Nanoseconds(Amount),
    Sweep,
}

/// Rules, and what is done under them.
#[derive(Debug)]
pub struct History {
    pub rules: Rules,
    pub operations: Vec<Operation>,
}

impl<'a> Arbitrary<'a> for History {
    /// Operations for as long as there are bytes; a derived one would stop after every second on average.
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let (rules, mut operations) = (bytes.arbitrary()?, Vec::new());
        while !bytes.is_empty() {
            operations.push(bytes.arbitrary()?);
        }
        Ok(Self { rules, operations })
    }
}
