//! A naive oracle of money: the exact decimal in big integers, however long.

use num_bigint::BigUint;

/// A decimal that is not negative: `digits × 10^exponent`.
#[derive(Debug)]
pub struct Decimal {
    digits: BigUint,
    exponent: i64,
}

impl Decimal {
    /// `text` as `12.5`, `.5`, `5.` or with an exponent of up to nine digits, `3.1e-6`; `None` for anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits_only = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, "0"),
        };
        let plain = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !(1..=9).contains(&plain.len()) || !digits_only(plain) {
            return None;
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits_only(&digits) {
            return None;
        }
        let exponent = exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Self { digits: digits.parse().ok()?, exponent })
    }

    /// In nano-units, rounded up; `None` above `u64::MAX`.
    #[must_use]
    pub fn nanos_rounded_up(&self) -> Option<u64> {
        let zero = BigUint::default();
        if self.digits == zero {
            return Some(0);
        }
        let shift = self.exponent + 9;
        if shift > 20 {
            return None;
        }
        let places = u32::try_from(shift.unsigned_abs()).ok()?;
        if shift >= 0 {
            return u64::try_from(&self.digits * BigUint::from(10u8).pow(places)).ok();
        }
        // A power of ten with more digits than the number leaves less than one, which is one rounded up.
        if u64::from(places) > self.digits.bits() {
            return Some(1);
        }
        let one = BigUint::from(10u8).pow(places);
        let up = (&self.digits + &one - 1u8) / one;
        u64::try_from(up).ok()
    }
}
