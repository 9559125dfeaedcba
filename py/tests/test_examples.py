"""The examples in the documentation of the package and its classes say the truth."""

from __future__ import annotations

import doctest

import pytest

import allotment
import allotment.testing

pytestmark = pytest.mark.thread_unsafe(reason="it starts interpreters")

DOCUMENTED = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (allotment, allotment.testing)
    for name in module.__all__
    if isinstance(getattr(module, name), type)
}


def examples(text: str | None, name: str) -> doctest.DocTest:
    """The examples in this documentation, with everything that is exported at hand."""
    names = {**vars(allotment), **vars(allotment.testing)}
    return doctest.DocTestParser().get_doctest(text or "", names, name, None, None)


@pytest.mark.parametrize("name", ["allotment", *DOCUMENTED])
def test_the_examples_run(name: str) -> None:
    item = DOCUMENTED.get(name, allotment)
    members = {
        f"{name}.{member}": getattr(item, member) for member in vars(item) if not member.startswith("_")
    }
    for place, documented in {name: item, **members}.items():
        text = getattr(documented, "__doc__", None)
        if isinstance(text, str):
            failed: list[str] = []
            doctest.DocTestRunner().run(examples(text, place), out=failed.append)
            assert failed == []


def test_there_are_examples() -> None:
    with_examples = [name for name, item in DOCUMENTED.items() if examples(item.__doc__, name).examples]
    assert examples(allotment.__doc__, "allotment").examples
    assert "allotment.Enforcer" in with_examples
