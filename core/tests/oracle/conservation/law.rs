//! The law, for every account and resource: spent = settled + recorded + still reserved + admitted + what is carved out; and never
//! above the limit but by what nobody had asked for.

use allotment::Snapshot;

use super::ledger::{self, Amounts};
use super::pair::Pair;
use super::{Checked, same};

impl Pair {
    /// Checks the sessions that were not swept yet, or `all`; and, with all, agents and the tenant.
    pub(super) fn law(&mut self, all: bool) -> Checked {
        let (sessions, lines) = (&self.model.sessions, &self.model.lines);
        let (spent, sends) = (self.model.spent(), ledger::sends(sessions, lines));
        let (reserved, unasked) = (ledger::reserved(sessions, lines), ledger::unasked(sessions, lines));
        for at in (0..sessions.len()).filter(|&at| all || sessions[at].held) {
            let (session, seen) = (&sessions[at], self.sessions[at].snapshot());
            let figures = [of(&seen, |it| it.spent), of(&seen, |it| it.reserved)];
            same(&format!("session {at}"), &figures, &[spent[at], reserved[at]])?;
            same(&format!("limits of {at}"), &limits(&seen), &session.limits)?;
            same(&format!("denials of {at}"), &seen.denied, &session.denied)?;
            let send = session.cap.map(|cap| (sends[at], cap));
            same(&format!("sends of {at}"), &seen.tools["send"].map(|tool| (tool.spent, tool.limit)), &send)?;
            let over =
                |r: usize| session.limits[r].is_some_and(|limit| spent[at][r] > limit + unasked[at][r]);
            same(&format!("session {at} is over its limit"), &(0..5).find(|&r| over(r)), &None)?;
        }
        if all {
            let of_parties = ledger::of_parties(lines);
            for (party, spent) in of_parties.into_iter().enumerate() {
                for (r, told) in self.told(party).into_iter().enumerate() {
                    same(&format!("resource {r} of party {party}"), &told.unwrap_or(spent[r]), &spent[r])?;
                }
            }
            // Those who asked are swept here; so are the others that ended.
            self.enforcer.sweep();
            self.model.sweep();
        }
        Ok(())
    }
}

fn of(seen: &Snapshot, what: impl Fn(&allotment::ResourceSnapshot) -> u64) -> Amounts {
    [&seen.calls, &seen.steps, &seen.discovered_steps, &seen.tokens, &seen.cost].map(what)
}

fn limits(seen: &Snapshot) -> [Option<u64>; 5] {
    [&seen.calls, &seen.steps, &seen.discovered_steps, &seen.tokens, &seen.cost].map(|it| it.limit)
}
