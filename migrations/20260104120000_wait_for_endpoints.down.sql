UPDATE stages
SET result = result || jsonb_build_object('original', result -> 'code', 'layout_trusted', true)
WHERE stage = 'code' AND result ? 'code';

ALTER TABLE submissions
    DROP COLUMN waits;
