"""PostgreSQL and Redis: sessions that the figures leave out, and what each has used so far.

Processor time is that of /proc and the kernel's clock of each process: of PostgreSQL the sum over the server and all its processes,
those that have ended (which the kernel adds to the server's cutime and cstime, in hundredths of a second) included.
"""

import os
import pathlib
import re
import socket
import subprocess
import time
from urllib.parse import urlsplit, urlunsplit

ROLE = "bench"
TICKS = os.sysconf("SC_CLK_TCK")
PROC = pathlib.Path("/proc")


def processor_seconds(pid):
    """Of a process, its ended threads included, to the nanosecond: the clock that clock_getcpuclockid(3) would name."""
    return time.clock_gettime((~pid << 3) | 2)


def stat(pid):
    """The fields of /proc/PID/stat from the third on."""
    return (PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()


def children(pid):
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                if int(stat(entry.name)[1]) == pid:
                    found.append(int(entry.name))
            except OSError:
                pass  # It has ended meanwhile.
    return found


class Psql:
    """A session of psql under a role of its own."""

    def __init__(self, url):
        command = ["psql", url, "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.pid = int(self.value("SELECT pg_backend_pid()"))

    def rows(self, sql):
        self.process.stdin.write(f"{sql};\n\\echo =end=\n")
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) != "=end=\n":
            if not line:
                raise SystemExit(f"psql ended at {sql[:200]}: {' '.join(lines)}")
            lines.append(line.rstrip("\n"))
        return [line.split("\x1f") for line in lines]

    def value(self, sql):
        return self.rows(sql)[0][0]

    def copy(self, sql, lines):
        """Sends the lines, as COPY reads them."""
        self.process.stdin.write(f"{sql};\n")
        self.process.stdin.writelines(lines)
        self.process.stdin.write("\\.\n")
        self.rows("SELECT 1")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Postgres:
    def __init__(self, url):
        self.url = url
        subprocess.run(["psql", url, "-X", "-q", "-c", f"CREATE ROLE {ROLE} SUPERUSER LOGIN"], check=True)
        self.sessions = []
        self.session = self.open(urlsplit(url).path[1:])
        self.session.rows("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self.user = urlsplit(url).username
        self.pid = int(self.session.value("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))

    def address(self, database, role=None):
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(path=f"/{database}", netloc=f"{role or parts.username}@{host}"))

    def open(self, database):
        """A session whose work no figure has."""
        session = Psql(self.address(database, ROLE))
        self.sessions.append(session)
        return session

    def create(self, database):
        """An empty database, and a session in it."""
        self.drop(database)
        self.session.rows(f"CREATE DATABASE {database} OWNER {self.user}")
        return self.open(database)

    def drop(self, database):
        self.session.rows(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def processor_seconds(self):
        own = {session.pid for session in self.sessions}
        total = processor_seconds(self.pid) + sum(int(ticks) for ticks in stat(self.pid)[13:15]) / TICKS
        for child in children(self.pid):
            try:
                total += 0 if child in own else processor_seconds(child)
            except OSError:
                pass  # It has ended meanwhile, and the server's time has it from now on.
        return total

    def wal(self):
        """Bytes of write-ahead log so far."""
        return int(self.session.value("SELECT pg_current_wal_insert_lsn() - '0/0'"))

    def statements(self):
        """How often each statement of the application has run so far, by the name in its first line."""
        rows = self.session.rows(
            "SELECT sum(calls), COALESCE(substring(query FROM '^-- (\\S+)'), left(regexp_replace(query, '\\s+', ' ', 'g'), 80)) "
            f"FROM pg_stat_statements WHERE userid = '{self.user}'::regrole GROUP BY 2"
        )
        return {query: int(calls) for calls, query in rows}


class Redis:
    def __init__(self, url):
        self.url = url
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(urlsplit(url).path)
        self.reader = self.socket.makefile("rb")
        self.pid = int(self.info("server")["process_id"])

    def call(self, *words):
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        self.socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        return self.answer()

    def answer(self):
        line = self.reader.readline().rstrip(b"\r\n").decode()
        if line.startswith("$"):
            size = int(line[1:])
            return self.reader.read(size + 2)[:-2].decode() if size >= 0 else None
        if line.startswith("*"):
            return [self.answer() for _ in range(int(line[1:]))]
        if line.startswith("-"):
            raise SystemExit(f"Redis: {line}")
        return line[1:]

    def info(self, section):
        return dict(re.findall(r"^(\w+):(.*?)\r?$", self.call("INFO", section), re.MULTILINE))

    def processor_seconds(self):
        return processor_seconds(self.pid)

    def commands(self):
        """How often each command has run so far, in scripts too. Those of this session are left out."""
        found = re.findall(r"^cmdstat_([^:]+):calls=(\d+)", self.call("INFO", "commandstats"), re.MULTILINE)
        own = ("info", "config", "flushall", "dbsize")
        return {name: int(calls) for name, calls in found if name.partition("|")[0] not in own}
