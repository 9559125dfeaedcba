//! The sections of a policy file, each reader beside its writer, which leaves out what equals the default.
//!
//! To add a section: a field of [`Policy`], a file with its type, its `read` and its `write`, a line in [`read`] and in
//! [`write()`] here, and its keys in `tests/data/every-key.toml`.

use toml::{Table, Value};

use super::form::{
    count, limit, money, number, put, sensitivity, time, truth, write_count, write_limit, write_money,
    write_time,
};
use super::form_rate::{cost_rate, rate, write_cost_rate, write_rate};
use super::party::Parties;
use super::reader::Reader;
use super::{Defaults, Limits, PartyLimits, Policy, choices, events, execution, intent, tokens, tools};
use crate::error::Error;
use crate::units::MAX_COUNT;

/// A policy from its whole table.
pub(super) fn read(table: &Table) -> Result<Policy, Error> {
    Reader::read_all("", table, |file| {
        let defaults = file.section("defaults", read_defaults)?.unwrap_or_default();
        let open = defaults.any_tool_name;
        Ok(Policy {
            defaults,
            warn_ppm: file.section("warnings", read_warnings)?.unwrap_or(Policy::WARN_PPM),
            agents: file.section("agents", read_parties)?.unwrap_or_default(),
            tenants: file.section("tenants", read_parties)?.unwrap_or_default(),
            intent: file.section("intent", intent::read)?.unwrap_or_default(),
            tools: file.section("tools", |section| tools::read(section, open))?.unwrap_or_default(),
            tokens: file.section("tokens", tokens::read)?.unwrap_or_default(),
            execution: file.section("execution", execution::read)?.unwrap_or_default(),
            events: file.section("events", events::read)?.unwrap_or_default(),
            on_exhausted: file.section("approval", choices::read_approval)?.unwrap_or_default(),
            on_vanish: file.section("reservations", choices::read_reservations)?.unwrap_or_default(),
        })
    })
}

/// The inverse of [`read`].
pub(super) fn write(policy: &Policy) -> Table {
    let sections = [
        ("defaults", write_defaults(&policy.defaults)),
        ("warnings", write_warnings(policy.warn_ppm)),
        ("agents", write_parties(&policy.agents)),
        ("tenants", write_parties(&policy.tenants)),
        ("intent", intent::write(&policy.intent)),
        ("tools", tools::write(&policy.tools)),
        ("tokens", tokens::write(&policy.tokens)),
        ("execution", execution::write(&policy.execution)),
        ("events", events::write(&policy.events)),
        ("approval", choices::write_approval(policy.on_exhausted)),
        ("reservations", choices::write_reservations(policy.on_vanish)),
    ];
    let written = sections.into_iter().filter(|(_, section)| !section.is_empty());
    written.map(|(name, section)| (name.to_owned(), Value::Table(section))).collect()
}

fn read_defaults(section: &mut Reader) -> Result<Defaults, Error> {
    let usual = Defaults::default();
    let defaults = Defaults {
        time_limit: section.get("time_limit", time)?.unwrap_or(usual.time_limit),
        max_time_limit: section.get("max_time_limit", time)?.unwrap_or(usual.max_time_limit),
        limits: read_limits(section, &usual.limits)?,
        sensitivity: section.get("sensitivity", sensitivity)?.unwrap_or(usual.sensitivity),
        any_tool_name: section.get("any_tool_name", truth)?.unwrap_or(usual.any_tool_name),
        air_gap: section.get("air_gap", truth)?.unwrap_or(usual.air_gap),
    };
    defaults.check().map_err(|error| error.within(section.path()))?;
    Ok(defaults)
}

fn write_defaults(defaults: &Defaults) -> Table {
    let usual = Defaults::default();
    let mut section = write_limits(&defaults.limits, &usual.limits);
    put(&mut section, "time_limit", defaults.time_limit, &usual.time_limit, write_time);
    put(&mut section, "max_time_limit", defaults.max_time_limit, &usual.max_time_limit, write_time);
    put(&mut section, "sensitivity", defaults.sensitivity, &usual.sensitivity, |level| level.name().into());
    put(&mut section, "any_tool_name", defaults.any_tool_name, &usual.any_tool_name, Value::Boolean);
    put(&mut section, "air_gap", defaults.air_gap, &usual.air_gap, Value::Boolean);
    section
}

