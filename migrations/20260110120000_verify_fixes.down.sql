DELETE FROM prompts WHERE stage = 'verification';
ALTER TABLE prompts
    DROP CONSTRAINT prompts_stage_check,
    ADD CONSTRAINT prompts_stage_check CHECK (stage IN ('problem', 'code', 'analysis'));
DELETE FROM stages WHERE stage = 'verification';
ALTER TABLE stages
    DROP CONSTRAINT stages_stage_check,
    ADD CONSTRAINT stages_stage_check CHECK (stage IN ('problem', 'code', 'analysis')),
    DROP CONSTRAINT stages_completed_has_result,
    ADD CONSTRAINT stages_completed_has_result CHECK ((state = 'COMPLETED') = (result IS NOT NULL));
ALTER TABLE submissions
    DROP COLUMN samples,
    DROP COLUMN time_limit_ms,
    DROP COLUMN memory_limit_mb,
    DROP COLUMN reference_code;
