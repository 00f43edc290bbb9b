-- SHA-256 of the built-in prompt that a saved one replaced, to notice that the built-in one was changed since; unknown for
-- those that were saved before.
ALTER TABLE prompts
ADD COLUMN replaced bytea CHECK (octet_length(replaced) = 32);
