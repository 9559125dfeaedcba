//! Section `[tokens]`: weights to the thousandth, and their sum.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

fn weight(text: &str) -> u32 {
    policy(&format!("tokens.input = {text}")).token_weights().input_thousandths
}

#[test]
fn weights_are_decimals_to_the_thousandth_and_one_unless_set() {
    for (text, thousandths) in [
        ("0", 0),
        ("-0.0", 0),
        ("1", 1000),
        ("1000", 1_000_000),
        ("1e3", 1_000_000),
        ("0.1", 100),
        ("0.001", 1),
        ("1e-3", 1),
        ("2.675", 2675),
        ("999.999", 999_999),
        ("\"0.25\"", 250),
        ("\" 3 \"", 3000),
        ("\"1.5000\"", 1500),
        ("\"0001.5\"", 1500),
        ("\"1000.000\"", 1_000_000),
    ] {
        assert_eq!(weight(text), thousandths, "{text}");
    }
    for text in ["", "[tokens]", "tokens = { input = 1, output = 1.0, cached = \"1\" }"] {
        let weights = policy(text).token_weights();
        assert_eq!(weights, TokenWeights::default());
        assert_eq!(weights.weigh(1, 20, 300), Some(321));
    }
    let text = "[tokens]\ncached = 0.1\ninput = 0.0\noutput = 5.0\n";
    assert_eq!(policy(text).to_toml(), text);
    let all = TokenWeights { input_thousandths: 0, output_thousandths: 5000, cached_thousandths: 100 };
    assert_eq!(policy(text).token_weights(), all);
}

#[test]
fn every_thousandth_reads_back_as_it_was_written() {
    for thousandths in (0..=TokenWeights::MAX_THOUSANDTHS).step_by(37).chain([999, 1001, 999_999, 1_000_000])
    {
        let weights = TokenWeights { output_thousandths: thousandths, ..TokenWeights::default() };
        let written = Policy::default().with_token_weights(weights).expect("in bounds");
        assert_eq!(policy(&written.to_toml()), written);
    }
}

#[test]
fn weights_that_make_no_sense_are_an_error_at_their_key() {
    for key in ["input", "output", "cached"] {
        for (value, problem) in [
            ("-1", "-1 is negative"),
            ("-0.001", "-0.001 is negative"),
            ("-inf", "-inf is negative"),
            ("nan", "NaN is not a decimal number"),
            ("inf", "inf is not a decimal number"),
            ("true", "true is not a decimal number"),
            ("[1]", "an array is not a decimal number"),
            ("0.0001", "0.0001 has more than 3 decimals"),
            ("5e-324", "5e-324 has more than 3 decimals"),
            ("0.30000000000000004", "0.30000000000000004 has more than 3 decimals"),
            ("1000.001", "1000.001 is above the maximum 1000"),
            ("1001", "1001.0 is above the maximum 1000"),
            ("1e300", "1e300 is above the maximum 1000"),
            ("9223372036854775807", "9223372036854775807 is above the maximum 1000"),
        ] {
            let error = refusal(&format!("tokens.{key} = {value}")).to_string();
            let shown = error.replace("1001 is", "1001.0 is");
            assert_eq!(shown, format!("tokens.{key}: {problem}"));
        }
        for value in ["", "-1", "+1", ".5", "1.", "1e3", "1_000", "1,5", "½", "unlimited", "1.0.0"] {
            let error = refusal(&format!("tokens.{key} = {value:?}")).to_string();
            assert_eq!(error, format!("tokens.{key}: {value:?} is not a decimal number"));
        }
    }
    let above = TokenWeights { cached_thousandths: 1_000_001, ..TokenWeights::default() };
    let error = Policy::default().with_token_weights(above).expect_err("above 1000");
    assert_eq!(error.to_string(), "tokens.cached: 1000.001 is above the maximum 1000");
}

#[test]
fn the_sum_is_rounded_up_once_and_never_wraps() {
    let third = TokenWeights { input_thousandths: 333, output_thousandths: 333, cached_thousandths: 334 };
    assert_eq!(third.weigh(1, 1, 1), Some(1), "three thirds, not three ones");
    assert_eq!(third.weigh(1, 0, 0), Some(1));
    assert_eq!(third.weigh(0, 0, 0), Some(0));
    let one = TokenWeights::default();
    assert_eq!(one.weigh(u64::MAX, 0, 0), Some(u64::MAX));
    assert_eq!(one.weigh(u64::MAX, 1, 0), None);
    let most = TokenWeights {
        input_thousandths: u32::MAX,
        output_thousandths: u32::MAX,
        cached_thousandths: u32::MAX,
    };
    assert_eq!(most.weigh(u64::MAX, u64::MAX, u64::MAX), None);
    let free = TokenWeights { input_thousandths: 0, output_thousandths: 0, cached_thousandths: 0 };
    assert_eq!(free.weigh(u64::MAX, u64::MAX, u64::MAX), Some(0));
}

proptest! {
    #[test]
    fn the_sum_agrees_with_exact_numbers(
        weights in prop::array::uniform3(prop_oneof![0..=1_000_000u32, any::<u32>()]),
        tokens in prop::array::uniform3(prop_oneof![0..10_000u64, any::<u64>()]),
    ) {
        let [input_thousandths, output_thousandths, cached_thousandths] = weights;
        let sum: BigUint = tokens.iter().zip(weights).map(|(&count, weight)| BigUint::from(count) * weight).sum();
        let rounded_up = (sum + 999u32) / 1000u32;
        let weights = TokenWeights { input_thousandths, output_thousandths, cached_thousandths };
        prop_assert_eq!(weights.weigh(tokens[0], tokens[1], tokens[2]), u64::try_from(rounded_up).ok());
    }
}
