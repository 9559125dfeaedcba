//! The conservation law under threads: whatever they do to a tree, each account has spent what their own ledgers say.

use allotment::{
    Call, CreateError, Denial, Enforcer, EventKind, NanoUsd, Policy, Reason, Reservation, ResourceSnapshot,
    Session, SessionSpec, Setting, TopUp, Usage,
};

use crate::common::{free, policy, under};
use crate::seed::seed;
use crate::{Random, race};

/// Calls, steps, discovered steps, tokens, cost.
type Amounts = [u64; 5];

const THREADS: usize = 6;
const ROUNDS: u64 = 24;
const STEPS: usize = 1_500;

const AGENTS: [&str; 3] = ["a", "b", "c"];

/// Budgets that are met, and change under way; what has been spent stays spent.
fn terms(agents: u64, tenant: u64) -> Policy {
    let of_agent = |agent: &str| format!("[agents.{agent}]\nmax_sessions = 500\ntokens = {agents}\n");
    let of_tenant =
        format!("[tenants.t]\ncalls = {tenant}\ntokens = {tenant}\ncost_usd = \"0.0000{tenant}\"\n");
    policy(
        &(AGENTS.map(of_agent).concat()
            + &of_tenant
            + "[events]\ncapacity = 100_000\nwarnings = false\ndenials = false"),
    )
}

/// What one thread knows of what it did.
#[derive(Debug, Clone, Default)]
struct Ledger {
    /// By session: what it was granted, settled and recorded, and what of that nobody had asked for.
    spent: Vec<Amounts>,
    unasked: Vec<Amounts>,
    /// Tokens by agent.
    agents: [u64; 3],
    overruns: u64,
    forfeits: u64,
}

/// To whose account something goes: a node's, or that of a child of it; and which agents are on its path.
#[derive(Debug, Clone, Copy)]
struct Whose {
    node: usize,
    agents: [bool; 3],
}

/// A fixed part of the tree that all threads use: root, a capped child, a carved one with a child of its own, a pooled one.
struct Tree {
    enforcer: Enforcer,
    nodes: [Session; 5],
    /// Each node's parent, of what its budget was carved out, and which agents are on its path.
    parents: [Option<usize>; 5],
    carved: [[bool; 5]; 5],
    agents: [[bool; 3]; 5],
}

fn tree() -> Tree {
    let (enforcer, _) = under("[events]\ncapacity = 100_000");
    enforcer.set_policy(terms(12_000, 14_000));
    let spec = |agent: &str| SessionSpec::new(agent).tools(["read", "write"]);
    let root = free("a").tenant("t").calls(3_600).tokens(15_000).cost(NanoUsd::new(14_000)).steps(20_000);
    let root = enforcer.create(root).unwrap();
    let capped = root.delegate(spec("b").calls(900).tokens(2_500)).unwrap();
    let carved = root.delegate(spec("b").carve_out(true).calls(800).tokens(4_000).steps(2_000)).unwrap();
    let inner = carved.delegate(spec("c").tokens(1_500).carve_out(true)).unwrap();
    let pooled = root.delegate(spec("c")).unwrap();
    let mut outs = [[false; 5]; 5];
    (outs[2], outs[3]) = ([true, true, false, true, false], [false, false, false, true, false]);
    let agents = ["a", "ab", "ab", "abc", "ac"].map(|path| AGENTS.map(|agent| path.contains(agent)));
    let nodes = [root, capped, carved, inner, pooled];
    Tree { enforcer, nodes, parents: [None, Some(0), Some(0), Some(2), Some(0)], carved: outs, agents }
}

fn admitted<T>(decided: Result<T, Denial>) -> Option<T> {
    let fair = [Reason::BudgetExceeded, Reason::Contended, Reason::Paused, Reason::Closed];
    decided.inspect_err(|denial| assert!(fair.contains(&denial.reason()), "{}", denial.detail())).ok()
}

