//! [`Word`]: what a meter holds, as a value. All its transitions are here, pure; the loop that applies them is next door.
//!
//! **State**, 128 bits:
//!
//! | bits | field | unit |
//! | --- | --- | --- |
//! | 127..126 | gate | open, paused, expired, closed |
//! | 125..119 | holds | admissions that have debited this meter and not yet committed, at most 126; 127 is *sealed*: there will be no more |
//! | 118..64 | spent | units (calls, tokens, nano-dollars), at most 2⁵⁵ − 1: $36 million in nano-dollars |
//! | 63..0 | tat | parts; the amount minted at which the bucket is full again ("theoretical arrival time") |

use super::mint::Plan;
use crate::units::{Nanos, Status};

const TAT: u128 = u64::MAX as u128;
const SPENT_AT: u32 = 64;
const HOLDS_AT: u32 = 119;
const GATE_AT: u32 = 126;
const ONE_HOLD: u128 = 1 << HOLDS_AT;

/// The largest budget that a meter can hold, in units.
pub(crate) const SPENT_MAX: u64 = (1 << 55) - 1;
const HOLDS: u64 = 127;
const HOLDS_MAX: u64 = HOLDS - 1;

/// What a meter is held to: a budget and, if wanted, a rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit<'a> {
    /// In units; [`Limit::NO_BUDGET`] for none.
    pub(crate) budget: u64,
    pub(crate) plan: Option<&'a Plan>,
}

impl Limit<'_> {
    /// A budget that nothing reaches.
    pub(crate) const NO_BUDGET: u64 = u64::MAX;
    /// Neither budget nor rate.
    pub(crate) const NONE: Self = Self { budget: Self::NO_BUDGET, plan: None };

    pub(crate) fn is_none(&self) -> bool {
        self.budget == Self::NO_BUDGET && self.plan.is_none()
    }
}

/// What a debit takes of the budget and of the bucket: the same, unless a part of the budget was carved out beforehand. Then
/// what is handed over counts in the budget alone, and what is done with it later in the bucket alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Take {
    /// Units of the budget.
    pub(crate) units: u64,
    /// Units of the bucket.
    pub(crate) paced: u64,
}

impl Take {
    /// One of both.
    pub(crate) const ONE: Self = Self::both(1);

    /// `amount` of both.
    #[inline]
    pub(crate) const fn both(amount: u64) -> Self {
        Self { units: amount, paced: amount }
    }

    /// Of each no more than `amount`.
    pub(crate) fn at_most(self, amount: u64) -> Self {
        Self { units: self.units.min(amount), paced: self.paced.min(amount) }
    }

    pub(crate) const fn is_nothing(self) -> bool {
        self.units == 0 && self.paced == 0
    }
}

/// Why a debit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// The gate is not open.
    Shut(Status),
    /// The budget does not cover the amount.
    Budget { limit: u64, spent: u64 },
    /// What has been spent has reached the threshold from which nothing is admitted, whatever it costs.
    Threshold { limit: u64, spent: u64 },
    /// The bucket does not cover the amount now. `None`: nor ever, because it is larger than the full bucket.
    Rate { limit: u64, available: u64, at: Option<Nanos> },
    /// 126 admissions are under way on this meter, or it is sealed.
    Crowded,
}

/// The state of a meter. See the table above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u128);

impl Word {
    /// Open, nothing spent, bucket full.
    pub(crate) const NEW: Self = Self(0);

    pub(crate) const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u128 {
        self.0
    }

    pub(crate) const fn gate(self) -> Status {
        match (self.0 >> GATE_AT) as u8 {
            0 => Status::Active,
            1 => Status::Paused,
            2 => Status::Expired,
            _ => Status::Closed,
        }
    }

    pub(crate) const fn is_open(self) -> bool {
        self.0 >> GATE_AT == 0
    }

    pub(crate) const fn holds(self) -> u64 {
        ((self.0 >> HOLDS_AT) as u64) & HOLDS
    }

    pub(crate) const fn spent(self) -> u64 {
        ((self.0 >> SPENT_AT) as u64) & SPENT_MAX
    }

    pub(crate) const fn tat(self) -> u64 {
        (self.0 & TAT) as u64
    }

    /// What the bucket of `plan` owes at `minted`: how far it is from full, in parts.
    const fn owed(self, minted: u64) -> u64 {
        self.tat().saturating_sub(minted)
    }

    /// Whether a bucket whose curve is at `minted` owes nothing and nobody is at it.
    pub(crate) const fn is_blank(self, minted: u64) -> bool {
        self.is_open() && self.holds() == 0 && self.owed(minted) == 0
    }

    /// How many units the bucket of `plan` has at `minted`.
    pub(crate) fn paced_in(self, plan: &Plan, minted: u64) -> u64 {
        plan.units_in(plan.capacity().saturating_sub(self.owed(minted)))
    }

