"""A running CodeChecker, the endpoint it asks, and the load on it."""

import http.client
import json
import os
import pathlib
import select
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from services import processor_seconds

TOKEN = "benchmark-of-every-route"
ADMIN = {"authorization": f"Bearer {TOKEN}"}
API = "/api/v1/submissions"
# As local-runtime/run and the image set them.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2"}
ENDED = ("COMPLETED", "FAILED", "CANCELLED")


class Endpoint:
    """The stand-in for the model."""

    def __init__(self, load):
        self.process = subprocess.Popen([load, "endpoint"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.process.stdout.readline())["address"]

    def url(self, milliseconds):
        return f"{self.address}/{milliseconds}/v1"

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class App:
    """A process of the program, and the one visitor that talks to it."""

    def __init__(self, bench, database, latency=0, **settings):
        self.bench = bench
        self.log = bench.folder / f"{database}-{time.monotonic_ns()}.log"
        variables = {
            "DATABASE_URL": bench.postgres.address(database), "REDIS_URL": bench.redis.url, "QUEUE_PREFIX": database,
            "OPENAI_BASE_URL": bench.endpoint.url(latency), "OPENAI_API_KEY": "none", "OPENAI_MODEL": "stand-in",
            "SETTINGS_TOKEN": TOKEN, "SECRET_KEYS": "a2V5LW9mLXRoZS1iZW5jaC0wMTIzNDU2Nzg5YWJjZGU=", "PORT": "0", "LOG_FORMAT": "json",
            "SUBMISSIONS_PER_MINUTE": "0", "MAX_QUEUED": "1000000", "JUDGE_URL": "off", "SHUTDOWN_GRACE_SECONDS": "0",
            **ALLOCATOR, **settings,
        }
        began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([bench.program], env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self.process.pid
        self.url = self.listening(began)
        self.cookie = {}

    def listening(self, began):
        while time.monotonic() < began + 60 and self.process.poll() is None:
            for line in self.log.read_text(errors="replace").splitlines():
                if '"listening"' in line:
                    return "http://127.0.0.1:" + json.loads(line)["address"].rpartition(":")[2]
            time.sleep(0.002)
        raise SystemExit(f"{self.bench.program} did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def call(self, method, path, body=None, headers=None):
        """One request of the visitor; answers the status and the body."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=300)
        data = json.dumps(body) if body is not None else None
        connection.request(method, path, data, {"content-type": "application/json", **self.cookie, **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
        cookie = answer.getheader("set-cookie")
        if cookie and not self.cookie:
            self.cookie = {"cookie": cookie.partition(";")[0]}
        connection.close()
        return answer.status, content

    def json(self, method, path, body=None, headers=None):
        status, content = self.call(method, path, body, headers)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {content[:500]}")
        return json.loads(content)

    def submit(self, body):
        return self.json("POST", API, body)["id"]

    def queue(self, action):
        self.json("POST", f"/api/v1/queue/{action}", headers=ADMIN)

    def ended(self, ids, status="COMPLETED"):
        """Waits until all of them have ended like this, five minutes at most."""
        end = time.monotonic() + 300
        for id in ids:
            while (found := self.json("GET", f"{API}/{id}"))["status"] not in ENDED:
                if time.monotonic() > end:
                    raise SystemExit(f"{id} is still {found['status']}")
                time.sleep(0.05)
            if found["status"] != status:
                raise SystemExit(f"{id} is {found['status']}: {found.get('error')}")

    def processor_seconds(self):
        return processor_seconds(self.pid)

    def memory(self, field="Rss"):
        """MB: Rss, what the process has in memory, or Pss, its share of what it has together with others."""
        lines = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(field + ":"))) * 1024 / 1e6

    @contextmanager
    def peak(self):
        """Its most memory meanwhile, in MB, as the only item of a list."""
        most, done = [self.memory()], threading.Event()

        def sample():
            while not done.wait(0.02):
                most[0] = max(most[0], self.memory())

        sampler = threading.Thread(target=sample)
        sampler.start()
        try:
            yield most
        finally:
            done.set()
            sampler.join()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Watchers:
    """Streams of events, and how many events have come."""

    def __init__(self, bench, app, ids, count):
        file = bench.folder / "ids"
        file.write_text("\n".join(ids))
        command = [bench.load, "watchers", "--server", app.url, "--watchers", str(count), "--ids", str(file)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.text, self.now = b"", {}

    def until(self, reached, patience=60):
        """Waits until the counts are such, and answers whether they are."""
        end = time.monotonic() + patience
        while not (self.now and reached(self.now)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return False
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return False
            *lines, self.text = (self.text + data).split(b"\n")
            if lines:
                self.now = json.loads(lines[-1])
        return True

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def send(bench, app, *paths, method="GET", headers=None, body=None, connections=1, seconds=None, requests=None):
    """Sends requests and answers how they went, with the share of a core that sending took."""
    command = [bench.load, "requests", "--server", app.url, "--connections", str(connections), "--method", method]
    if seconds:
        command += ["--seconds", str(seconds)]
    if requests:
        command += ["--requests", str(requests)]
    for name, value in {**app.cookie, **(headers or {})}.items():
        command += ["--header", f"{name}:{value}"]
    if body is not None:
        file = bench.folder / f"body-{time.monotonic_ns()}"
        file.write_text(json.dumps(body))
        command += ["--body", str(file)]
    before = os.times()
    sent = json.loads(subprocess.run([*command, *paths], check=True, stdout=subprocess.PIPE).stdout)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    sent["generator"] = used / sent["seconds"] if sent["seconds"] else 0
    return sent
