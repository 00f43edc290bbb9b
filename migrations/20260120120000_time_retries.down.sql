ALTER TABLE submissions DROP COLUMN retry_at;
