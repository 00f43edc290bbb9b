-- The findings that a list tells, taken out of the stages' results when these are stored: reading them there would decompress
-- whole programs. Rows of older versions are filled in by the sweeper.
ALTER TABLE submissions
    ADD COLUMN bugs smallint CHECK (bugs >= 0),
    ADD COLUMN category text CHECK (octet_length(category) <= 200),
    ADD COLUMN fix_status text CHECK (fix_status IN ('verified', 'improved', 'failed', 'unverified')),
    -- As the model named it.
    ADD COLUMN found_language text CHECK (octet_length(found_language) <= 200),
    -- The same language whatever it was called; empty if it is not known, null if nobody has looked.
    ADD COLUMN language_tag text CHECK (octet_length(language_tag) <= 40);

-- It tells which languages a visitor has submitted, with one probe each.
CREATE INDEX submissions_by_visitor_language ON submissions (visitor_id, language_tag, id DESC);
-- The other filters are checked in the index itself: two that have no submission in common read no row.
CREATE INDEX submissions_by_language ON submissions (language_tag, id DESC) INCLUDE (status, verdict);
CREATE INDEX submissions_by_verdict ON submissions (verdict, id DESC) INCLUDE (status, language_tag) WHERE verdict IS NOT NULL;
-- Those to be filled in.
CREATE INDEX submissions_to_read ON submissions (id)
    WHERE finished_at IS NOT NULL AND (language_tag IS NULL OR (status = 'COMPLETED' AND bugs IS NULL));