fn amounts(calls: u64, usage: Usage) -> Amounts {
    [calls, usage.steps, usage.discovered_steps, usage.tokens, usage.cost.get()]
}

fn add(to: &mut Amounts, amounts: Amounts) {
    to.iter_mut().zip(amounts).for_each(|(to, amount)| *to += amount);
}

/// One thread's work.
struct Worker<'t> {
    tree: &'t Tree,
    random: Random,
    ledger: Ledger,
    holds: Vec<(Whose, Reservation, Option<Usage>)>,
    /// Its own children of nodes, carved out or pooled, with what they have spent.
    children: Vec<(Whose, Session)>,
}

impl Worker<'_> {
    fn usage(&mut self, most: u64) -> Usage {
        let mut one = || if self.random.below(2) == 0 { 0 } else { self.random.below(most) };
        Usage::tokens(one()).cost(NanoUsd::new(one())).steps(one()).discovered_steps(one())
    }

    /// What was charged, of which `asked` had been admitted.
    fn note(&mut self, Whose { node, agents }: Whose, charged: Amounts, asked: Amounts) {
        self.ledger
            .agents
            .iter_mut()
            .zip(agents)
            .filter(|(_, on)| *on)
            .for_each(|(tokens, _)| *tokens += charged[3]);
        add(&mut self.ledger.spent[node], charged);
        let unasked = std::array::from_fn(|r| charged[r].saturating_sub(asked[r]));
        add(&mut self.ledger.unasked[node], unasked);
    }

    fn admit(&mut self, whose: Whose, charged: Amounts, decided: bool) {
        if decided {
            self.note(whose, charged, charged);
        }
    }

    /// A session to work with, and the node to whose account it is noted: that node itself, or a child of it.
    fn pick(&mut self) -> (Whose, Session) {
        let node = usize::try_from(self.random.below(5)).unwrap();
        let child = self.random.below(4) == 0;
        match self.children.last().filter(|_| child) {
            Some(child) => child.clone(),
            None => (Whose { node, agents: self.tree.agents[node] }, self.tree.nodes[node].clone()),
        }
    }

    fn step(&mut self) {
        let (whose, session) = self.pick();
        let usage = self.usage(24);
        match self.random.below(20) {
            0..=3 => {
                let decided = admitted(session.authorize("read")).is_some();
                self.admit(whose, [1, 0, 0, 0, 0], decided);
            }
            4..=5 => {
                let decided = admitted(session.authorize_batch(["read", "write", "read"])).is_some();
                self.admit(whose, [3, 0, 0, 0, 0], decided);
            }
            6..=7 => {
                let decided = admitted(session.authorize_call(Call::of("write").usage(usage))).is_some();
                self.admit(whose, amounts(1, usage), decided);
            }
            8 => {
                let decided = admitted(session.admit(usage)).is_some();
                self.admit(whose, amounts(0, usage), decided);
            }
            9..=11 => {
                let least = if self.random.below(2) == 0 { usage } else { Usage::NONE };
                self.holds
                    .extend(admitted(session.reserve_at_least(usage, least)).map(|hold| (whose, hold, None)));
            }
            12..=15 => self.end(),
            16 => {
                let usage = self.usage(4);
                let overrun = session.record(usage);
                self.ledger.overruns += u64::from(overrun);
                self.note(whose, amounts(0, usage), [0; 5]);
            }
            17 => self.branch(whose.node),
            18 => {
                if let Some((_, child)) = (self.children.len() > 3).then(|| self.children.remove(0)) {
                    admitted(child.close());
                }
            }
            _ => match self.random.below(6) {
                0 => drop(admitted(self.tree.nodes[whose.node].pause())),
                1 => drop(session.top_up(TopUp { steps: 1, ..TopUp::default() })),
                2 => self
                    .tree
                    .enforcer
                    .set_policy(terms(9_000 + self.random.below(4_000), 10_000 + self.random.below(9_000))),
                _ => self.tree.nodes.iter().for_each(|node| assert!(node.resume().is_ok())),
            },
        }
    }

    /// Ends a reservation, one way or another.
    fn end(&mut self) {
        if self.holds.is_empty() {
            return;
        }
        let at = usize::try_from(self.random.below(self.holds.len() as u64)).unwrap();
        let (said, how) = (self.usage(12), self.random.below(6));
        if how == 0 {
            self.holds[at].1.progress(said);
            self.holds[at].2 = Some(said);
            return;
        }
        let (whose, hold, progress) = self.holds.swap_remove(at);
        let granted = hold.granted();
        let (charged, overrun) = match (how, progress) {
            (1, _) => hold.release().map(|()| (Usage::NONE, false)).unwrap(),
            (2, None) => {
                // What was granted can overrun nothing.
                drop(hold);
                self.ledger.forfeits += 1;
                self.note(whose, amounts(0, granted), amounts(0, granted));
                return;
            }
            (2, Some(progress)) => {
                let settled = hold.forfeit().unwrap();
                assert_eq!(settled.charged, progress);
                self.ledger.forfeits += 1;
                (settled.charged, settled.overrun)
            }
            (3, _) => hold.settle(granted).map(|settled| (settled.charged, settled.overrun)).unwrap(),
            _ => hold.settle(said).map(|settled| (settled.charged, settled.overrun)).unwrap(),
        };
        assert!(hold.forfeit().is_none() && hold.settle(said).is_err());
        self.ledger.overruns += u64::from(overrun);
        self.note(whose, amounts(0, charged), amounts(0, granted));
    }

    /// Ends what is open.
    fn finish(mut self) -> Ledger {
        while !self.holds.is_empty() {
            self.end();
        }
        self.children.iter().for_each(|(_, child)| assert!(child.close().is_ok()));
        self.ledger
    }

    /// Delegates a child of `node`, carved out of its budget or in its pool.
    fn branch(&mut self, node: usize) {
        if self.children.len() > 5 {
            return;
        }
        let agent = usize::try_from(self.random.below(3)).unwrap();
        let mut agents = self.tree.agents[node];
        agents[agent] = true;
        let spec = SessionSpec::new(AGENTS[agent]).tools(["read", "write"]);
        let spec = match self.random.below(3) {
            0 => spec,
            1 => spec.tokens(30 + self.random.below(200)).carve_out(true),
            _ => spec.tokens(self.random.below(100)).steps(50).carve_out(true),
        };
        match self.tree.nodes[node].delegate(spec) {
            Ok(child) => self.children.push((Whose { node, agents }, child)),
            Err(CreateError::Denied(denial)) => drop(admitted::<()>(Err(denial))),
            Err(CreateError::Invalid(error)) => panic!("{error}"),
        }
    }
}

