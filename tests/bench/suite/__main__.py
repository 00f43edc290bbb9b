"""See tests/bench/run."""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import growth
import jobs
import report
import routes
import rows
import starting
import waiting
import watching
from bench import Bench, number, output, say

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARTS = {
    "starting": starting.part, "routes": routes.part, "jobs": jobs.part, "rows": rows.part, "waiting": waiting.part,
    "watching": watching.part, "growth": growth.part,
}


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description="Measures CodeChecker on services of its own.")
    parser.add_argument("--only", metavar="PARTS", help=f"of {','.join(PARTS)}; all if left out")
    parser.add_argument("--program", help="a code-checker built before; else this checkout is built for release")
    parser.add_argument("--load", help="the program of tests/bench/load, built before")
    parser.add_argument("--json", metavar="FILE", help="write all figures here too")
    parser.add_argument("--rows", type=int, default=0, help="measure lists and searches among so many rows too, such as 1000000")
    parser.add_argument("--seconds", type=float, default=2, help="how long each route is asked at each number of connections (2)")
    parser.add_argument("--aims", action="store_true", help="print the table of aims as Markdown, of the parts that it needs")
    parser.add_argument("--carries", action="store_true", help="print the README's table of what one machine carries as Markdown")
    parser.add_argument("--from", dest="source", metavar="FILE", help="measure nothing, and print the figures of an earlier --json")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else report.NEEDED if options.aims else PARTS
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"--only: there is no part {', '.join(sorted(unknown))}")
    options.parts = [name for name in PARTS if name in chosen]
    return options


def built(package, name):
    """The program, built for release."""
    command = ["cargo", "build", "--release", "--locked", "--quiet", "-p", package, "--bin", name]
    say(f"==> {' '.join(command)}")
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "SQLX_OFFLINE": "true"})
    metadata = output("cargo", "metadata", "--no-deps", "--format-version=1", "--manifest-path", str(ROOT / "Cargo.toml"))
    return str(pathlib.Path(json.loads(metadata)["target_directory"]) / "release" / name)


def machine(bench):
    model = number(pathlib.Path("/proc/cpuinfo").read_text(), r"model name\s*: (.*)")
    return {
        "commit": output("git", "-C", str(ROOT), "describe", "--always", "--dirty"), "cores": os.cpu_count(), "processor": model,
        "system": platform.system(), "PostgreSQL": bench.postgres.session.value("SHOW server_version"),
        "Redis": bench.redis.info("server")["redis_version"], "load": os.getloadavg()[0],
    }


def measure(options):
    options.program = options.program or built("local-runtime", "code-checker")
    options.load = options.load or built("load", "load")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, pathlib.Path(folder), os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
        try:
            results = {"machine": machine(bench), "parts": {}}
            for name in options.parts:
                began = time.monotonic()
                say(f"==> {name}")
                results["parts"][name] = PARTS[name](bench)
                say(f"  {time.monotonic() - began:.0f} s")
            return results
        finally:
            bench.close()


def main():
    options = arguments()
    results = json.loads(pathlib.Path(options.source).read_text()) if options.source else measure(options)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    printed = report.aims if options.aims else report.carries if options.carries else report.tables
    for line in printed(results):
        print(line)


if __name__ == "__main__":
    sys.exit(main())
