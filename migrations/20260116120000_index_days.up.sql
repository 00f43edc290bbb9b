-- The admin's numbers by day read no more than this, however many submissions are older.
CREATE INDEX submissions_by_day ON submissions (created_at) INCLUDE (status, error_code);
