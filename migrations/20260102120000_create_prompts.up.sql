-- Prompts that replace the built-in ones.
CREATE TABLE prompts (
    stage text PRIMARY KEY CHECK (stage IN ('problem', 'code', 'analysis')),
    template text NOT NULL CHECK (octet_length(template) BETWEEN 1 AND 65536),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
