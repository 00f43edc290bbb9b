-- Pruning deletes the oldest first, some at a time.
CREATE INDEX submissions_by_end ON submissions (finished_at) WHERE finished_at IS NOT NULL;
