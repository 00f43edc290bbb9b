"""The official client of the Model Context Protocol goes through the tools once, as an agent does.

python client.py URL MODE      with the arguments of submit as JSON on its input
"""

import asyncio
import json
import sys

from mcp import Client


async def main(url, mode):
    arguments = json.load(sys.stdin)
    async with Client(url, mode=mode) as client:
        listed = await client.list_tools()
        submitted = await client.call_tool("submit", arguments)
        id = submitted.structured_content["id"]
        while True:
            state = await client.call_tool("wait", {"id": id, "timeout_seconds": 50})
            if state.structured_content["finished"]:
                break
        patch = await client.call_tool("get_patch", {"id": id, "name": "main.cpp"})
        refused = await client.call_tool("cancel", {"id": id, "owner_token": submitted.structured_content["owner_token"]})
    result = {
        "tools": [tool.name for tool in listed.tools],
        "state": state.structured_content,
        "patch": patch.content[0].text,
        "refused": refused.content[0].text if refused.is_error else None,
    }
    print(json.dumps(result))


asyncio.run(main(*sys.argv[1:]))
