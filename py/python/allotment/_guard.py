"""`Session.guard`: functions that ask before each call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from allotment.exceptions import InvalidType

if TYPE_CHECKING:
    from allotment._allotment import Session

F = TypeVar("F", bound=Callable[..., Any])
Naming = Callable[[tuple[Any, ...], dict[str, Any]], object]


def guard(session: Session, function: F | None, tool: str | None) -> F | Callable[[F], F]:
    """`function`, asking `session` for `tool` first; or, without a function, the decorator that does so."""
    if tool is not None and not isinstance(tool, str):
        raise InvalidType("tool", repr(tool), "is not a str")
    if function is None:
        return functools.partial(_guarded, session, tool=tool)
    return _guarded(session, function, tool=tool)


def _guarded(session: Session, function: F, *, tool: str | None) -> F:
    if not callable(function):
        raise InvalidType("function", repr(function), "cannot be called; a tool's name is given as tool=")
    name = getattr(function, "__name__", None) if tool is None else tool
    if not isinstance(name, str):
        raise InvalidType("function", repr(function), "has no __name__; give tool=")
    if inspect.isasyncgenfunction(function):
        wrap = _async_generator
    elif inspect.isgeneratorfunction(function):
        wrap = _generator
    elif inspect.iscoroutinefunction(function):
        wrap = _coroutine
    else:
        wrap = _plain
    return cast("F", functools.wraps(function)(wrap(session, function, name)))


def _naming(session: Session, function: Callable[..., Any]) -> Naming | None:
    """What names the arguments of a call, however they are passed; nothing where the session needs none."""
    if not session._tells_repetitions:
        return None
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some builtins do not say
        return lambda args, kwargs: (args, kwargs)
    first = next(iter(signature.parameters), None)

    def named(args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:  # the function will say so itself; to call it like this again is a repetition too
            return args, kwargs
        bound.apply_defaults()
        if first == "self":
            bound.arguments.pop(first)
        return bound.arguments

    return named


def _plain(session: Session, function: Callable[..., Any], tool: str) -> Callable[..., Any]:
    authorize, named = session.authorize, _naming(session, function)

    def guarded(*args: Any, **kwargs: Any) -> Any:
        if named is None:
            authorize(tool)
        else:
            authorize(tool, arguments=named(args, kwargs))
        return function(*args, **kwargs)

    return guarded


def _coroutine(session: Session, function: Callable[..., Any], tool: str) -> Callable[..., Any]:
    authorize, named = session.authorize, _naming(session, function)

    async def guarded(*args: Any, **kwargs: Any) -> Any:
        if named is None:
            authorize(tool)
        else:
            authorize(tool, arguments=named(args, kwargs))
        return await function(*args, **kwargs)

    return guarded


def _generator(session: Session, function: Callable[..., Any], tool: str) -> Callable[..., Any]:
    authorize, named = session.authorize, _naming(session, function)

    def guarded(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        if named is None:
            authorize(tool)
        else:
            authorize(tool, arguments=named(args, kwargs))
        return (yield from function(*args, **kwargs))

    return guarded


def _async_generator(session: Session, function: Callable[..., Any], tool: str) -> Callable[..., Any]:
    authorize, named = session.authorize, _naming(session, function)

    async def guarded(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        if named is None:
            authorize(tool)
        else:
            authorize(tool, arguments=named(args, kwargs))
        inner = function(*args, **kwargs)
        try:
            item = await anext(inner)
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    raise
                except BaseException as error:
                    item = await inner.athrow(error)
                else:
                    item = await inner.asend(sent)
        except StopAsyncIteration:
            return
        finally:
            await inner.aclose()

    return guarded
