ALTER TABLE submissions
    -- When the endpoint may take it again: of one that waits for that, and of one that failed because nobody waits so long.
    ADD COLUMN retry_at timestamptz;
