ALTER TABLE prompts DROP COLUMN replaced;
