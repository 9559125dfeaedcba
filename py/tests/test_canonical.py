"""Equal arguments have one text, others have others, and no argument does harm (E19)."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections import OrderedDict, UserDict
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allotment._canonical import DEPTH_MAX, TEXT_MAX, canonical
from nonsense import Boom, Hostile, HostileMapping, HostileRepr, HostileStr, Unshowable, endless

pytestmark = pytest.mark.thread_unsafe(reason="the plugin looks into the module's objects, which refuse it")

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None
    seen: float = dataclasses.field(default=0.0, compare=False)


class Model:
    """As pydantic's models are, for whoever looks from outside."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self) -> dict[str, Any]:
        return self.fields


class Silent:
    """Its `repr` is Python's own, with the address in it."""


class Talkative:
    """Its `repr` shows addresses in several ways."""

    def __repr__(self) -> str:
        return f"<Talkative id={id(self)} at {id(self):#x}, {id(self.__class__):#018x}>"


class HostileClass:
    @property
    def __class__(self) -> Any:
        raise Boom("hostile class")


class HostileMeta(type):
    def __getattribute__(cls, name: str) -> Any:
        raise Boom("hostile name")


class HostileType(metaclass=HostileMeta):
    def __repr__(self) -> str:
        raise Boom("hostile repr")


class Fresh:
    """Its parts are made anew whenever it is looked at."""

    def __init__(self, part: int) -> None:
        self.part = part

    def model_dump(self) -> dict[str, Any]:
        return {"parts": [self.part]}


class HostileDump:
    def model_dump(self) -> Any:
        raise Boom("hostile dump")


class HostileList(list[int]):
    def __iter__(self) -> Any:
        raise Boom("hostile list")


