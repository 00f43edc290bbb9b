-- Inputs on which references disagreed, with the outputs that the user says are right.
ALTER TABLE submissions
    ADD COLUMN settled jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(settled) = 'array');
