"""Lists and searches among many rows."""

import random
import time
import uuid
from urllib.parse import quote

import content
import program
from bench import bytes_a_row, say

SECONDS = 2
# Seconds, for a million rows.
LONGEST_MOVE = 7200
SERVING = {"CODE_CHECKER_ROLE": "web", "PUBLIC_HISTORY": "true"}
BEGINNING = 1_780_000_000_000
SEARCHES = {
    "first page": "",
    "failed ones": "status=FAILED",
    "a rare word": f"q={content.RARE}",
    "a common word": f"q={content.COMMON}",
    "two letters, nowhere": f"q={content.TWO_LETTERS}",
    "a Chinese word, rare": f"q={quote(content.RARE_CHINESE)}",
    "a Chinese word, common": f"q={quote(content.COMMON_CHINESE)}",
    "a Chinese word, nowhere": f"q={quote(content.NEVER_CHINESE)}",
}
# PostgreSQL chooses a plan that it keeps at the sixth execution on a connection.
EXECUTIONS = 6


def part(bench):
    figures = {}
    for count in (1_000, 100_000, bench.options.rows):
        if count and str(count) not in figures:
            with bench.database("bench_rows") as session:
                figures[str(count)] = among(bench, session, count)
    return figures


def among(bench, session, count):
    app = bench.start("bench_rows", **SERVING)
    say(f"  making {count:,} rows")
    fill(session, count)
    moved(bench, session)
    figures = {"bytes a row": bytes_a_row(session)}
    for name, query in SEARCHES.items():
        figures[name] = searched(bench, app, query)
    # On a connection whose first searches are all expensive.
    bench.stop_apps()
    app = bench.start("bench_rows", **SERVING)
    program.send(bench, app, f"{program.API}?{SEARCHES['two letters, nowhere']}", requests=EXECUTIONS)
    figures["a rare word, afterwards"] = searched(bench, app, SEARCHES["a rare word"])
    return figures


def moved(bench, session):
    """Has the sweeper move the rows, which are stored as an older version does. A worker sweeps for some seconds when it starts."""
    left = "SELECT (SELECT count(*) FROM submissions WHERE NOT has_contents) + (SELECT count(*) FROM contents WHERE grams IS NULL)"
    began = time.monotonic()
    while int(session.value(left)):
        if time.monotonic() - began > LONGEST_MOVE:
            raise SystemExit("the sweeper does not move the rows")
        worker = bench.start("bench_rows", CODE_CHECKER_ROLE="worker")
        time.sleep(6)
        bench.apps.remove(worker)
        worker.stop()
    say(f"  moved in {time.monotonic() - began:.0f} s")
    session.rows("VACUUM FULL submissions")
    session.rows("VACUUM ANALYZE")


def searched(bench, app, query):
    with bench.measured(app) as used:
        sent = bench.expect(program.send(bench, app, f"{program.API}?{query}", seconds=SECONDS), 200)
    return {**used.each(sent["requests"]), "p50_ms": sent["p50_ms"], "p99_ms": sent["p99_ms"], "bytes": sent["bytes"]}


def texts(count):
    """For each row its id, number, title, text and code, as COPY reads them."""
    phrases, lines = content.phrases(1, 4096), content.lines_of_code(2, 4096)
    every, source = max(count // 10, 1), random.Random(count)
    for number in range(count):
        moment = (BEGINNING + number * 1000).to_bytes(6, "big")
        id = uuid.UUID(bytes=moment + b"\x70\x00\x80\x00" + number.to_bytes(6, "big"))
        chosen = source.choices(phrases, k=11)
        if number % every == every // 2:
            chosen.append(f"{content.RARE} {content.RARE_CHINESE}")
        if number % 10 == 3:
            chosen.append(content.COMMON_CHINESE)
        text, code = "\\n".join(chosen), "\\n".join(source.choices(lines, k=22)).replace("\t", " ")
        yield f"{id}\t{number}\t{chosen[0][:80]}\t{text}\t{code}\n"


def fill(session, count):
    """Stores finished submissions with their stages. The indexes of searches are made at the end, which is faster."""
    indexes = session.rows("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% USING gin %'")
    for name, _ in indexes:
        session.rows(f"DROP INDEX {name}")
    session.rows("CREATE UNLOGGED TABLE made (id uuid, number bigint, title text, text text, code text)")
    session.copy("COPY made FROM STDIN", texts(count))
    # Without the check of each stage's submission.
    session.rows("SET session_replication_role = replica")
    for statement in STORE:
        session.rows(statement)
    session.rows("DROP TABLE made")
    session.rows("SET maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        session.rows(definition)
    session.rows("VACUUM ANALYZE")
    session.rows("CHECKPOINT")


# Nine of ten have completed, and the others failed. A visitor has a hundred.
STORE = (
    """
    INSERT INTO submissions (id, status, version, title, text, code, language, verdict, visitor_id, error_code, error_detail,
        created_at, updated_at, queued_at, started_at, finished_at, bugs, category, found_language, language_tag)
    SELECT id, CASE WHEN number % 10 = 9 THEN 'FAILED' ELSE 'COMPLETED' END, 9, title, text, code, 'C++',
        (ARRAY['WA', 'TLE', 'RE'])[1 + number % 3], ('00000000-0000-4000-8000-' || lpad((number / 100)::text, 12, '0'))::uuid,
        CASE WHEN number % 10 = 9 THEN 'model_unreachable' END, CASE WHEN number % 10 = 9 THEN 'It did not answer.' END,
        moment, moment, moment, moment, moment, 1, 'off by one', 'C++', 'cpp'
    FROM made, LATERAL (SELECT to_timestamp(1780000000 + number) AS moment) AS times
    """,
    """
    INSERT INTO stages (submission_id, stage, state, started_at, finished_at, model, usage, calls, result)
    SELECT id, stage, 'COMPLETED', to_timestamp(1780000000 + number), to_timestamp(1780000000 + number), 'stand-in',
        '{"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}', 1, CASE stage
            WHEN 'problem' THEN jsonb_build_object('title', title, 'description', text)
            WHEN 'code' THEN jsonb_build_object('language', 'C++', 'code', code, 'source', 'code', 'span', NULL, 'verified', true)
            ELSE jsonb_build_object('bug_found', true, 'summary', title, 'fixes', '[]'::jsonb, 'modified_code', code || ' ',
                'lines_added', 1, 'lines_removed', 1)
        END
    FROM made, unnest(ARRAY['problem', 'code', 'analysis']) AS stage WHERE number % 10 <> 9
    """,
)
