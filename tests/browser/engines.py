"""Firefox over WebDriver BiDi, and WebKit over WebDriver: the little that the journeys need of a browser."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from websockets.sync.client import connect

PATIENCE = 30.0
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Control": "\ue009", "Escape": "\ue00c"}
# Not through the proxy of the environment.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# A page that was left or drawn anew between two commands.
PASSING = {
    "no such node", "no such element", "no such frame", "stale element reference", "element not interactable",
    "element click intercepted", "move target out of bounds", "javascript error", "unknown error",
}
VISIBLE = """(selector) => {
    const all = [...document.querySelectorAll(selector)];
    return all.find((e) => e.checkVisibility({ visibilityProperty: true })) ?? null;
}"""
FILL = """(selector, value) => {
    const field = document.querySelector(selector);
    for (let e = field.closest('details:not([open])'); e; e = e.parentElement.closest('details:not([open])')) e.open = true;
    field.focus();
    field.select();
    document.execCommand(value ? 'insertText' : 'delete', false, value);
    return field.value;
}"""


class Refusal(Exception):
    """An error that the browser answers with: its code and its message."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


@contextmanager
def program(*command, **options):
    """A program that ends with this one, and with all that it started."""
    with tempfile.TemporaryDirectory(prefix="code-checker-browser.", ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "HOME": home, "LANGUAGE": "en", "MOZ_CRASHREPORTER_DISABLE": "1", **options.pop("env", {})}
        command = [part.replace("{home}", home) for part in ("setpriv", "--pdeathsig", "KILL", "--", *command)]
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        try:
            yield child
        finally:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


class Page:
    """The one page of a browser. A subclass has `call`, `goto`, `press`, `attach`, `click_on`, `resize` and `shot`."""

    def __init__(self, url):
        self.url = url
        self.complaints = []
        self.refusal = None

    def until(self, function, *args, of=lambda value: value):
        """The first value of a JavaScript function that passes `of`."""
        end = time.monotonic() + PATIENCE
        while True:
            last = self.attempt(lambda: self.call(function, *args))
            if last is not None and of(last):
                return last
            assert time.monotonic() < end, f"gave up waiting: {function} {args}: {last} {self.refusal or ''} {self.where()}"
            time.sleep(0.05)

    def attempt(self, action):
        try:
            return action()
        except Refusal as refusal:
            if refusal.code not in PASSING:
                raise
            self.refusal = refusal
            return None

    def where(self):
        return self.call("() => location.href + ' ' + document.body.innerText.slice(0, 2000)")

    def see(self, selector):
        self.until(f"(selector) => ({VISIBLE})(selector) !== null", selector)

    def miss(self, selector):
        self.until(f"(selector) => ({VISIBLE})(selector) === null", selector)

    def click(self, selector):
        """Clicks on the first of these that can be seen."""
        end = time.monotonic() + PATIENCE
        while not self.attempt(lambda: self.click_on(selector)):
            assert time.monotonic() < end, f"nothing to click on: {selector} {self.refusal or ''} {self.where()}"
            time.sleep(0.05)

    def fill(self, selector, value):
        self.until(FILL, selector, value, of=lambda now: now == value)

    def paste(self, selector, text):
        """Pastes into the field that has the focus until it has the text: a busy machine may hand nothing over at first."""
        end = time.monotonic() + PATIENCE
        while text not in self.value(selector):
            assert time.monotonic() < end, f"not pasted: {text} {self.where()}"
            self.press("Control", "v")
            time.sleep(0.1)

    def value(self, selector):
        return self.until("(selector) => document.querySelector(selector)?.value ?? null", selector, of=lambda v: v is not None)


