ALTER TABLE submissions
    -- How often an endpoint that was away was waited for in the current run.
    ADD COLUMN waits smallint NOT NULL DEFAULT 0 CHECK (waits >= 0);

-- The user's own bytes are the only program there is: it is no longer laid out anew.
UPDATE stages
SET result = (result - 'original' - 'layout_trusted') || jsonb_build_object('code', result -> 'original')
WHERE stage = 'code' AND result ? 'original';
