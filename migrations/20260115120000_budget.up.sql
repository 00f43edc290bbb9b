-- Tokens and cost in US dollars of all calls to the model, by day in UTC. It outlives the submissions.
CREATE TABLE spending (
    day date PRIMARY KEY,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    -- Null where no call had a price.
    cost double precision
);

INSERT INTO spending (day, prompt_tokens, completion_tokens, cost)
SELECT (COALESCE(finished_at, started_at) AT TIME ZONE 'UTC')::date,
    sum(COALESCE((usage ->> 'prompt_tokens')::numeric, 0))::bigint,
    sum(COALESCE((usage ->> 'completion_tokens')::numeric, 0))::bigint,
    sum((usage ->> 'cost')::double precision)
FROM stages
WHERE usage IS NOT NULL AND COALESCE(finished_at, started_at) IS NOT NULL
GROUP BY 1;

-- Submissions and retries of one visitor or one address on a day in UTC. A client is kept as a keyed hash.
CREATE TABLE daily_submissions (
    day date NOT NULL,
    client text NOT NULL CHECK (octet_length(client) <= 64),
    count integer NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, client)
);

ALTER TABLE submissions
    -- The admin asked for the current run, which the day's budget does not hold up.
    ADD COLUMN is_unlimited boolean NOT NULL DEFAULT false,
    -- The day's budget was used up: the run goes on from then.
    ADD COLUMN deferred_until timestamptz;
