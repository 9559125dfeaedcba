"""LangChain agents held to an allotment: `create_agent(..., middleware=[AllotmentMiddleware(session)])`.

Needs the extra `allotment[langchain]`; nothing else in `allotment` imports this.

Each execution of a tool's body is authorised, whatever retries it; each model call is reserved before it is
sent and settled by the usage that it reports.
"""

from importlib.util import find_spec

if find_spec("langchain") is None:
    raise ModuleNotFoundError(
        "allotment.langchain needs LangChain: pip install 'allotment[langchain]'", name="langchain"
    )

from allotment.langchain._middleware import AllotmentMiddleware
from allotment.langchain._prices import Price
from allotment.langchain._sessions import SessionSource

__all__ = ["AllotmentMiddleware", "Price", "SessionSource"]
