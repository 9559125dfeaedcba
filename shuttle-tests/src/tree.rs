//! The product's own sessions and accounts, and how an operation is carried out on them.

use allotment::model::{Outer, Reserved, Session, budgets};
use allotment::{Resource, Scope, Status, Usage};

use crate::ledger::{self, Ledger, METERS};
use crate::operation::{Answer, Operation, Outcome, Who};

/// A root with two pooled children and a carved-out one, all of one agent and one tenant.
#[derive(Debug)]
pub struct Tree {
    sessions: [Session; 4],
    agent: Outer,
    tenant: Outer,
}

impl Default for Tree {
    fn default() -> Self {
        let limit = |meter: usize| Some(ledger::BUDGETS[meter]);
        let bounded = |at: usize, cap| Session::new(&budgets(limit(at), limit(at + 1)), u64::MAX, cap);
        let root = bounded(ledger::calls_of(Who::Root), None);
        let capped = bounded(ledger::calls_of(Who::Capped), limit(ledger::CAP));
        let pooled = bounded(ledger::calls_of(Who::Pooled), None);
        let carved = root.carve_out(ledger::BUDGETS[ledger::tokens_of(Who::Carved)]);
        let party = |scope, at: usize| Outer::new(scope, &budgets(limit(at), limit(at + 1)));
        Self {
            sessions: [root, capped, pooled, carved],
            agent: party(Scope::Agent, ledger::AGENT),
            tenant: party(Scope::Tenant, ledger::TENANT),
        }
    }
}

impl Tree {
    fn session(&self, who: Who) -> &Session {
        &self.sessions[who as usize]
    }

    /// Carries `operation` out. `reserved`: the thread's last reservation. `None`: there is none to settle.
    pub fn carry_out(
        &self,
        operation: &mut Operation,
        reserved: &mut Option<(Who, Reserved)>,
    ) -> Option<Answer> {
        let root = [self.session(Who::Root)];
        let above = |who| if who == Who::Root { &root[..0] } else { &root[..] };
        let outer = [&self.agent, &self.tenant];
        Some(match operation {
            Operation::Ask { who, calls, tokens } => {
                let usage = Usage::tokens(*tokens);
                Answer::Decided(self.session(*who).ask(above(*who), *calls, usage, &outer))
            }
            Operation::Preview { who, calls, tokens } => {
                let usage = Usage::tokens(*tokens);
                Answer::Decided(self.session(*who).preview(above(*who), *calls, usage, &outer))
            }
            Operation::Reserve { who, tokens, least } => {
                match self.session(*who).reserve(above(*who), *tokens, *least, &outer) {
                    Ok(held) => {
                        let granted = held.tokens();
                        *reserved = Some((*who, held));
                        Answer::Granted(granted)
                    }
                    Err(outcome) => Answer::Decided(outcome),
                }
            }
            Operation::Settle { who, granted, actual } => {
                let (of, held) = reserved.take()?;
                (*who, *granted) = (of, held.tokens());
                Answer::Did(self.session(of).settle(above(of), &held, *actual, &outer))
            }
            Operation::Record { who, tokens } => {
                Answer::Did(self.session(*who).record(above(*who), Usage::tokens(*tokens)))
            }
            Operation::Pause(who) => Answer::Did(self.session(*who).pause()),
            Operation::Resume(who) => Answer::Did(self.session(*who).resume()),
            Operation::Close(who) => {
                let ended = self.session(*who).close().is_some();
                if ended {
                    let _all = self.session(*who).give_back(above(*who));
                }
                Answer::Did(ended)
            }
            Operation::TopUp { who, tokens } => {
                Answer::Did(self.session(*who).raise(Resource::Tokens, *tokens))
            }
        })
    }

    /// What is spent in the end, meter by meter, and where the sessions stand.
    pub fn spent(&self) -> ([u64; METERS], [Status; 4]) {
        let mut spent = [0; METERS];
        for who in Who::ALL {
            spent[ledger::calls_of(who)] = self.session(who).calls();
            spent[ledger::tokens_of(who)] = self.session(who).tokens();
        }
        for (party, at) in [(&self.agent, ledger::AGENT), (&self.tenant, ledger::TENANT)] {
            (spent[at], spent[at + 1]) = (party.calls().0, party.tokens());
        }
        spent[ledger::CAP] = self.session(Who::Capped).capped();
        (spent, Who::ALL.map(|who| self.session(who).status()))
    }

    /// Whether all of it stands as in `ledger`, and no hold was left behind.
    pub fn is(&self, ledger: &Ledger) -> bool {
        let holds = self.agent.calls().1 + self.tenant.calls().1;
        holds == 0 && self.spent() == (ledger.spent, ledger.gates)
    }
}

/// Whether `outcome` refuses for a reason that lies with others' timing.
#[must_use]
pub fn is_contended(answer: Answer) -> bool {
    answer == Answer::Decided(Outcome::Contended)
}
