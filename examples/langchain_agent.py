"""A LangChain agent that may search three times, whatever its model asks for. Needs no network."""

from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from allotment import Enforcer
from allotment.langchain import AllotmentMiddleware, Price


class Model(GenericFakeChatModel):
    """Stands in for a real model and says what is written here."""

    bind_tools = lambda self, tools, **settings: self  # noqa: E731


def search(query: str) -> str:
    """Search the archive."""
    return f"Nothing about {query}."


usage = {"input_tokens": 900, "output_tokens": 100, "total_tokens": 1000}
calls = [{"name": "search", "args": {"query": f"page {n}"}, "id": str(n)} for n in range(10)]
turns = [AIMessage("", tool_calls=calls, usage_metadata=usage), AIMessage("Done.", usage_metadata=usage)]
session = Enforcer().create_session(agent="agent-7", tools=["search"], calls=3, cost_usd="0.50")
limit = AllotmentMiddleware(session, prices={"Model": Price(input="3.00", output="15.00")})
agent = create_agent(Model(messages=iter(turns)), [search], middleware=[limit])
said = agent.invoke({"messages": [("user", "Find it.")]})["messages"]
print([message.status for message in said[2:-1]].count("success"), "of 10 searches ran:", said[-1].text)
