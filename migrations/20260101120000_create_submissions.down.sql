DROP TABLE idempotency_keys;
DROP TABLE settings;
DROP TABLE stages;
DROP TABLE images;
DROP TABLE submissions;
