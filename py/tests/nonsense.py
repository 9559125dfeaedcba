"""Values that make no sense, and objects that do harm when they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any


class Boom(Exception):
    """Raised by a hostile object; a library that swallowed it or panicked would not show it."""


class Hostile:
    """Raises whatever is asked of it."""

    def _boom(self, *_: Any) -> Any:
        raise Boom("hostile")

    __index__ = __int__ = __float__ = __iter__ = __len__ = __getitem__ = __str__ = __bool__ = __eq__ = _boom
    __hash__ = __lt__ = __fspath__ = __bytes__ = __complex__ = _boom
    keys = items = total_seconds = as_integer_ratio = _boom


class Unshowable:
    """An object that no error message can show, and whose class has an odd name."""

    def __repr__(self) -> str:
        raise Boom("hostile repr")


class HostileRepr(Hostile):
    """Raises even when an error message wants to show it."""

    def __repr__(self) -> str:
        raise Boom("hostile repr")


class HostileStr(str):
    """A string whose methods raise."""

    __slots__ = ()

    def __str__(self) -> str:
        raise Boom("hostile str")

    def __hash__(self) -> int:
        raise Boom("hostile hash")


class HostileMapping(Mapping[str, Any]):
    """A mapping that raises while it is read."""

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[str]:
        yield "search"
        raise Boom("hostile mapping")

    def __getitem__(self, key: str) -> Any:
        raise Boom("hostile mapping")


class Indexable:
    """An object with ``__index__``, as the integers of numpy are."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


MOST = 1_500_000


def endless(name: str = "search") -> Iterator[str]:
    """A list without end; whoever reads on for ever is stopped."""
    for _ in range(MOST):
        yield name
    raise AssertionError("a list without end was read to the end")


def endless_names() -> Iterator[str]:
    """The same with a new name each time."""
    for index in range(MOST):
        yield f"tool-{index}"
    raise AssertionError("a list without end was read to the end")


NAN = float("nan")
INFINITY = float("inf")

# fmt: off
NO_COUNT: list[Any] = [
    -1, -(2**63), -(2**64), 2**48 + 1, 2**63, 2**64, 2**64 + 5, 2**128, 10**400, -(10**400), 10**5000, 0.0,
    1.0, 1.5, -1.5, NAN, INFINITY, -INFINITY, 1e300, True, False, "5", "", "\x00", "unlimited", b"5", 1j,
    [], [5], (5,), {}, {5}, object(), Decimal(5), NotImplemented, int, HostileStr("5"), Indexable(-1),
    Indexable(2**64), Indexable(10**5000), Unshowable(),
]

NO_MONEY: list[Any] = [
    -1, -(2**64), 2**64, 10**400, 10**5000, -0.01, NAN, INFINITY, -INFINITY, 1e300, 20_000_000,
    Decimal("-0.01"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e400"),
    Decimal("18014398.6"), "-1", "", " ", "NaN", "inf", "1,5", "$5", "five", "\x00", "1\n2", "1e400",
    "0x10", "x" * 1_000_000, "1_000", "\ud800", True, False, b"5", 1j, [], {}, object(), Unshowable(),
    Indexable(-1), Indexable(2**64),
]

NO_TIME: list[Any] = [
    0, -1, 0.0, -0.5, 0.999, 86_400.5, 86_401, 2**64, 10**400, 10**5000, 1e300, NAN, INFINITY, -INFINITY,
    True, False, "60", "", b"60", 1j, [], {}, object(), Decimal("NaN"), Unshowable(),
]

NO_RATE: list[Any] = [
    "", "/", "30", "30/", "/min", "-1/s", "1.5/s", "30/fortnight", "1/0s", "1/48h", "\x00", "\ud800/s",
    f"{2**48 + 1}/s", f"{2**64}/s", f"1/{10**30}s", "9" * 100_000 + "/s", f"{2**48}/s", 5, -1, 1.5, NAN,
    True, False, b"30/min", [], {}, (30, 60), object(), Unshowable(),
]

NO_NAME: list[Any] = [
    "", " ", "\t", "\x00", "a\x00b", "a\nb", "a\x1bb", "\x7f", "a\x85b", "x" * 129, "é" * 65,
    "x" * 1_000_000, "\ud800", "a\udfff", 5, 1.5, True, b"agent", [], {}, object(), Unshowable(),
]

NO_INTENT: list[Any] = [
    " ", "\n", "\x00", "read\x1b", "x" * 513, "é" * 257, "x" * 1_000_000, "\ud800", 5, True, b"read", [],
    object(), Unshowable(),
]

NO_LEVEL: list[Any] = [
    "", "Public", "PUBLIC", "secret", "internal ", "\x00", "x" * 1_000_000, "\ud800", 1, True, b"public",
    [], object(), Unshowable(),
]

NO_EXECUTION: list[Any] = [
    "", "Standard", "standard ", "\x00", "x" * 1_000_000, "\ud800", 1, True, 1.5, b"standard", ["standard"],
    object(), Unshowable(), {"presets": "standard"}, {"preset": 5}, {"preset": None}, {"depth": -1},
    {"depth": 2**48 + 1}, {"depth": 2**64}, {"depth": True}, {"depth": 1.5}, {"depth": NAN}, {"depth": None},
    {"repetitions": 0}, {"repetitions": 65_536}, {"idle_timeout": 0}, {"idle_timeout": -1},
    {"idle_timeout": "1y"}, {"cost_usd": -1}, {"cost_usd": NAN}, {"grace": 86_401}, {"memory": "1k"},
    {5: 5}, {"depth": Unshowable()},
]

NO_TRUTH: list[Any] = [0, 1, "", "yes", "true", 1.0, NAN, b"", [], {}, object(), Unshowable()]

NO_TOOLS: list[Any] = [
    "search", "", "search,read", "**", "\ud800", b"search", 5, True, None, 1.5, object(), Unshowable(),
    [""], [" "], ["a b"], ["a\nb"], ["a\x00"], ["naïve"], ["x" * 129], ["x" * 1_000_000], ["\ud800"],
    ["search*"], [5], [None], [True], [b"search"], [["search"]], [("search", 5)], ["search", Unshowable()],
    {"search": -1}, {"search": 2**64}, {"search": 2**48 + 1}, {"search": 10**400}, {"search": 1.0},
    {"search": NAN}, {"search": True}, {"search": "5"}, {"search": []}, {"a b": 5}, {5: 5}, {"*": 5},
    {"": None}, {"search": Unshowable()}, {"search": Indexable(2**64)},
    [f"tool-{index}" for index in range(100_000)], {f"tool-{index}": 1 for index in range(10_001)},
]
# fmt: on
