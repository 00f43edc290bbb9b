ALTER TABLE submissions
    DROP COLUMN is_unlimited,
    DROP COLUMN deferred_until;

DROP TABLE daily_submissions;
DROP TABLE spending;