    /// `take` debited, `now` on `plan`'s curve being `minted`; `hold` marks the debit as not yet committed.
    #[expect(clippy::inline_always, reason = "see `Meter::debit`")]
    #[inline(always)]
    pub(crate) fn debited(self, take: Take, limit: Limit<'_>, minted: u64, hold: bool) -> Result<Self, Lack> {
        if !self.is_open() {
            return Err(Lack::Shut(self.gate()));
        }
        // What is not asked for cannot lack, whatever is overrun; that the gate is open in this very step counts all the same.
        let spent = self.spent().checked_add(take.units);
        let spent = spent.filter(|&s| take.units == 0 || s <= limit.budget && s <= SPENT_MAX);
        let Some(spent) = spent else { return Err(self.over_budget(limit)) };
        // What only a budget is asked for does not wait for the bucket, which may owe more than it holds.
        let tat = match limit.plan.filter(|_| take.paced > 0) {
            None => self.tat(),
            Some(plan) => match plan.parts_of(take.paced) {
                Some(parts) if self.owed(minted).saturating_add(parts) <= plan.capacity() => {
                    self.tat().max(minted) + parts
                }
                _ => return Err(self.over_rate(take.paced, plan, minted)),
            },
        };
        let kept = self.0 >> HOLDS_AT << HOLDS_AT;
        let word = Self(kept | u128::from(spent) << SPENT_AT | u128::from(tat));
        if hold { word.held() } else { Ok(word) }
    }

    /// The same, unless `threshold` units or more have been spent.
    pub(crate) fn below(self, threshold: u64) -> Result<Self, Lack> {
        let spent = self.spent();
        if self.is_open() && spent >= threshold {
            return Err(Lack::Threshold { limit: threshold, spent });
        }
        Ok(self)
    }

    fn held(self) -> Result<Self, Lack> {
        if self.holds() >= HOLDS_MAX { Err(Lack::Crowded) } else { Ok(Self(self.0 + ONE_HOLD)) }
    }

    #[cold]
    fn over_budget(self, limit: Limit<'_>) -> Lack {
        Lack::Budget { limit: limit.budget.min(SPENT_MAX), spent: self.spent() }
    }

    #[cold]
    fn over_rate(self, amount: u64, plan: &Plan, minted: u64) -> Lack {
        // At `minted = tat + parts − capacity` exactly `parts` are available.
        let at = plan
            .parts_of(amount)
            .and_then(|parts| plan.reaches(self.tat().saturating_add(parts) - plan.capacity()));
        Lack::Rate { limit: plan.rate().limit(), available: self.paced_in(plan, minted), at }
    }

    /// Whether some admission has debited it and may take that back.
    pub(crate) const fn is_held(self) -> bool {
        self.holds() != 0 && !self.is_sealed()
    }

    /// Whether no admission will ever hold this meter again.
    pub(crate) const fn is_sealed(self) -> bool {
        self.holds() == HOLDS
    }

    /// The same, sealed; `Err` while admissions hold it, `Ok` unchanged if it is sealed already.
    pub(crate) fn sealed(self) -> Result<Self, ()> {
        match self.holds() {
            0 => Ok(Self(self.0 | u128::from(HOLDS) << HOLDS_AT)),
            HOLDS => Ok(self),
            _ => Err(()),
        }
    }

    /// A hold turned into a plain debit.
    pub(crate) const fn committed(self) -> Self {
        Self(self.0 - ONE_HOLD)
    }

    /// A held debit of `amount` taken back, and `credit` parts of what its bucket owes.
    pub(crate) fn undone(self, amount: u64, credit: u64) -> Self {
        Self(self.credited(amount, credit).0 - ONE_HOLD)
    }

    /// A committed debit of `amount`, or a part of one, taken back, and `credit` parts of what its bucket owes.
    pub(crate) fn credited(self, amount: u64, credit: u64) -> Self {
        let kept = self.0 >> HOLDS_AT << HOLDS_AT;
        let (spent, tat) = (self.spent().saturating_sub(amount), self.tat().saturating_sub(credit));
        Self(kept | u128::from(spent) << SPENT_AT | u128::from(tat))
    }

    /// `amount` debited without asking, and of the bucket, if there is one, the parts, the curve being at `minted`. Saturates,
    /// toward denial.
    pub(crate) fn charged(self, amount: u64, owed: Option<(u64, u64)>) -> Self {
        let spent = self.spent().saturating_add(amount).min(SPENT_MAX);
        let tat = owed.map_or(self.tat(), |(parts, minted)| self.tat().max(minted).saturating_add(parts));
        let kept = self.0 >> HOLDS_AT << HOLDS_AT;
        Self(kept | u128::from(spent) << SPENT_AT | u128::from(tat))
    }

    /// The same with the gate at `status`.
    pub(crate) const fn gated(self, status: Status) -> Self {
        let gate = match status {
            Status::Active => 0,
            Status::Paused => 1,
            Status::Expired => 2,
            Status::Closed => 3u128,
        };
        Self(self.0 << 2 >> 2 | gate << GATE_AT)
    }
}