impl Tree {
    /// What each node has of `own` and of its children's, as much as `share` says of theirs.
    fn rolled_up(&self, own: &[Amounts], share: impl Fn(usize, usize, u64) -> u64) -> Vec<Amounts> {
        let mut spent = own.to_vec();
        for node in (0..spent.len()).rev() {
            if let Some(parent) = self.parents[node] {
                let shares = std::array::from_fn(|r| share(node, r, spent[node][r]));
                add(&mut spent[parent], shares);
            }
        }
        spent
    }

    /// Every node's figures: spent, reserved, limit.
    fn seen(&self) -> Vec<[(u64, u64, Option<u64>); 5]> {
        let figures = |it: &ResourceSnapshot| (it.spent, it.reserved, it.limit);
        let of = |node: &Session| {
            let seen = node.snapshot();
            [&seen.calls, &seen.steps, &seen.discovered_steps, &seen.tokens, &seen.cost].map(figures)
        };
        self.nodes.iter().map(of).collect()
    }

    /// The law, `open` being whether what was carved out is still out; nothing is reserved.
    fn check(&self, ledgers: &[Ledger], open: bool, round: u64) {
        let all = |what: fn(&Ledger) -> &Vec<Amounts>| {
            let mut all = vec![[0; 5]; self.nodes.len()];
            for (node, amounts) in ledgers.iter().flat_map(|ledger| what(ledger).iter().enumerate()) {
                add(&mut all[node], *amounts);
            }
            all
        };
        let seen = self.seen();
        let spent = self.rolled_up(&all(|ledger| &ledger.spent), |node, r, figure| {
            let budget = seen[node][r].2.filter(|_| open && self.carved[node][r]);
            budget.map_or(figure, |budget| figure.max(budget))
        });
        let unasked = self.rolled_up(&all(|ledger| &ledger.unasked), |_, _, figure| figure);
        for node in 0..self.nodes.len() {
            for r in 0..5 {
                let (figure, reserved, limit) = seen[node][r];
                assert_eq!(
                    (figure, reserved),
                    (spent[node][r], 0),
                    "round {round}: resource {r} of node {node}"
                );
                let over = limit.is_some_and(|limit| figure > limit + unasked[node][r]);
                assert!(!over, "round {round}: {figure} of {limit:?}, {} unasked", unasked[node][r]);
            }
        }
    }
}

