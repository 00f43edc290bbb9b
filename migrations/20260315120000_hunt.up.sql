-- The stage that looks for the smallest failing input.
ALTER TABLE stages
    DROP CONSTRAINT stages_stage_check,
    ADD CONSTRAINT stages_stage_check CHECK (stage IN ('problem', 'code', 'hunt', 'analysis', 'verification')),
    DROP CONSTRAINT stages_completed_has_result,
    -- Helpers that a model wrote are kept before the hunt is complete, as runs are before the verification is.
    ADD CONSTRAINT stages_completed_has_result CHECK (
        CASE WHEN stage IN ('hunt', 'verification') THEN state <> 'COMPLETED' OR result IS NOT NULL
        ELSE (state = 'COMPLETED') = (result IS NOT NULL) END
    );

ALTER TABLE prompts
    DROP CONSTRAINT prompts_stage_check,
    ADD CONSTRAINT prompts_stage_check CHECK (stage IN ('problem', 'code', 'hunt', 'analysis', 'verification'));
