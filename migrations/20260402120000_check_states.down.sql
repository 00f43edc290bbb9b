ALTER TABLE submissions
    DROP CONSTRAINT submissions_state,
    ADD CONSTRAINT submissions_answer_language_check CHECK (answer_language IN ('en', 'zh', 'de')) NOT VALID,
    ADD CONSTRAINT submissions_attempts_made_check CHECK (attempts_made >= 0) NOT VALID,
    ADD CONSTRAINT submissions_bugs_check CHECK (bugs >= 0) NOT VALID,
    ADD CONSTRAINT submissions_category_check CHECK (octet_length(category) <= 200) NOT VALID,
    ADD CONSTRAINT submissions_claims_check CHECK (claims >= 0) NOT VALID,
    ADD CONSTRAINT submissions_code_check CHECK (octet_length(code) <= 262144) NOT VALID,
    ADD CONSTRAINT submissions_error_code_check CHECK (octet_length(error_code) <= 64) NOT VALID,
    ADD CONSTRAINT submissions_failed_has_reason CHECK ((status = 'FAILED') = (error_code IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT submissions_failing_input_check CHECK (octet_length(failing_input) <= 65536) NOT VALID,
    ADD CONSTRAINT submissions_finished_has_time
        CHECK ((status IN ('COMPLETED', 'FAILED', 'CANCELLED')) = (finished_at IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT submissions_fix_status_check CHECK (fix_status IN ('verified', 'improved', 'failed', 'unverified')) NOT VALID,
    ADD CONSTRAINT submissions_found_language_check CHECK (octet_length(found_language) <= 200) NOT VALID,
    ADD CONSTRAINT submissions_have_content
        CHECK (has_contents OR text <> '' OR COALESCE(code, '') <> '' OR image_count > 0) NOT VALID,
    ADD CONSTRAINT submissions_image_count_check CHECK (image_count BETWEEN 0 AND 5) NOT VALID,
    ADD CONSTRAINT submissions_language_check CHECK (octet_length(language) BETWEEN 1 AND 160) NOT VALID,
    ADD CONSTRAINT submissions_language_tag_check CHECK (octet_length(language_tag) <= 40) NOT VALID,
    ADD CONSTRAINT submissions_lease_is_whole CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)) NOT VALID,
    ADD CONSTRAINT submissions_lease_while_processing CHECK ((status = 'PROCESSING') = (lease_token IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT submissions_memory_limit_mb_check CHECK (memory_limit_mb BETWEEN 16 AND 1024) NOT VALID,
    ADD CONSTRAINT submissions_owner_token_hash_check CHECK (octet_length(owner_token_hash) = 32) NOT VALID,
    ADD CONSTRAINT submissions_reference_code_check CHECK (octet_length(reference_code) BETWEEN 1 AND 262144) NOT VALID,
    ADD CONSTRAINT submissions_request_id_check CHECK (octet_length(request_id) <= 200) NOT VALID,
    ADD CONSTRAINT submissions_run_check CHECK (run >= 1) NOT VALID,
    ADD CONSTRAINT submissions_samples_check CHECK (jsonb_typeof(samples) = 'array') NOT VALID,
    ADD CONSTRAINT submissions_settled_check CHECK (jsonb_typeof(settled) = 'array') NOT VALID,
    ADD CONSTRAINT submissions_status_check
        CHECK (status IN ('QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')) NOT VALID,
    ADD CONSTRAINT submissions_text_check CHECK (octet_length(text) <= 204800) NOT VALID,
    ADD CONSTRAINT submissions_time_limit_ms_check CHECK (time_limit_ms BETWEEN 100 AND 30000) NOT VALID,
    ADD CONSTRAINT submissions_title_check CHECK (octet_length(title) <= 4096) NOT VALID,
    ADD CONSTRAINT submissions_traceparent_check CHECK (octet_length(traceparent) <= 64) NOT VALID,
    ADD CONSTRAINT submissions_verdict_check CHECK (verdict IN ('WA', 'TLE', 'MLE', 'RE', 'CE', 'PE')) NOT VALID,
    ADD CONSTRAINT submissions_version_check CHECK (version >= 1) NOT VALID,
    ADD CONSTRAINT submissions_waits_check CHECK (waits >= 0) NOT VALID;
ALTER TABLE stages
    DROP CONSTRAINT stages_completed_has_result,
    ADD CONSTRAINT stages_calls_check CHECK (calls >= 0) NOT VALID,
    ADD CONSTRAINT stages_completed_has_result CHECK (
        CASE WHEN stage IN ('hunt', 'verification') THEN state <> 'COMPLETED' OR result IS NOT NULL
            ELSE (state = 'COMPLETED') = (result IS NOT NULL) END
    ) NOT VALID,
    ADD CONSTRAINT stages_error_code_check CHECK (octet_length(error_code) <= 64) NOT VALID,
    ADD CONSTRAINT stages_result_check CHECK (jsonb_typeof(result) = 'object') NOT VALID,
    ADD CONSTRAINT stages_stage_check CHECK (stage IN ('problem', 'code', 'hunt', 'analysis', 'verification')) NOT VALID,
    ADD CONSTRAINT stages_state_check CHECK (state IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'SKIPPED')) NOT VALID,
    ADD CONSTRAINT stages_usage_check CHECK (jsonb_typeof(usage) = 'object') NOT VALID;
