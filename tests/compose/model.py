#!/usr/bin/env python3
"""A model endpoint for tests of the stack: answers each question with the smallest JSON that its schema allows.

usage: model.py PORT SECONDS     (SECONDS: how long each answer takes)

A property whose name ends in "code" gets the program of the question. POST /slow?SECONDS changes how long an answer takes,
GET /calls tells how many questions there were.
"""

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

seconds = float(sys.argv[2])
calls = 0
lock = threading.Lock()


def texts(content):
    """The words of a message."""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def program(question):
    """The program in a question: in the data part of that name, else from the first #include on."""
    found = re.search(r'<data-(\w+) name="program">\n(.*?)\n</data-\1>', question, re.DOTALL)
    if found:
        return found.group(2)
    found = re.search(r"#include.*", question, re.DOTALL)
    return found.group(0) if found else "print(1)\n"


def instance(schema, root, name, code):
    """The smallest value that the schema allows."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return instance(schema["anyOf"][0], root, name, code)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: instance(value, root, key, code) for key, value in properties.items()}
    if kind == "string":
        return code if name.endswith("code") else f"This is the {name}."
    return {"array": [], "integer": 1, "number": 1, "boolean": False}.get(kind)


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, media_type="application/json"):
        data = body.encode()
        self.send_response(200)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer(json.dumps({"calls": calls, "data": [{"id": "stand-in"}]}))

    def do_POST(self):
        global calls, seconds
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        if self.path.startswith("/slow?"):
            seconds = float(self.path.split("?")[1])
            return self.answer("{}")
        question = json.loads(body)
        with lock:
            calls += 1
        user = "\n".join(texts(m["content"]) for m in question["messages"] if m["role"] == "user")
        schema = question["response_format"]["json_schema"]["schema"]
        content = json.dumps(instance(schema, schema, "", program(user)))
        usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        head = {"id": "1", "object": "chat.completion", "created": 0, "model": question["model"]}
        time.sleep(seconds)
        if not question.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
            return self.answer(json.dumps(head | {"choices": [choice], "usage": usage}))
        head["object"] = "chat.completion.chunk"
        middle = len(content) // 2
        chunks = [
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": content[:middle]}}]},
            {"choices": [{"index": 0, "delta": {"content": content[middle:]}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage},
        ]
        events = "".join(f"data: {json.dumps(head | chunk)}\n\n" for chunk in chunks)
        self.answer(events + "data: [DONE]\n\n", "text/event-stream")


ThreadingHTTPServer(("", int(sys.argv[1])), Endpoint).serve_forever()
