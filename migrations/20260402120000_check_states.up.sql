-- Every change of a row reads all checks of its table anew, from their text: 33 of them took two thirds of an UPDATE, of which a job
-- makes a dozen. Those of single values go, as only this project's own types write them. One says which state has what.
ALTER TABLE submissions
    DROP CONSTRAINT submissions_answer_language_check,
    DROP CONSTRAINT submissions_attempts_made_check,
    DROP CONSTRAINT submissions_bugs_check,
    DROP CONSTRAINT submissions_category_check,
    DROP CONSTRAINT submissions_claims_check,
    DROP CONSTRAINT submissions_code_check,
    DROP CONSTRAINT submissions_error_code_check,
    DROP CONSTRAINT submissions_failed_has_reason,
    DROP CONSTRAINT submissions_failing_input_check,
    DROP CONSTRAINT submissions_finished_has_time,
    DROP CONSTRAINT submissions_fix_status_check,
    DROP CONSTRAINT submissions_found_language_check,
    DROP CONSTRAINT submissions_have_content,
    DROP CONSTRAINT submissions_image_count_check,
    DROP CONSTRAINT submissions_language_check,
    DROP CONSTRAINT submissions_language_tag_check,
    DROP CONSTRAINT submissions_lease_is_whole,
    DROP CONSTRAINT submissions_lease_while_processing,
    DROP CONSTRAINT submissions_memory_limit_mb_check,
    DROP CONSTRAINT submissions_owner_token_hash_check,
    DROP CONSTRAINT submissions_reference_code_check,
    DROP CONSTRAINT submissions_request_id_check,
    DROP CONSTRAINT submissions_run_check,
    DROP CONSTRAINT submissions_samples_check,
    DROP CONSTRAINT submissions_settled_check,
    DROP CONSTRAINT submissions_status_check,
    DROP CONSTRAINT submissions_text_check,
    DROP CONSTRAINT submissions_time_limit_ms_check,
    DROP CONSTRAINT submissions_title_check,
    DROP CONSTRAINT submissions_traceparent_check,
    DROP CONSTRAINT submissions_verdict_check,
    DROP CONSTRAINT submissions_version_check,
    DROP CONSTRAINT submissions_waits_check,
    -- All rows passed the checks that said the same.
    ADD CONSTRAINT submissions_state CHECK (
        CASE
            WHEN status = 'PROCESSING' THEN num_nonnulls(lease_token, lease_expires_at) = 2 AND num_nonnulls(finished_at, error_code) = 0
            WHEN num_nonnulls(lease_token, lease_expires_at) > 0 THEN false
            WHEN status = 'QUEUED' THEN num_nonnulls(finished_at, error_code) = 0
            WHEN status = 'FAILED' THEN num_nonnulls(finished_at, error_code) = 2
            ELSE status IN ('COMPLETED', 'CANCELLED') AND finished_at IS NOT NULL AND error_code IS NULL
        END
    ) NOT VALID;
ALTER TABLE stages
    DROP CONSTRAINT stages_calls_check,
    DROP CONSTRAINT stages_completed_has_result,
    DROP CONSTRAINT stages_error_code_check,
    DROP CONSTRAINT stages_result_check,
    DROP CONSTRAINT stages_stage_check,
    DROP CONSTRAINT stages_state_check,
    DROP CONSTRAINT stages_usage_check,
    ADD CONSTRAINT stages_completed_has_result CHECK (state <> 'COMPLETED' OR result IS NOT NULL) NOT VALID;
