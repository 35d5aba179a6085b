"""What a client of an MCP server does: it starts the server, and calls some of its tools.

``python mcp_tools.py SERVER TOOL={JSON} …``
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(server: str, *calls: str) -> None:
    """Call each tool once, and show what it brings."""
    parameters = StdioServerParameters(command=server, args=[], env=dict(os.environ))
    async with stdio_client(parameters) as (reads, writes), ClientSession(reads, writes) as session:
        await session.initialize()
        for call in calls:
            tool, _, arguments = call.partition("=")
            answer = await session.call_tool(tool, json.loads(arguments or "{}"))
            print(tool, *(each.text for each in answer.content if each.type == "text"))
    print("is done")


asyncio.run(main(*sys.argv[1:]))
