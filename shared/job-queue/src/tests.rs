use super::*;

#[test]
fn a_job_id_names_its_run() {
    let id = SubmissionId::generate();
    assert_eq!(run_of_job(&job_id(id, 12), id), Some(12));
    assert_eq!(run_of_job(&job_id(SubmissionId::generate(), 1), id), None);
    for other in [
        "",
        "1",
        "analyze",
        "my-job",
        &format!("analyze-{id}"),
        &format!("analyze-{id}-0"),
    ] {
        assert_eq!(run_of_job(other, id), None, "{other}");
    }
}

#[tokio::test]
async fn without_redis_the_queue_says_which_variable_is_missing() {
    let error = Queue::new(None)
        .ping(Duration::from_secs(1))
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("REDIS_URL"));
}
