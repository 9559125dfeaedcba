"""What the middleware and a price are made of."""

from __future__ import annotations

import doctest
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from allotment import InvalidPolicy
from allotment.langchain import AllotmentMiddleware, Price
from allotment.langchain._usage import Usage


@pytest.mark.parametrize(
    ("settings", "argument"),
    [
        ({"session_or_resolver": "agent-7"}, "session_or_resolver"),
        ({"on_denied": "ignore"}, "on_denied"),
        ({"stop_after": 0}, "stop_after"),
        ({"stop_after": True}, "stop_after"),
        ({"stop_after": 1.5}, "stop_after"),
        ({"prices": {"gpt": "3.00"}}, "prices['gpt']"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
    ],
)
def test_a_setting_that_makes_no_sense_is_an_error(settings: dict[str, Any], argument: str) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        AllotmentMiddleware(**settings)
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    "wrong", ["-1", "1e10", "NaN", "Infinity", "three", None, True, b"3", float("inf"), -0.5]
)
def test_a_price_that_makes_no_sense_is_an_error(wrong: Any) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Price("3.00", wrong)
    assert caught.value.argument == "output"


def test_a_price_takes_what_money_takes() -> None:
    same = [Price("0.1", 15), Price(0.1, "15.00"), Price(Decimal("0.10"), Decimal(15))]
    assert len(set(same)) == 1
    assert (same[0].cached, same[0].cache_write) == (Decimal("0.1"), Decimal("0.1"))


def test_a_cost_is_exact_and_rounded_up_to_nano_dollars() -> None:
    price = Price("3.00", "15.00", cached="0.30", cache_write="3.75")
    assert price.of(Usage(fresh=1_000_000, cached=0, stored=0, output=0)) == 3
    assert price.of(Usage(1, 1, 1, 1)) == Decimal("0.00002205")
    assert Price("0.0001", 0).of(Usage(1, 0, 0, 0)) == Decimal("1E-9")
    assert Price("0.001000001", 0).of(Usage(1, 0, 0, 0)) == Decimal("2E-9")
    assert Price(0, 0).of(Usage(9, 9, 9, 9)) == 0


def test_the_base_package_imports_no_langchain() -> None:
    code = "import allotment, sys; assert not [m for m in sys.modules if m.startswith('lang')]"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent, timeout=60)


def test_without_langchain_the_error_names_the_extra() -> None:
    code = """
import sys
sys.modules["langchain"] = None
import allotment.langchain
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert "pip install 'allotment[langchain]'" in done.stderr


@pytest.mark.thread_unsafe(reason="a doctest has the standard output of the process")
@pytest.mark.parametrize("documented", [AllotmentMiddleware, Price])
def test_the_examples_in_the_documentation_run(documented: type) -> None:
    test = doctest.DocTestParser().get_doctest(documented.__doc__ or "", {}, documented.__name__, None, None)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