/// What each agent and the tenant has spent of tokens, as one is told who asks for more than there is.
fn told(enforcer: &Enforcer) -> [u64; 4] {
    let spent = |spec: SessionSpec| {
        let probe = enforcer.create(spec.calls(Setting::Unlimited)).unwrap();
        probe.reserve(Usage::tokens(1 << 40)).unwrap_err().used().unwrap()
    };
    let [a, b, c] = AGENTS.map(|agent| spent(SessionSpec::new(agent)));
    [a, b, c, spent(SessionSpec::new("stranger").tenant("t"))]
}

#[test]
// D22, D24, D25
fn d22_d24_d25_a_tree_has_spent_what_its_threads_say() {
    let seed = seed();
    for round in 0..ROUNDS {
        let tree = tree();
        let work = |half: u64, before: &[Ledger]| {
            race(THREADS, |thread| {
                let random = Random(seed ^ (round << 16 | half << 8 | thread as u64));
                let (holds, children) = (Vec::new(), Vec::new());
                let mut worker =
                    Worker { tree: &tree, random, ledger: before[thread].clone(), holds, children };
                (0..STEPS / 2).for_each(|_| worker.step());
                worker.finish()
            })
        };
        let none = Ledger { spent: vec![[0; 5]; 5], unasked: vec![[0; 5]; 5], ..Ledger::default() };
        let ledgers = work(0, &vec![none; THREADS]);
        tree.check(&ledgers, true, round);
        let ledgers = work(1, &ledgers);
        tree.check(&ledgers, true, round);
        tree.nodes[0].close().unwrap();
        tree.check(&ledgers, false, round);
        tree.enforcer.sweep();
        tree.check(&ledgers, false, round);

        let sum = |of: &dyn Fn(&Ledger) -> u64| ledgers.iter().map(of).sum::<u64>();
        let [a, b, c] = [0, 1, 2].map(|agent| sum(&|ledger| ledger.agents[agent]));
        let all = sum(&|ledger| ledger.spent.iter().map(|spent| spent[3]).sum());
        assert_eq!(told(&tree.enforcer), [a, b, c, all], "round {round}");
        let kinds: Vec<EventKind> = tree.enforcer.events().map(|event| event.kind()).collect();
        let count = |kind| kinds.iter().filter(|&&it| it == kind).count() as u64;
        let (overruns, forfeits) = (sum(&|ledger| ledger.overruns), sum(&|ledger| ledger.forfeits));
        assert_eq!(
            (count(EventKind::Overrun), count(EventKind::Forfeited)),
            (overruns, forfeits),
            "round {round}"
        );
        let [calls, tokens] = [0, 3].map(|r| sum(&|ledger| ledger.spent.iter().map(|spent| spent[r]).sum()));
        println!("round {round}: {calls} calls, {tokens} tokens, {overruns} overruns, {forfeits} forfeits");
    }
}
