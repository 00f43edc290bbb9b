-- The user's own tests and limits, and an accepted program to compare with.
ALTER TABLE submissions
    ADD COLUMN samples jsonb CHECK (jsonb_typeof(samples) = 'array'),
    ADD COLUMN time_limit_ms integer CHECK (time_limit_ms BETWEEN 100 AND 30000),
    ADD COLUMN memory_limit_mb integer CHECK (memory_limit_mb BETWEEN 16 AND 1024),
    ADD COLUMN reference_code text CHECK (octet_length(reference_code) BETWEEN 1 AND 262144);

ALTER TABLE stages
    DROP CONSTRAINT stages_stage_check,
    ADD CONSTRAINT stages_stage_check CHECK (stage IN ('problem', 'code', 'analysis', 'verification')),
    DROP CONSTRAINT stages_completed_has_result,
    -- Runs are told of one by one, before the verification is complete.
    ADD CONSTRAINT stages_completed_has_result CHECK (
        CASE WHEN stage = 'verification' THEN state <> 'COMPLETED' OR result IS NOT NULL
        ELSE (state = 'COMPLETED') = (result IS NOT NULL) END
    );

ALTER TABLE prompts
    DROP CONSTRAINT prompts_stage_check,
    ADD CONSTRAINT prompts_stage_check CHECK (stage IN ('problem', 'code', 'analysis', 'verification'));
