//! Any valid value of the sections that have a file each, for `round_trip`.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::intent::Keywords;

const WORDS: [&str; 12] =
    ["read", "get", "look", "write", "edit", "admin", "drop", "ändern", "ΛΌΓΟΣ", "K8s", "0", "строка"];

/// Each word in one of the lists or in none.
fn keywords() -> impl Strategy<Value = Keywords> {
    let own = prop::array::uniform12(0..4u8).prop_map(|lists| {
        let list = |number| {
            WORDS.into_iter().zip(lists).filter(move |(_, list)| *list == number).map(|(word, _)| word)
        };
        Keywords::new(list(0), list(1), list(2)).expect("words in one list each")
    });
    prop_oneof![Just(Keywords::default()), own]
}

prop_compose! {
    pub(super) fn intent()(
        on_drift in select(&OnDrift::ALL[..]),
        on_unknown in select(&OnUnknown::ALL[..]),
        keywords in keywords(),
        pause_after in option::of(1..=1u64 << 20),
    ) -> IntentRules {
        IntentRules { on_drift, on_unknown, keywords, pause_after }
    }
}

/// Names and rules; the names are only open ones if the flag is set.
pub(super) fn tools() -> impl Strategy<Value = (bool, Vec<(String, ToolRules)>)> {
    let closed =
        prop::collection::vec(("[A-Za-z0-9_.:/-]{1,8}", tool()), 0..5).prop_map(|tools| (false, tools));
    let open = prop::collection::vec(("[^*\\p{Cc}]\\PC{0,12}", tool()), 0..5).prop_map(|tools| (true, tools));
    prop_oneof![closed, open]
}

prop_compose! {
    fn tool()(
        class in option::of(select(&ToolClass::ALL[..])),
        sensitivity in select(vec![Sensitivity::Public, Sensitivity::Internal, Sensitivity::Restricted]),
        network in option::of(any::<bool>()),
        weight in prop_oneof![Just(1), 1..=1u64 << 20],
    ) -> ToolRules {
        ToolRules { class, sensitivity, network, weight }
    }
}

prop_compose! {
    pub(super) fn tokens()(weights in prop::array::uniform3(prop_oneof![Just(1000u32), 0..=1_000_000u32])) -> TokenWeights {
        let [input_thousandths, output_thousandths, cached_thousandths] = weights;
        TokenWeights { input_thousandths, output_thousandths, cached_thousandths }
    }
}

/// A preset with some of its numbers replaced.
pub(super) fn execution() -> impl Strategy<Value = Execution> {
    use Execution as E;
    let count = || option::of(prop_oneof![1..100u64, 1..=1u64 << 48]);
    let presets = select(vec![E::STANDARD, E::EXTENDED, E::UNLIMITED, E::DISABLED]);
    let counts = (option::of(count()), option::of(count()), option::of(count()), option::of(count()));
    let cost = option::of(option::of(0..=1u64 << 54));
    let times =
        (option::of(option::of(1..=31_536_000_000_000_000u64)), option::of(0..=86_400_000_000_000u64));
    (presets, counts, cost, times).prop_map(|(preset, counts, cost, times)| E {
        discovered_steps: counts.0.unwrap_or(preset.discovered_steps),
        depth: counts.1.unwrap_or(preset.depth),
        cost: cost.map_or(preset.cost, |cost| cost.map(NanoUsd::new)),
        idle_timeout: times.0.map_or(preset.idle_timeout, |time| time.map(Nanos::new)),
        repetitions: counts.2.map_or(preset.repetitions, |n| n.map(|n| n.clamp(1, 65_535))),
        grace: times.1.map_or(preset.grace, Nanos::new),
        memory: counts.3.flatten(),
    })
}

prop_compose! {
    pub(super) fn events()(
        capacity in prop_oneof![Just(4096), 1..=1u64 << 20],
        (grants, warnings, denials) in any::<(bool, bool, bool)>(),
    ) -> EventRules {
        EventRules { capacity, grants, warnings, denials }
    }
}
