DELETE FROM prompts WHERE stage = 'hunt';
ALTER TABLE prompts
    DROP CONSTRAINT prompts_stage_check,
    ADD CONSTRAINT prompts_stage_check CHECK (stage IN ('problem', 'code', 'analysis', 'verification'));
DELETE FROM stages WHERE stage = 'hunt';
ALTER TABLE stages
    DROP CONSTRAINT stages_stage_check,
    ADD CONSTRAINT stages_stage_check CHECK (stage IN ('problem', 'code', 'analysis', 'verification')),
    DROP CONSTRAINT stages_completed_has_result,
    ADD CONSTRAINT stages_completed_has_result CHECK (
        CASE WHEN stage = 'verification' THEN state <> 'COMPLETED' OR result IS NOT NULL
        ELSE (state = 'COMPLETED') = (result IS NOT NULL) END
    );
