-- Where to tell of the end of a submission; only those have a row whose senders asked for it.
CREATE TABLE webhooks (
    submission_id uuid PRIMARY KEY REFERENCES submissions (id) ON DELETE CASCADE,
    url text NOT NULL CHECK (octet_length(url) BETWEEN 1 AND 2048),
    -- The last run whose end was told or given up; 0 before the first.
    run integer NOT NULL DEFAULT 0 CHECK (run >= 0),
    state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Why the last attempt failed, in words.
    detail text CHECK (octet_length(detail) <= 1024)
);
