use super::*;

/// Events that are heard only if [`tell`] tells them; as long as the sender lives.
fn heard() -> (Events, watch::Sender<bool>) {
    let (sender, receiver) = watch::channel(true);
    let events = Events {
        listening: Arc::new(OnceCell::new_with(Some(receiver))),
        ..Events::new(None)
    };
    (events, sender)
}

fn tell(events: &Events, topic: Topic, by: Option<Author>) {
    let news = News {
        by,
        ..News::look(Instant::now())
    };
    events.topics.lock().unwrap()[&topic].send(news).unwrap();
}

#[test]
fn a_message_is_read_by_those_who_know_of_no_author_and_from_them() {
    let message = Message {
        event: SubmissionEvent::Changed,
        by: Some(Author(u64::MAX)),
    };
    let text = serde_json::to_string(&message).unwrap();
    assert_eq!(text, r#"{"kind":"changed","by":18446744073709551615}"#);
    assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message);
    assert_eq!(
        serde_json::from_str::<SubmissionEvent>(&text).unwrap(),
        SubmissionEvent::Changed
    );
    let older: Message =
        serde_json::from_str(r#"{"kind":"received","stage":"code","bytes":18446744073709551615}"#)
            .unwrap();
    assert_eq!(older.by, None);
    assert_eq!(
        older.event,
        SubmissionEvent::Received {
            stage: StageName::Code,
            bytes: u64::MAX
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_kept_as_long_as_somebody_watches_it() {
    let events = Events::new(None);
    let id = SubmissionId::generate();
    let (one, other) = (events.watch(id).await, events.watch(id).await);
    let _imports = events.watch(Topic::Imports).await;
    assert_eq!(events.watched(), 2);
    drop(one);
    assert_eq!(events.watched(), 2);
    drop(other);
    assert_eq!(events.watched(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_who_hear_the_same_may_share_one_look() {
    let (events, _listening) = heard();
    let topic = Topic::Submission(SubmissionId::generate());
    let (mut one, mut other) = (events.watch(topic).await, events.watch(topic).await);
    tokio::time::advance(Duration::from_secs(1)).await;
    tell(&events, topic, Some(Author(5)));
    let told = Instant::now();
    tokio::time::advance(Duration::from_secs(1)).await;
    let news = one.news(Duration::from_secs(2)).await;
    assert_eq!((news.by, news.since), (Some(Author(5)), told));
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(other.news(Duration::from_secs(2)).await.since, told);
    // A later watcher does not know of earlier events.
    assert_eq!(events.watch(topic).await.since(), Instant::now());
}

#[tokio::test(start_paused = true)]
async fn those_who_look_after_a_silence_may_share_a_look_too() {
    let mut watcher = Events::new(None).watch(Topic::Imports).await;
    let news = watcher.news(Duration::from_secs(2)).await;
    assert_eq!(news.event, SubmissionEvent::Changed);
    assert_eq!(news.since, Instant::now() - Duration::from_secs(1));
}
