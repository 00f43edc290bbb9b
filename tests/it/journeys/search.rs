//! Searches, whatever is searched for and wherever its submission is on the way into the index.

use db::{
    contents,
    submissions::{Filter, Listed, list},
};
use domain::SubmissionId;
use sqlx::PgPool;
use uuid::Uuid;

/// Texts with words of several scripts, signs, and one word that only the first has.
const TEXTS: [&str; 4] = [
    "Find the needle; 二分查找 in a[i]++ 熵",
    "Größe <= 10^5 and 100% of x_y",
    "Count the inversions, dp",
    "数组 and trees",
];

/// Searches with the number of the texts that contain them.
const SEARCHES: [(&str, usize); 15] = [
    ("needle", 1),
    ("NEEDLE", 1),
    ("二分", 1),
    ("熵", 1),
    ("数组", 1),
    ("and", 2),
    ("dp", 1),
    ("p", 4),
    ("]++", 1),
    ("<=", 1),
    ("größe", 1),
    ("%", 1),
    ("x_y", 1),
    ("the ", 2),
    ("nothing of it", 0),
];

/// Stores a submission as the release before does: its texts are in its row.
async fn stored_before(pool: &PgPool, n: u16, text: &str, status: &str) -> SubmissionId {
    let id = Uuid::from_u128((0x0189_0000_0000_7000_8000_u128 << 48) + u128::from(n));
    sqlx::query(
        "INSERT INTO submissions (id, text, code, samples, status, finished_at)
        VALUES ($1, $2, 'print(1)', '[]', $3, CASE WHEN $3 = 'COMPLETED' THEN clock_timestamp() END)",
    )
    .bind(id)
    .bind(text)
    .bind(status)
    .execute(pool)
    .await
    .unwrap();
    id.into()
}

async fn found(pool: &PgPool, search: &str, limit: i64) -> Vec<Listed> {
    let filter = Filter {
        search: Some(search.to_owned()),
        ..Filter::default()
    };
    list(pool, &filter, limit).await.unwrap()
}

async fn all_are_found(pool: &PgPool, times: usize) {
    for (search, texts) in SEARCHES {
        let found = found(pool, search, 1000).await;
        assert_eq!(found.len(), texts * times, "{search}");
        assert!(found.is_sorted_by(|a, b| a.id > b.id));
        assert!(found.iter().all(|row| row.hit.is_some()));
    }
}

/// Submissions with each text: together more than a search looks at before it asks the index.
const TIMES: usize = 60;

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_is_searched_for_is_found_on_every_way_into_the_index(pool: PgPool) {
    // The newest have other words than the oldest.
    for (n, text) in (0..).zip(TEXTS.iter().flat_map(|text| [text; TIMES])) {
        stored_before(&pool, n, text, "COMPLETED").await;
    }
    all_are_found(&pool, TIMES).await;
    assert_eq!(contents::move_in(&pool, 100).await.unwrap(), 100);
    all_are_found(&pool, TIMES).await;
    while contents::move_in(&pool, 100).await.unwrap() > 0 {}
    all_are_found(&pool, TIMES).await;
    sqlx::query(
        "UPDATE contents SET grams = NULL WHERE get_byte(uuid_send(submission_id), 15) < 60",
    )
    .execute(&pool)
    .await
    .unwrap();
    all_are_found(&pool, TIMES).await;
    assert_eq!(contents::index(&pool, 1000).await.unwrap(), 60);
    assert_eq!(contents::index(&pool, 1000).await.unwrap(), 0);
    all_are_found(&pool, TIMES).await;
    // A title is known after the text.
    sqlx::query("UPDATE submissions SET title = 'Zebra' WHERE get_byte(uuid_send(id), 15) = 7")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(found(&pool, "zebra", 10).await.len(), 1);
    assert_eq!(contents::index(&pool, 1000).await.unwrap(), 1);
    assert_eq!(found(&pool, "zebra", 10).await.len(), 1);
    all_are_found(&pool, TIMES).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_search_goes_on_where_it_ended(pool: PgPool) {
    for n in 0..300 {
        // Frequent and rare at once: the newest do not have it.
        let text = if n < 120 { "the needle" } else { "hay" };
        stored_before(&pool, n, text, "COMPLETED").await;
    }
    while contents::move_in(&pool, 100).await.unwrap() > 0 {}
    let mut filter = Filter {
        search: Some("needle".to_owned()),
        ..Filter::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = list(&pool, &filter, 25).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some(last.id);
        seen.extend(page.iter().map(|row| row.id));
    }
    assert_eq!(seen.len(), 120);
    assert!(seen.is_sorted_by(|a, b| a > b));
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_with_more_pieces_than_the_index_takes_is_found(pool: PgPool) {
    let text: String = (0x4e00..0x9f00).filter_map(char::from_u32).collect();
    stored_before(&pool, 1, &text, "COMPLETED").await;
    for n in 2..200 {
        stored_before(&pool, n, "hay", "COMPLETED").await;
    }
    while contents::move_in(&pool, 100).await.unwrap() > 0 {}
    assert_eq!(found(&pool, &text[3000..3006], 10).await.len(), 1);
    assert_eq!(found(&pool, "乱七", 10).await.len(), 0);
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_word_is_found_wherever_among_many_it_is(pool: PgPool) {
    // The newest three and the oldest five have a needle; the oldest 2,500 have straw.
    sqlx::query(
        "INSERT INTO submissions (id, text, status, finished_at)
        SELECT ('01890000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
            CASE WHEN n > 9497 OR n <= 5 THEN 'a needle' ELSE 'hay' END || CASE WHEN n <= 2500 THEN ' straw' ELSE '' END,
            'COMPLETED', clock_timestamp()
        FROM generate_series(1, 9500) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    while contents::move_in(&pool, 2000).await.unwrap() > 0 {}
    let numbers = |found: Vec<Listed>| -> Vec<u64> {
        let last = |row: &Listed| row.id.to_string()[24..].parse().unwrap();
        found.iter().map(last).collect()
    };
    let needles = numbers(found(&pool, "needle", 50).await);
    assert_eq!(needles, [9500, 9499, 9498, 5, 4, 3, 2, 1]);
    let straw = numbers(found(&pool, "straw", 50).await);
    let expected: Vec<_> = (2451..=2500).rev().collect();
    assert_eq!(straw, expected);
    let both = numbers(found(&pool, "needle straw", 50).await);
    assert_eq!(both, [5, 4, 3, 2, 1]);
    let all = found(&pool, "a", 50).await;
    assert_eq!(all.len(), 50);
}
