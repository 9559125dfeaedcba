//! The mix: what a thread does next, and how it is noted.

use std::cell::Cell;
use std::rc::Rc;

use allotment::{Call, EventKind, NanoUsd, Nanos, Session, SessionSpec, TopUp, Usage};

use crate::amounts::{Amounts, NOTHING, of_calls, of_usage, to_usage};
use crate::flow::Most;
use crate::terms::{AGENTS, VICTIM};
use crate::tree::{EXECUTION, NODES, ROOT, Tree};
use crate::worker::{Checked, Child, Whose, Worker};

/// How many of each a thread has open at most.
const CHILDREN: usize = 4;
const HOLDS: usize = 24;
const LEVELS: usize = 3;

impl Worker<'_> {
    pub(crate) fn session(&self, whose: &Whose) -> Session {
        whose
            .child
            .as_ref()
            .map_or_else(|| self.tree.nodes[whose.node].clone(), |child| child.session.clone())
    }

    /// Up to `most` of each resource but calls, often nothing.
    pub(crate) fn amounts(&mut self, most: u64) -> Amounts {
        let mut one = || if self.random.one_in(2) { 0 } else { self.random.below(most) };
        [0, one(), one(), one(), one()]
    }

    fn pick(&mut self) -> Whose {
        if !self.children.is_empty() && self.random.one_in(4) {
            return self.children[self.random.index(self.children.len())].clone();
        }
        let node = self.random.index(NODES);
        Whose { node, agents: Tree::agents(node), child: None }
    }

    pub(crate) fn step(&mut self) -> Checked {
        let whose = self.pick();
        let session = self.session(&whose);
        let amounts = self.amounts(24);
        let usage = to_usage(amounts);
        match self.random.below(100) {
            0..=13 => drop(self.admit("authorize", &whose, of_calls(1), || session.authorize("read"))?),
            14..=18 => {
                let (enforcer, id) = (&self.yard.enforcer, session.id());
                let ask = || enforcer.authorize(id, session.agent(), "write");
                drop(self.admit("by id", &whose, of_calls(1), ask)?);
            }
            19..=22 => {
                let ask = || session.authorize_batch(["read", "write", "read"]);
                drop(self.admit("batch", &whose, of_calls(3), ask)?);
            }
            23..=28 => {
                let ask = || session.authorize_call(Call::of("write").usage(usage));
                drop(self.admit("call", &whose, of_usage(1, usage), ask)?);
            }
            29..=31 => drop(self.admit("admit", &whose, amounts, || session.admit(usage))?),
            32..=33 => {
                let _ = self.report.tally.decided("preview", session.preview("read"));
            }
            34 => {
                let _ = session.snapshot();
                self.report.tally.done("snapshot");
            }
            35..=47 if self.holds.len() < HOLDS => {
                let partly = self.random.one_in(3);
                self.reserve(whose, amounts, partly)?;
            }
            48..=61 => self.end()?,
            62..=64 => self.record(&whose),
            65..=68 => self.delegate(whose.node)?,
            69..=70 => self.close()?,
            71..=72 => self.top_up(),
            73 => self.pause(&session),
            74..=75 => self.resume()?,
            76..=79 => self.execution()?,
            80..=83 => self.limiter()?,
            84..=86 => self.rare()?,
            _ => self.guest()?,
        }
        Ok(())
    }

    fn record(&mut self, whose: &Whose) {
        let (session, amounts) = (self.session(whose), self.amounts(4));
        let most = Most { debit: amounts, unasked: amounts, back: NOTHING };
        if self.change(whose, most, || (amounts, session.record(to_usage(amounts)))) {
            self.told(EventKind::Overrun);
        }
        self.report.tally.done("record");
    }

    fn delegate(&mut self, node: usize) -> Checked {
        if self.children.len() >= CHILDREN {
            return Ok(());
        }
        let agent = self.random.index(AGENTS.len());
        let mut agents = Tree::agents(node);
        agents[agent] = true;
        let spec = SessionSpec::new(AGENTS[agent]).tools(["read", "write"]);
        let tokens = 1 + self.random.below(200);
        let (operation, spec, budgets) = match self.random.below(3) {
            0 => ("delegate", spec, [None; 5]),
            1 => {
                let budgets = [None, None, None, Some(tokens), None];
                ("carve out", spec.tokens(tokens).carve_out(true), budgets)
            }
            _ => {
                let budgets = [None, Some(20), None, Some(tokens), None];
                ("carve out", spec.tokens(tokens).steps(20).carve_out(true), budgets)
            }
        };
        let parent = self.tree.nodes[node].clone();
        // Nobody is charged for what moves; so these are the books of the node alone.
        let debit = budgets.map(Option::unwrap_or_default);
        let made = self.tree.flows[self.thread][node].change(Most { debit, ..Most::default() }, || {
            let made = parent.delegate(spec);
            (if made.is_ok() { debit } else { NOTHING }, made)
        });
        if let Err(allotment::CreateError::Denied(denial)) = &made {
            crate::worker::fair(denial)?;
        }
        if let Some(session) = self.report.tally.created(operation, made) {
            self.report.made += 1;
            let child = Child { session, budgets, spent: Cell::new(NOTHING), open: Cell::new(true) };
            self.children.push(Whose { node, agents, child: Some(Rc::new(child)) });
        }
        Ok(())
    }

    /// Closes one of its children.
    fn close(&mut self) -> Checked {
        if self.children.is_empty() {
            return Ok(());
        }
        let whose = self.children.swap_remove(self.random.index(self.children.len()));
        let Some(child) = &whose.child else { return Ok(()) };
        let back = child.left();
        let closed = self.tree.flows[self.thread][whose.node]
            .change(Most { back, ..Most::default() }, || (NOTHING, child.session.close()));
        child.open.set(false);
        let calls = child.spent.get()[0];
        let closed = closed.map_err(|denial| format!("a child was closed twice: {}", denial.detail()))?;
        self.report.tally.done("close");
        if closed.calls.spent == calls {
            Ok(())
        } else {
            Err(format!("{:?} for {calls} calls", closed.calls))
        }
    }

    fn top_up(&mut self) {
        let by = TopUp {
            calls: self.random.below(60),
            tokens: self.random.below(200),
            cost: NanoUsd::new(self.random.below(200)),
            steps: 1,
            ..TopUp::default()
        };
        let node = if self.random.one_in(4) { self.random.index(NODES) } else { ROOT };
        let raised = self.tree.nodes[node].top_up(by);
        if self.report.tally.created("top up", raised).is_some() {
            self.told(EventKind::ToppedUp);
        }
    }

    fn pause(&mut self, session: &Session) {
        // Rarely: others wait until somebody resumes it.
        if self.random.one_in(8) && self.report.tally.decided("pause", session.pause()).is_some() {
            self.told(EventKind::Paused);
        }
    }

    fn resume(&mut self) -> Checked {
        for node in &self.tree.nodes {
            self.report.tally.decided("resume", node.resume()).ok_or("an open session cannot be resumed")?;
        }
        self.children.iter().filter_map(|whose| whose.child.as_ref()).for_each(|child| {
            let _ = self.report.tally.decided("resume", child.session.resume());
        });
        Ok(())
    }

    /// What only an execution has.
    fn execution(&mut self) -> Checked {
        let session = self.tree.nodes[EXECUTION].clone();
        let whose = Whose { node: EXECUTION, agents: Tree::agents(EXECUTION), child: None };
        match self.random.below(8) {
            0..=2 => {
                let steps = Usage::NONE.steps(1).discovered_steps(1);
                let arguments = ["{}", "[1]"][self.random.index(2)];
                let call = Call::of("read").arguments(arguments).usage(steps);
                let _ = self.admit("step", &whose, of_usage(1, steps), || session.authorize_call(call))?;
            }
            3..=4 if self.levels.len() < LEVELS => {
                let entered = session.descend();
                entered.as_ref().map(drop).or_else(crate::worker::fair)?;
                self.levels.extend(self.report.tally.decided("descend", entered));
            }
            5..=6 => {
                if let Some(level) = self.levels.pop() {
                    self.report.tally.done("leave");
                    return if level.leave() { Ok(()) } else { Err("a level could not be left".to_owned()) };
                }
            }
            _ => {
                let bytes = if self.random.one_in(4) { 2_000 } else { 500 };
                if session.observe_memory(bytes) != (bytes <= 1_000) {
                    return Err(format!("{bytes} bytes are judged wrongly"));
                }
                self.report.tally.done("memory");
            }
        }
        Ok(())
    }

    /// What an operator does.
    fn rare(&mut self) -> Checked {
        let enforcer = &self.yard.enforcer;
        match self.random.below(24) {
            0..=3 => {
                enforcer.sweep();
                self.report.tally.done("sweep");
            }
            4..=7 => {
                for event in enforcer.events().take(if self.yard.is_loud() { 1 } else { 256 }) {
                    self.report.drained[event.kind() as usize] += 1;
                }
                self.report.tally.done("events");
            }
            8 if self.random.one_in(4) => {
                self.yard.swap(50_000 + self.random.below(150_000))?;
                self.report.tally.done("set policy");
            }
            9 => {
                let closed = enforcer.close_agent(VICTIM);
                self.report.tally.done("close agent");
                if closed > crate::terms::VICTIM_SESSIONS * 2 {
                    return Err(format!("{closed} sessions of the victim closed at once"));
                }
            }
            10..=12 => {
                let count = enforcer.active_sessions(VICTIM);
                self.report.tally.done("active");
                if count > crate::terms::VICTIM_SESSIONS {
                    return Err(format!("{count} sessions of the victim at once"));
                }
            }
            13..=15 => {
                let root = self.tree.nodes[ROOT].id();
                let id = if self.random.one_in(2) { root } else { self.yard.nobody };
                if self.report.tally.decided("get", enforcer.get(id)).is_some() != (id == root) {
                    return Err("a session is there that should not be, or is not".to_owned());
                }
            }
            _ => {
                self.yard.clock.advance(Nanos::new(20_000_000));
                self.report.tally.done("advance");
            }
        }
        Ok(())
    }
}
