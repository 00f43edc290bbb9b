-- Substring search that also finds Chinese text; a trusted extension, so the database's owner may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE submissions (
    id uuid PRIMARY KEY,
    status text NOT NULL DEFAULT 'QUEUED'
        CHECK (status IN ('QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    -- Rises only when a user retries.
    run integer NOT NULL DEFAULT 1 CHECK (run >= 1),
    -- Claims within the current run.
    claims integer NOT NULL DEFAULT 0 CHECK (claims >= 0),
    -- Attempts that BullMQ had counted at the last claim: tells a job that somebody retried in the queue from one
    -- that was merely delivered twice.
    attempts_made integer NOT NULL DEFAULT 0 CHECK (attempts_made >= 0),
    -- Rises with every change of the submission or of its stages: ETag and event id.
    version bigint NOT NULL DEFAULT 1 CHECK (version >= 1),

    title text NOT NULL DEFAULT '' CHECK (octet_length(title) <= 4096),
    text text NOT NULL DEFAULT '' CHECK (octet_length(text) <= 204800),
    code text CHECK (octet_length(code) <= 262144),
    language text CHECK (octet_length(language) BETWEEN 1 AND 160),
    verdict text CHECK (verdict IN ('WA', 'TLE', 'MLE', 'RE', 'CE', 'PE')),
    failing_input text CHECK (octet_length(failing_input) <= 65536),
    answer_language text NOT NULL DEFAULT 'en' CHECK (answer_language IN ('en', 'zh', 'de')),
    image_count smallint NOT NULL DEFAULT 0 CHECK (image_count BETWEEN 0 AND 5),

    visitor_id uuid,
    owner_token_hash bytea CHECK (octet_length(owner_token_hash) = 32),
    request_id text CHECK (octet_length(request_id) <= 200),
    regenerated_from uuid REFERENCES submissions (id) ON DELETE SET NULL,

    lease_token uuid,
    lease_expires_at timestamptz,

    error_code text CHECK (octet_length(error_code) <= 64),
    error_detail text,

    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Start of the current run, its first claim and its end.
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,

    CONSTRAINT submissions_have_content CHECK (text <> '' OR COALESCE(code, '') <> '' OR image_count > 0),
    CONSTRAINT submissions_lease_is_whole CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT submissions_lease_while_processing CHECK ((status = 'PROCESSING') = (lease_token IS NOT NULL)),
    CONSTRAINT submissions_failed_has_reason CHECK ((status = 'FAILED') = (error_code IS NOT NULL)),
    CONSTRAINT submissions_finished_has_time
        CHECK ((status IN ('COMPLETED', 'FAILED', 'CANCELLED')) = (finished_at IS NOT NULL))
);

-- Ids are UUIDv7, so their order is the order of creation: the keyset of every list.
CREATE INDEX submissions_by_status ON submissions (status, id DESC);
CREATE INDEX submissions_by_visitor ON submissions (visitor_id, id DESC);
CREATE INDEX submissions_regenerated_from ON submissions (regenerated_from) WHERE regenerated_from IS NOT NULL;
-- What the sweeper looks at.
CREATE INDEX submissions_unfinished ON submissions (updated_at) WHERE status IN ('QUEUED', 'PROCESSING');
CREATE INDEX submissions_search ON submissions
    USING gin (title gin_trgm_ops, text gin_trgm_ops, code gin_trgm_ops);

CREATE TABLE images (
    submission_id uuid NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    -- Counts from 1, as in the address.
    position smallint NOT NULL CHECK (position BETWEEN 1 AND 5),
    media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/webp', 'image/gif')),
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    bytes bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 2097152),
    PRIMARY KEY (submission_id, position),
    CONSTRAINT images_are_at_most_12_megapixels CHECK (width::bigint * height <= 12000000)
);
-- Images are compressed already.
ALTER TABLE images ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE stages (
    submission_id uuid NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    stage text NOT NULL CHECK (stage IN ('problem', 'code', 'analysis')),
    state text NOT NULL DEFAULT 'PENDING'
        CHECK (state IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'SKIPPED')),
    started_at timestamptz,
    finished_at timestamptz,
    model text,
    -- Tokens over all calls of the current run.
    usage jsonb CHECK (jsonb_typeof(usage) = 'object'),
    -- Calls to the model in the current run.
    calls integer NOT NULL DEFAULT 0 CHECK (calls >= 0),
    result jsonb CHECK (jsonb_typeof(result) = 'object'),
    error_code text CHECK (octet_length(error_code) <= 64),
    error_detail text,
    -- The model's answer that could not be used, for its owner to see.
    raw_answer text,
    PRIMARY KEY (submission_id, stage),
    CONSTRAINT stages_completed_has_result CHECK ((state = 'COMPLETED') = (result IS NOT NULL))
);

CREATE TABLE settings (
    key text PRIMARY KEY CHECK (octet_length(key) BETWEEN 1 AND 64),
    value text,
    -- A secret: key id, nonce and ciphertext, bound to this row.
    sealed bytea,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT settings_value_or_sealed CHECK ((value IS NULL) <> (sealed IS NULL))
);

CREATE TABLE idempotency_keys (
    -- Whose key it is: a visitor, the admin, or anybody.
    scope text NOT NULL CHECK (octet_length(scope) BETWEEN 1 AND 100),
    key text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
    body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    -- Deferred: the key is taken before its submission is stored.
    submission_id uuid NOT NULL REFERENCES submissions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_by_submission ON idempotency_keys (submission_id);
