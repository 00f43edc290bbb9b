-- The texts that users give, and the index that finds them, beside the row that a job changes a dozen times: each change of that
-- row wrote the texts and all their trigrams again. Rows of older versions are moved by the sweeper, the newest first.
CREATE TABLE contents (
    submission_id uuid PRIMARY KEY REFERENCES submissions (id) ON DELETE CASCADE,
    text text NOT NULL DEFAULT '' CHECK (octet_length(text) <= 204800),
    code text CHECK (octet_length(code) <= 262144),
    failing_input text CHECK (octet_length(failing_input) <= 65536),
    samples jsonb CHECK (jsonb_typeof(samples) = 'array'),
    reference_code text CHECK (octet_length(reference_code) BETWEEN 1 AND 262144),
    -- What a search looks for in title, text and code (see `db::grams`); null until the sweeper has indexed it.
    grams integer[]
);
CREATE INDEX contents_search ON contents USING gin (grams) WHERE grams IS NOT NULL;
CREATE INDEX contents_to_index ON contents (submission_id) WHERE grams IS NULL;

ALTER TABLE submissions
    -- Whether its texts are in `contents`; text, code, failing_input, samples and reference_code
    -- are empty then, but for those that a worker of the release before has claimed.
    ADD COLUMN has_contents boolean NOT NULL DEFAULT false,
    -- The lease of a worker that reads them there.
    ADD COLUMN contents_lease uuid,
    DROP CONSTRAINT submissions_have_content,
    ADD CONSTRAINT submissions_have_content
        CHECK (has_contents OR text <> '' OR COALESCE(code, '') <> '' OR image_count > 0) NOT VALID,
    -- The versions of a row stay on its page, and indexes that name nothing that changed need not be told of them.
    SET (fillfactor = 70);
ALTER TABLE stages SET (fillfactor = 70);
CREATE INDEX submissions_to_move ON submissions (id) WHERE NOT has_contents;
DROP INDEX submissions_search;
-- It named the time of the last change, so that each change had to be told to every index. The sweeper looks by status.
DROP INDEX submissions_unfinished;

-- A worker of the release before looks for the texts in the row, and for the rows of all stages: both are made when it takes the lease.
CREATE FUNCTION submissions_fill_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT text, code, failing_input, samples, reference_code
    INTO NEW.text, NEW.code, NEW.failing_input, NEW.samples, NEW.reference_code
    FROM contents
    WHERE submission_id = NEW.id;
    INSERT INTO stages (submission_id, stage)
    VALUES (NEW.id, 'problem'), (NEW.id, 'code'), (NEW.id, 'hunt'), (NEW.id, 'analysis'), (NEW.id, 'verification')
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END
$$;
CREATE TRIGGER submissions_fill_in
    BEFORE UPDATE OF lease_token ON submissions
    FOR EACH ROW
    WHEN (NEW.has_contents AND NEW.lease_token IS DISTINCT FROM OLD.lease_token
        AND NEW.lease_token IS NOT NULL AND NEW.contents_lease IS DISTINCT FROM NEW.lease_token)
    EXECUTE FUNCTION submissions_fill_in();

-- A search also finds the title, which is known later than the rest.
CREATE FUNCTION submissions_index_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Waits for a sweeper that indexes the old title, and the next statement sees what it did.
    PERFORM 1 FROM contents WHERE submission_id = NEW.id FOR NO KEY UPDATE;
    UPDATE contents SET grams = NULL WHERE submission_id = NEW.id AND grams IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER submissions_index_again
    AFTER UPDATE OF title ON submissions
    FOR EACH ROW
    WHEN (NEW.title IS DISTINCT FROM OLD.title)
    EXECUTE FUNCTION submissions_index_again();
