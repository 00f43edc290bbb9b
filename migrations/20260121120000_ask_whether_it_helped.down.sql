ALTER TABLE submissions DROP COLUMN helpful;
