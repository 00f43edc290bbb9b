ALTER TABLE submissions
    -- What its owner says of the result.
    ADD COLUMN helpful boolean;

CREATE INDEX submissions_by_answer ON submissions (created_at, helpful) WHERE helpful IS NOT NULL;
