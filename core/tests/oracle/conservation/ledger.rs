//! The ledger: one line for everything that was ever admitted, reserved or recorded, and nothing else. Every figure is a sum
//! over its lines, worked out anew each time.

use allotment::Resource;

use super::model::{PARTIES, Session};

/// The metered resources, in the order in which they name a denial.
pub(super) const METERED: [Resource; 5] =
    [Resource::Calls, Resource::Steps, Resource::DiscoveredSteps, Resource::Tokens, Resource::Cost];

/// One figure for each of [`METERED`].
pub(super) type Amounts = [u64; 5];

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Admitted,
    Reserved,
    Settled,
    Recorded,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) session: usize,
    pub(super) kind: Kind,
    pub(super) amounts: Amounts,
    /// How much of it was asked for and admitted; the rest is what it overran.
    pub(super) asked: Amounts,
    /// How many calls of the tool that may have a cap.
    pub(super) sends: u64,
    /// Which agents and tenants count it: those that limited the resource when it was charged.
    pub(super) counted: [[bool; 5]; PARTIES],
}

/// What each session has, the lines of all that was delegated from it included: `of` each line, and of each child what `share` says
/// of its own figure. A child comes after its parent.
pub(super) fn rolled_up(
    sessions: &[Session],
    lines: &[Line],
    of: impl Fn(&Line) -> Amounts,
    share: impl Fn(&Session, usize, u64) -> u64,
) -> Vec<Amounts> {
    let mut figures = vec![Amounts::default(); sessions.len()];
    for line in lines {
        add(&mut figures[line.session], of(line));
    }
    for (at, session) in sessions.iter().enumerate().rev() {
        if let Some(parent) = session.parent {
            let shares = std::array::from_fn(|r| share(session, r, figures[at][r]));
            add(&mut figures[parent], shares);
        }
    }
    figures
}

/// What each session has spent. What was carved out for a child is spent until that child ends, and then what it really spent is.
pub(super) fn spent(sessions: &[Session], lines: &[Line]) -> Vec<Amounts> {
    rolled_up(
        sessions,
        lines,
        |line| line.amounts,
        |child, r, figure| match child.limits[r] {
            Some(budget) if child.carved[r] && !child.has_ended() => figure.max(budget),
            _ => figure,
        },
    )
}

/// How much of that is reserved. For what was carved out the parent holds no reservation: it is the child's.
pub(super) fn reserved(sessions: &[Session], lines: &[Line]) -> Vec<Amounts> {
    let of = |line: &Line| if line.kind == Kind::Reserved { line.amounts } else { Amounts::default() };
    rolled_up(sessions, lines, of, |child, r, figure| if child.carved[r] { 0 } else { figure })
}

/// How much was charged that nobody had asked for: recorded, or used beyond what was reserved.
pub(super) fn unasked(sessions: &[Session], lines: &[Line]) -> Vec<Amounts> {
    let of = |line: &Line| match line.kind {
        Kind::Admitted | Kind::Reserved => Amounts::default(),
        Kind::Settled | Kind::Recorded => {
            std::array::from_fn(|r| line.amounts[r].saturating_sub(line.asked[r]))
        }
    };
    rolled_up(sessions, lines, of, |_, _, figure| figure)
}

/// How many calls of the tool that may have a cap.
pub(super) fn sends(sessions: &[Session], lines: &[Line]) -> Vec<u64> {
    let of = |line: &Line| [line.sends, 0, 0, 0, 0];
    rolled_up(sessions, lines, of, |_, _, figure| figure).iter().map(|figures| figures[0]).collect()
}

/// What each agent and tenant has spent.
pub(super) fn of_parties(lines: &[Line]) -> [Amounts; PARTIES] {
    let mut spent = [Amounts::default(); PARTIES];
    for line in lines {
        for (party, counted) in line.counted.iter().enumerate() {
            for r in (0..5).filter(|&r| counted[r]) {
                spent[party][r] += line.amounts[r];
            }
        }
    }
    spent
}

fn add(to: &mut Amounts, amounts: Amounts) {
    for r in 0..5 {
        to[r] += amounts[r];
    }
}
