-- Sessions of the admin that were logged out: their cookies are signed, and would hold until they lapse.
CREATE TABLE ended_sessions (
    id text PRIMARY KEY,
    ends_at timestamptz NOT NULL
);
