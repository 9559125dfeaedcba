//! [`Tree`]: the sessions that all threads share for a round, and what each thread did to each of them.

use allotment::{
    CreateError, Enforcer, Execution, NanoUsd, Resource, ResourceSnapshot, Session, SessionSpec,
};

use crate::amounts::Amounts;
use crate::flow::Flow;
use crate::terms::AGENTS;

/// root; a child with caps; one whose budgets are carved out, with such a one of its own; one in the root's pool; an execution in it.
pub(crate) const NODES: usize = 6;
pub(crate) const ROOT: usize = 0;
pub(crate) const EXECUTION: usize = 5;

const PARENTS: [Option<usize>; NODES] = [None, Some(0), Some(0), Some(2), Some(0), Some(0)];
/// The agents on each node's path.
const PATHS: [&str; NODES] = ["a", "ab", "ab", "abc", "ac", "ac"];

#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: [Session; NODES],
    /// By thread, by node.
    pub(crate) flows: Vec<[Flow; NODES]>,
}

/// A figure of each resource of each node.
pub(crate) type Figures = [Amounts; NODES];

/// Spent, reserved and the limit of each resource.
pub(crate) type Seen = [(u64, u64, Option<u64>); 5];

pub(crate) fn of_session(session: &Session) -> Seen {
    let figures = |it: &ResourceSnapshot| (it.spent, it.reserved, it.limit);
    let seen = session.snapshot();
    [&seen.calls, &seen.steps, &seen.discovered_steps, &seen.tokens, &seen.cost].map(figures)
}

impl Tree {
    pub(crate) fn plant(enforcer: &Enforcer, threads: usize) -> Result<Self, CreateError> {
        let spec = |agent: &str| SessionSpec::new(agent).tools(["read", "write"]);
        let dollars = NanoUsd::new;
        let root = spec("a").tenant("t").calls(40_000).tokens(150_000).cost(dollars(140_000)).steps(200_000);
        let root = enforcer.create(root)?;
        let capped = root.delegate(spec("b").calls(9_000).tokens(25_000))?;
        let carved = spec("b").carve_out(true).calls(8_000).tokens(40_000).steps(20_000);
        let carved = root.delegate(carved)?;
        let inner = carved.delegate(spec("c").tokens(15_000).carve_out(true))?;
        let pooled = root.delegate(spec("c"))?;
        let limits = Execution {
            depth: Some(3),
            repetitions: Some(3),
            memory: Some(1_000),
            cost: Some(dollars(60_000)),
            discovered_steps: Some(50_000),
            ..Execution::DISABLED
        };
        let execution = root.delegate(spec("c").execution(limits))?;
        let flows = (0..threads).map(|_| Default::default()).collect();
        Ok(Self { nodes: [root, capped, carved, inner, pooled, execution], flows })
    }

    pub(crate) fn parent(node: usize) -> Option<usize> {
        PARENTS[node]
    }

    /// Which of [`AGENTS`] are charged for what `node` does.
    pub(crate) fn agents(node: usize) -> [bool; 3] {
        AGENTS.map(|agent| PATHS[node].contains(agent))
    }

    /// Whether the budget of a resource was carved out of the parent's: those of calls, steps and tokens of the one, of tokens of
    /// the other.
    pub(crate) fn is_carved(node: usize, r: usize) -> bool {
        match node {
            2 => [true, true, false, true, false][r],
            3 => [false, false, false, true, false][r],
            _ => false,
        }
    }

    pub(crate) fn seen(&self) -> [Seen; NODES] {
        self.nodes.each_ref().map(of_session)
    }

    /// The sum over all threads of one of a flow's figures, by node.
    pub(crate) fn summed<const N: usize>(&self, of: impl Fn(&Flow) -> [Amounts; N]) -> [Figures; N] {
        let mut sums = [[[0; 5]; NODES]; N];
        for (node, flow) in self.flows.iter().flat_map(|flows| flows.iter().enumerate()) {
            for (sum, amounts) in sums.iter_mut().zip(of(flow)) {
                sum[node] = crate::amounts::sum(sum[node], amounts);
            }
        }
        sums
    }
}

/// The name of a resource by its place.
pub(crate) fn name(r: usize) -> &'static str {
    [Resource::Calls, Resource::Steps, Resource::DiscoveredSteps, Resource::Tokens, Resource::Cost][r].name()
}
