ALTER TABLE submissions
    -- What its owner says of the result.
    ADD COLUMN helpful boolean;
