ALTER TABLE submissions DROP COLUMN settled;
