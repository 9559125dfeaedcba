//! A step done to the model: which session, reservation or level it is about, and what it comes to.

use allotment::{EventKind, Reason, Resource, Scope};

use super::decide::Request;
use super::model::Model;
use super::said::{No, Said};
use super::steps::Step;

/// How deep sessions nest here.
const DEEPEST: usize = 4;

impl Model {
    pub(crate) fn step(&mut self, step: &Step) {
        self.told = [0; EventKind::ALL.len()];
        self.picked = self.pick(step);
        self.said = match (step, self.picked) {
            (Step::Create(spec), _) => self.create(spec),
            (Step::CloseAgent(agent), _) => self.close_agent(*agent),
            (Step::Count(agent), _) => Said::Count(self.active(*agent)),
            (Step::Sweep, _) => Said::Count(self.sweep()),
            (Step::Swap(rules), _) => {
                self.swap(rules.clone());
                Said::Nothing
            }
            (Step::Advance(by), _) => {
                self.now += by;
                Said::Nothing
            }
            (_, Some(at)) => self.step_at(at, step),
            (_, None) => Said::Nothing,
        };
        self.forgets |= self.parties.iter().any(|party| party.spent == [0; 5] && !party.marks.is_empty());
    }

    fn pick(&self, step: &Step) -> Option<usize> {
        let nth = |of: Vec<usize>, number: usize| of.get(number / 24 % of.len().max(1)).copied();
        match step {
            Step::End(number, _) | Step::Progress(number, _) => {
                let open = (0..self.holds.len()).filter(|&at| number % 8 == 0 || self.holds[at].open);
                nth(open.collect(), *number)
            }
            Step::Leave(number) => {
                nth((0..self.levels.len()).filter(|&at| self.levels[at].is_some()).collect(), *number)
            }
            Step::Create(_)
            | Step::CloseAgent(_)
            | Step::Count(_)
            | Step::Sweep
            | Step::Swap(_)
            | Step::Advance(_) => None,
            Step::Delegate(number, _)
            | Step::Authorize(number, _)
            | Step::ById(number, ..)
            | Step::Call(number, ..)
            | Step::Batch(number, _)
            | Step::Admit(number, _)
            | Step::Preview(number, ..)
            | Step::Reserve(number, ..)
            | Step::Record(number, _)
            | Step::TopUp(number, ..)
            | Step::Pause(number)
            | Step::Resume(number)
            | Step::Close(number)
            | Step::Descend(number)
            | Step::Memory(number, _) => {
                // One that has not ended; now and then one of the last, ended or not.
                let all = 0..self.sessions.len();
                let live = all.clone().filter(|&at| self.sessions[at].ended.is_none());
                let last = all.rev().take(8).collect();
                nth(if number % 6 == 0 { last } else { live.collect() }, *number)
            }
        }
    }

    fn step_at(&mut self, at: usize, step: &Step) -> Said {
        match step {
            Step::Delegate(_, spec) => {
                if self.path(at).len() < DEEPEST {
                    self.delegate(at, spec)
                } else {
                    Said::Any
                }
            }
            Step::Authorize(_, tool) => self.decide(at, &Request::of(&[tool])),
            Step::ById(_, agent, tool) => self.by_id(at, *agent, tool),
            Step::Call(_, tool, used, arguments) => {
                self.decide(at, &Request { used: *used, arguments: *arguments, ..Request::of(&[tool]) })
            }
            Step::Batch(_, tools) => self.decide(at, &Request::of(tools)),
            Step::Admit(_, used) => self.decide(at, &Request { used: *used, ..Request::default() }),
            Step::Preview(_, tool, used) => {
                self.decide(at, &Request { used: *used, preview: true, ..Request::of(&[tool]) })
            }
            Step::Reserve(_, wanted, least) => self.reserve(at, *wanted, least.unwrap_or(*wanted)),
            Step::Progress(_, used) => {
                self.holds[at].progress = Some(*used);
                Said::Nothing
            }
            Step::End(_, end) => self.end(at, *end),
            Step::Record(_, used) => Said::Is(self.record(at, *used)),
            Step::TopUp(_, by, seconds) => self.top_up(at, *by, *seconds),
            Step::Pause(_) => self.pause(at),
            Step::Resume(_) => self.resume(at),
            Step::Close(_) => self.close(at),
            Step::Descend(_) => self.descend(at),
            Step::Leave(_) => {
                let session = self.levels[at].take().expect("a level that is not left");
                self.sessions[session].depth -= 1;
                Said::Is(true)
            }
            Step::Memory(_, bytes) => {
                let session = &mut self.sessions[at];
                session.memory = *bytes;
                Said::Is(session.watch.and_then(|watch| watch.memory).is_none_or(|limit| *bytes <= limit))
            }
            _ => Said::Nothing,
        }
    }

    fn by_id(&mut self, at: usize, agent: usize, tool: &'static str) -> Said {
        if !self.sessions[at].held {
            self.tell(EventKind::Denied);
            return Said::Denied(vec![No::of(Reason::NotFound, None)]);
        }
        if self.sessions[at].agent == agent {
            return self.decide(at, &Request::of(&[tool]));
        }
        self.sessions[at].denied += 1;
        self.tell(EventKind::Denied);
        let mismatch = vec![No { party: Some(agent), ..No::of(Reason::AgentMismatch, None) }];
        Said::Denied(self.standing(at).err().unwrap_or(mismatch))
    }

    fn descend(&mut self, at: usize) -> Said {
        if let Err(nos) = self.standing(at) {
            return Said::Denied(self.deny(at, nos));
        }
        let session = &mut self.sessions[at];
        let limit = session.watch.and_then(|watch| watch.depth);
        if let Some(limit) = limit.filter(|&limit| session.depth >= limit) {
            let no = No::of(Reason::DepthExceeded, Some(Scope::Session));
            let no = no.of_resource(Resource::Depth, limit, session.depth, Some(1));
            return Said::Denied(self.deny(at, vec![no]));
        }
        session.depth += 1;
        session.deepest = session.deepest.max(session.depth);
        let level = session.depth;
        self.touch(at);
        self.levels.push(Some(at));
        Said::Level(level)
    }
}