fn read_limits(section: &mut Reader, usual: &Limits) -> Result<Limits, Error> {
    Ok(Limits {
        calls: section.get("calls", limit(count))?.unwrap_or(usual.calls),
        steps: section.get("steps", limit(count))?.unwrap_or(usual.steps),
        discovered_steps: section.get("discovered_steps", limit(count))?.unwrap_or(usual.discovered_steps),
        tokens: section.get("tokens", limit(count))?.unwrap_or(usual.tokens),
        cost: section.get("cost_usd", limit(money))?.unwrap_or(usual.cost),
        rate: section.get("rate", limit(rate))?.unwrap_or(usual.rate),
        tokens_rate: section.get("tokens_rate", limit(rate))?.unwrap_or(usual.tokens_rate),
        cost_rate: section.get("cost_rate", limit(cost_rate))?.unwrap_or(usual.cost_rate),
    })
}

fn write_limits(limits: &Limits, usual: &Limits) -> Table {
    let mut section = Table::new();
    let counts = |count| write_limit(count, write_count);
    let rates = |rate| write_limit(rate, write_rate);
    put(&mut section, "calls", limits.calls, &usual.calls, counts);
    put(&mut section, "steps", limits.steps, &usual.steps, counts);
    put(&mut section, "discovered_steps", limits.discovered_steps, &usual.discovered_steps, counts);
    put(&mut section, "tokens", limits.tokens, &usual.tokens, counts);
    put(&mut section, "cost_usd", limits.cost, &usual.cost, |cost| write_limit(cost, write_money));
    put(&mut section, "rate", limits.rate, &usual.rate, rates);
    put(&mut section, "tokens_rate", limits.tokens_rate, &usual.tokens_rate, rates);
    put(&mut section, "cost_rate", limits.cost_rate, &usual.cost_rate, |rate| {
        write_limit(rate, write_cost_rate)
    });
    section
}

fn read_warnings(section: &mut Reader) -> Result<u32, Error> {
    let threshold = section
        .get("threshold", |item| warn_ppm(number(item)?).map_err(|error| item.error(error.problem())))?;
    Ok(threshold.unwrap_or(Policy::WARN_PPM))
}

fn write_warnings(warn_ppm: u32) -> Table {
    let mut section = Table::new();
    put(&mut section, "threshold", warn_ppm, &Policy::WARN_PPM, |ppm| Value::Float(f64::from(ppm) / 1e6));
    section
}

/// A fraction of 0 to 1 in parts per million, at least one unless it is 0 itself.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 1,000,000 by the check before it"
)]
pub(super) fn warn_ppm(fraction: f64) -> Result<u32, Error> {
    if !(0.0..=1.0).contains(&fraction) {
        return Err(Error::new("threshold", fraction, "is not a fraction from 0.0 (never warn) to 1.0"));
    }
    let rounded = (fraction * 1e6).round() as u32;
    Ok(if fraction > 0.0 { rounded.max(1) } else { 0 })
}

fn read_parties(section: &mut Reader) -> Result<Parties, Error> {
    let path = section.path().to_owned();
    let mut parties = Parties::default();
    for (pattern, item) in section.named() {
        parties.insert(&path, pattern, item.table(read_party)?)?;
    }
    Ok(parties)
}

fn read_party(section: &mut Reader) -> Result<PartyLimits, Error> {
    let sessions = section.get("max_sessions", limit(count))?;
    Ok(PartyLimits {
        max_sessions: sessions.map(|count| count.unwrap_or(MAX_COUNT)),
        limits: read_limits(section, &Limits::default())?,
    })
}

fn write_parties(parties: &Parties) -> Table {
    parties.iter().map(|(pattern, limits)| (pattern.to_owned(), Value::Table(write_party(limits)))).collect()
}

fn write_party(party: &PartyLimits) -> Table {
    let mut section = write_limits(&party.limits, &Limits::default());
    if let Some(sessions) = party.max_sessions {
        let capped = Some(sessions).filter(|&count| count < MAX_COUNT);
        section.insert("max_sessions".to_owned(), write_limit(capped, write_count));
    }
    section
}