def reordered(value: Any) -> Any:
    """The same with every dict the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


# E19
@given(JSON)
def test_e19_the_order_of_keys_does_not_matter(value: Any) -> None:
    assert canonical(reordered(value)) == canonical(value)


@given(JSON)
def test_what_json_can_say_is_said_in_json(value: Any) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    assert canonical(value) == text
    assert text.isascii()


@given(JSON, JSON)
def test_different_json_differs(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(one) == canonical(other)) == same


@given(
    st.sets(st.integers() | st.text()), st.dictionaries(st.integers() | st.text() | st.booleans(), SCALARS)
)
def test_sets_and_odd_keys_have_one_order(items: set[Any], odd: dict[Any, Any]) -> None:
    assert canonical(set(reversed(list(items)))) == canonical(frozenset(items))
    assert canonical(dict(reversed(list(odd.items())))) == canonical(odd)


@pytest.mark.parametrize(("value", "text"), [
    ({"q": "x", "n": 1}, '{"n":1,"q":"x"}'),
    ((1, [2.0, (True, None)]), "[1,[2.0,[true,null]]]"),
    ({2, 1}, "set[1,2]"), (frozenset(), "set[]"), ({"a": 1}.keys(), 'set["a"]'),
    (b"\x00\xff", 'bytes"00ff"'), (bytearray(b"a"), 'bytes"61"'), (memoryview(b"a"), 'bytes"61"'),
    (Decimal("1.50"), "Decimal\"Decimal('1.50')\""),
    (datetime(2020, 1, 2, tzinfo=timezone.utc),
     'datetime"datetime.datetime(2020, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)"'),
    (PurePosixPath("/x"), "PurePosixPath\"PurePosixPath('/x')\""),
    (Point(1, {"b": 1, "a": 2}, seen=9.5), 'Point{"x":1,"y":{"a":2,"b":1}}'),
    (Model(b=1, a=Point(2)), 'Model{"a":Point{"x":2,"y":null},"b":1}'),
    (OrderedDict(b=1, a=2), '{"a":2,"b":1}'), (UserDict(b=1, a=2), '{"a":2,"b":1}'),
    ({1: "a", "1": "b", None: "c"}, '{1:"a",null:"c","1":"b"}'),
    ([float("nan"), float("inf"), -float("inf")], "[NaN,Infinity,-Infinity]"),
    ("\ud800é\n", r'"\ud800\u00e9\n"'), (HostileStr("x"), '"x"'),
    (Silent, "type\"<class 'test_canonical.Silent'>\""),
])  # fmt: skip
def test_each_kind_of_value_has_its_text(value: Any, text: str) -> None:
    assert canonical(value) == text


def test_look_alikes_differ() -> None:
    alike = [1, 1.0, True, "1", b"1", Decimal(1), {1}, [1], {"1": 1}, {1: 1}, Point(1), Model(x=1), None, -1,
             10**5000, 10**5001, "x" * 10**6, "x" * 10**6 + "y", [0] * 10**5, [0] * 10**5 + [1],
             "0x" + "ab" * 20, PurePosixPath("0xff"), PurePosixPath("0xfe")]  # fmt: skip
    texts = [canonical(value) for value in alike]
    assert len(set(texts)) == len(alike), texts


@pytest.mark.parametrize("kind", [Silent, Talkative, lambda: Silent().__init__, lambda: (n for n in [1])])
def test_an_address_does_not_tell_equal_arguments_apart(kind: Any) -> None:
    one, other = [kind()], [kind()]
    assert repr(one) != repr(other)
    assert canonical({"self": one}) == canonical({"self": other})
    assert not re.search(r"0x[0-9a-fA-F]", canonical(one))


@pytest.mark.parametrize(("value", "text"), [
    (HostileRepr(), "HostileRepr?"), (Unshowable(), "Unshowable?"), (HostileMapping(), "HostileMapping?"),
    (HostileDump(), "HostileDump?"), (HostileList([1]), "HostileList?"),
    (Point(1, Unshowable()), 'Point{"x":1,"y":Unshowable?}'),
    ([1, Unshowable(), 2], "[1,Unshowable?,2]"), ({"a": Unshowable(), "b": 2}, '{"a":Unshowable?,"b":2}'),
])  # fmt: skip
def test_a_hostile_object_has_a_stable_place_and_spoils_nothing_else(value: Any, text: str) -> None:
    assert canonical(value) == canonical(value) == text
    assert canonical([Hostile()]) == canonical([Hostile()])


def test_a_hostile_class_has_a_name_all_the_same() -> None:
    assert canonical([HostileClass(), HostileType()]) == "[HostileClass?,HostileType?]"


def test_what_is_no_exception_goes_through() -> None:
    class Interrupted:
        def __repr__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        canonical({"a": Interrupted()})


def test_no_iterator_is_read() -> None:
    numbers = endless()
    assert canonical([numbers]) == canonical([endless()])
    assert canonical(map(str, [1])).startswith("map")


def nested(depth: int, innermost: Any) -> Any:
    value = innermost
    for _ in range(depth):
        value = [value]
    return value


def test_depth_is_bounded() -> None:
    assert canonical(nested(DEPTH_MAX, 1)) != canonical(nested(DEPTH_MAX, 2))
    assert canonical(nested(DEPTH_MAX + 1, 1)) == canonical(nested(DEPTH_MAX + 1, 2))
    assert canonical(nested(100_000, 1)).count("[") == DEPTH_MAX + 1


def test_arguments_that_contain_themselves_have_a_text() -> None:
    def ring() -> Any:
        many: list[Any] = []
        many += [many, {"many": many}, many]
        return many

    assert canonical(ring()) == canonical(ring())


def test_whether_equal_parts_are_one_object_does_not_matter() -> None:
    part = nested(10, 1)
    shared = [part, nested(DEPTH_MAX - 5, part)]
    assert canonical(shared) == canonical([nested(10, 1), nested(DEPTH_MAX - 5, nested(10, 1))])


def test_a_part_is_not_mistaken_for_one_that_is_gone() -> None:
    text = canonical([Fresh(n) for n in range(100)])
    assert json.loads(text.replace("Fresh", "")) == [{"parts": [n]} for n in range(100)]


def test_what_is_shared_thousandfold_is_written_once() -> None:
    def doubled(innermost: int) -> Any:
        value: Any = innermost
        for _ in range(60):
            value = [value, value]
        return value

    assert canonical(doubled(1)) == canonical(doubled(1)) != canonical(doubled(2))
    assert len(canonical(doubled(1))) <= TEXT_MAX


def test_a_text_is_bounded_and_shows_all_of_a_huge_argument() -> None:
    def huge(last: str) -> Any:
        return {"rows": [{"n": n, "text": "x" * 100} for n in range(20_000)], "last": last}

    assert canonical(huge("a")) == canonical(huge("a")) != canonical(huge("b"))
    assert len(canonical(huge("a"))) < 2 * TEXT_MAX
    assert canonical({"n": 1, "text": "y" * TEXT_MAX})[:17] == '{"n":1,"text":sha'


def test_a_nearly_full_stack_does_not_overflow() -> None:
    def at(frames: int) -> str:
        return canonical(nested(60, 1)) if frames == 0 else at(frames - 1)

    frames, depth = sys._getframe(), 0
    while frames.f_back:
        frames, depth = frames.f_back, depth + 1
    for room in range(30, 300, 10):
        assert at(sys.getrecursionlimit() - depth - room)
