DROP TRIGGER submissions_index_again ON submissions;
DROP FUNCTION submissions_index_again;
DROP TRIGGER submissions_fill_in ON submissions;
DROP FUNCTION submissions_fill_in;

UPDATE submissions
SET text = contents.text,
    code = contents.code,
    failing_input = contents.failing_input,
    samples = contents.samples,
    reference_code = contents.reference_code
FROM contents
WHERE contents.submission_id = submissions.id;
INSERT INTO stages (submission_id, stage)
SELECT id, stage
FROM submissions, unnest(ARRAY['problem', 'code', 'hunt', 'analysis', 'verification']) AS stage
WHERE has_contents AND status <> 'COMPLETED'
ON CONFLICT DO NOTHING;

DROP INDEX submissions_to_move;
ALTER TABLE stages RESET (fillfactor);
ALTER TABLE submissions
    RESET (fillfactor),
    DROP CONSTRAINT submissions_have_content,
    DROP COLUMN contents_lease,
    DROP COLUMN has_contents,
    ADD CONSTRAINT submissions_have_content CHECK (text <> '' OR COALESCE(code, '') <> '' OR image_count > 0);
CREATE INDEX submissions_unfinished ON submissions (updated_at) WHERE status IN ('QUEUED', 'PROCESSING');
CREATE INDEX submissions_search ON submissions
    USING gin (title gin_trgm_ops, text gin_trgm_ops, code gin_trgm_ops);
DROP TABLE contents;