class Firefox(Page):
    def __init__(self, url, channel):
        super().__init__(url)
        self.channel = channel
        self.sent = 0
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent", "network.responseCompleted"])
        self.context = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method, **params):
        self.sent += 1
        self.channel.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self.channel.recv(timeout=PATIENCE))
            if answer.get("type") == "event":
                self.notice(answer["method"], answer["params"])
            elif answer.get("id") == self.sent:
                if answer["type"] == "error":
                    raise Refusal(answer["error"], answer["message"])
                return answer["result"]

    def notice(self, event, what):
        if event == "log.entryAdded" and what["level"] in ("error", "warn"):
            self.complaints.append(f"console: {what['text']}")
        elif event == "network.beforeRequestSent":
            asked = what["request"]["url"]
            if asked.startswith("http") and not asked.startswith(self.url + "/"):
                self.complaints.append(f"asked for {asked}")
        elif event == "network.responseCompleted" and what["response"]["status"] >= 400:
            self.complaints.append(f"{what['response']['status']} for {what['request']['url']}")

    def run(self, function, *args):
        found = self.ask(
            "script.callFunction", functionDeclaration=function, awaitPromise=True, target={"context": self.context},
            arguments=[{"type": "string", "value": arg} for arg in args],
        )
        if found["type"] == "exception":
            raise Refusal("javascript error", found["exceptionDetails"]["text"])
        return found["result"]

    def call(self, function, *args):
        return json.loads(self.run(f"(...args) => JSON.stringify(({function})(...args) ?? null)", *args)["value"])

    def goto(self, path):
        self.ask("browsingContext.navigate", context=self.context, url=self.url + path, wait="complete")

    def resize(self, width, height):
        self.ask("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def act(self, kind, actions):
        self.ask("input.performActions", context=self.context, actions=[{"type": kind, "id": kind, "actions": actions}])

    def press(self, *keys):
        keys = [KEYS.get(key, key) for key in keys]
        self.act("key", [{"type": kind, "value": key} for kind, order in (("keyDown", keys), ("keyUp", keys[::-1])) for key in order])

    def click_on(self, selector):
        found = self.run(
            f"(selector) => {{ const e = ({VISIBLE})(selector); e?.scrollIntoView({{ block: 'center', behavior: 'instant' }}); return e; }}",
            selector,
        )
        if found["type"] != "node":
            return False
        self.act("pointer", [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": {"sharedId": found["sharedId"]}}},
            {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0},
        ])
        return True

    def attach(self, selector, path):
        element = self.run("(selector) => document.querySelector(selector)", selector)
        self.ask("input.setFiles", context=self.context, element={"sharedId": element["sharedId"]}, files=[str(path)])

    def shot(self):
        return base64.b64decode(self.ask("browsingContext.captureScreenshot", context=self.context)["data"])


class WebKit(Page):
    def __init__(self, url, session):
        super().__init__(url)
        self.session = session

    def ask(self, method, path, **params):
        return webdriver(method, self.session + path, params)

    def call(self, function, *args):
        return self.ask("POST", "/execute/sync", script=f"return ({function})(...arguments) ?? null", args=args)

    def goto(self, path):
        self.ask("POST", "/url", url=self.url + path)

    def resize(self, width, height):
        """Its window does not become as narrow as a phone."""
        self.ask("POST", "/window/rect", width=width, height=height)

    def press(self, *keys):
        keys = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": key} for kind, order in (("keyDown", keys), ("keyUp", keys[::-1])) for key in order]
        self.ask("POST", "/actions", actions=[{"type": "key", "id": "key", "actions": actions}])

    def click_on(self, selector):
        found = self.call(VISIBLE, selector)
        if found is None:
            return False
        self.call("(e) => e.scrollIntoView({ block: 'center', behavior: 'instant' })", found)
        self.ask("POST", f"/element/{next(iter(found.values()))}/click")
        return True

    def attach(self, selector, path):
        found = self.call("(selector) => document.querySelector(selector)", selector)
        self.ask("POST", f"/element/{next(iter(found.values()))}/value", text=str(path))

    def shot(self):
        return base64.b64decode(self.ask("GET", "/screenshot"))


def webdriver(method, address, params=None):
    body = json.dumps(params).encode() if method == "POST" else None
    request = urllib.request.Request(address, body, {"content-type": "application/json"}, method=method)
    try:
        with OPENER.open(request, timeout=2 * PATIENCE) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        said = json.load(error)["value"]
        raise Refusal(said["error"], said["message"]) from None


@contextmanager
def firefox(path, url):
    command = (path, "--headless", "--no-remote", "--profile", "{home}", "--remote-debugging-port", "0", "about:blank")
    with program(*command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        lines = (re.search(r"BiDi listening on (ws://\S+)", line) for line in child.stderr)
        address = next(filter(None, lines), None)
        assert address, "Firefox did not start"
        threading.Thread(target=child.stderr.read, daemon=True).start()
        with connect(f"{address[1]}/session", max_size=None, open_timeout=PATIENCE, proxy=None) as channel:
            yield Firefox(url, channel)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def webkit(path, url):
    reading, writing = os.pipe()
    screen = ("Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp")
    with program(*screen, pass_fds=[writing], stderr=subprocess.DEVNULL):
        os.close(writing)
        with os.fdopen(reading) as told:
            display = told.readline().strip()
        assert display, "Xvfb did not start"
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = {"DISPLAY": f":{display}", "GDK_BACKEND": "x11"}
        with program(path, f"--port={port}", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            await_port(port, child)
            session = webdriver("POST", f"{address}/session", {"capabilities": {}})["sessionId"]
            yield WebKit(url, f"{address}/session/{session}")


def await_port(port, child):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            assert child.poll() is None and time.monotonic() < end, "the driver of WebKit did not start"
            time.sleep(0.05)


ENGINES = {"firefox": firefox, "webkit": webkit}
