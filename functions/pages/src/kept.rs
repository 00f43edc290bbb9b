//! Keeps finished views for the next viewer: a page costs once for each version and language.

use std::sync::{Arc, LazyLock};

use actions::results::Results;
use domain::{AnswerLanguage, Rung, SubmissionId};
use quick_cache::{OptionsBuilder, Weighter, sync::Cache};
use site::Words;
use tokio::sync::Semaphore;
use web::error::ApiError;

use crate::found::{Found, Parts};

/// Bytes of all views that are kept.
const BYTES: usize = 6 * 1024 * 1024;
/// Pages that are made at once, each of which may take some megabytes.
const AT_ONCE: usize = 2;

static KEPT: LazyLock<Arc<Kept>> = LazyLock::new(|| Arc::new(Kept::new(BYTES)));

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    id: SubmissionId,
    version: i64,
    language: AnswerLanguage,
    /// How much of it the reader may see.
    rung: Rung,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Key, Arc<Found>> for Bytes {
    fn weight(&self, _: &Key, found: &Arc<Found>) -> u64 {
        found.bytes() as u64
    }
}

struct Kept {
    views: Cache<Key, Arc<Found>, Bytes>,
    turns: Arc<Semaphore>,
}

/// The views of what was found so far.
pub(crate) async fn found(results: &Arc<Results>, words: Words) -> Result<Arc<Found>, ApiError> {
    let key = Key {
        id: results.submission.id,
        version: results.submission.version,
        language: words.0,
        rung: results.shown.rung,
    };
    let results = results.clone();
    KEPT.clone()
        .get(key, move || Found::of(Parts::from(&*results), words))
        .await
}

impl Kept {
    fn new(bytes: usize) -> Self {
        let options = OptionsBuilder::new()
            // A part of several would be too small for a long page.
            .shards(1)
            // The rest is for new pages: without it they would be gone before their second viewer.
            .hot_allocation(0.5)
            .estimated_items_capacity(64)
            .weight_capacity(bytes as u64)
            .build()
            .expect("both capacities are given");
        Self {
            views: Cache::with_options(options, Bytes, Default::default(), Default::default()),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    async fn get(
        self: Arc<Self>,
        key: Key,
        make: impl FnOnce() -> Found + Send + 'static,
    ) -> Result<Arc<Found>, ApiError> {
        if let Some(found) = self.views.get(&key) {
            return Ok(found);
        }
        // Goes on when its client has left, so that those who load the page again and again do not begin it each time.
        let made = tokio::spawn(async move {
            let made = async {
                let turn = self.turns.clone().acquire_owned().await?;
                let found = tokio::task::spawn_blocking(move || {
                    let _turn = turn;
                    Arc::new(make())
                });
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(found.await?)
            };
            self.views.get_or_insert_async(&key, made).await
        });
        made.await
            .map_err(|error| ApiError::Internal(Box::new(error)))?
            .map_err(ApiError::Internal)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        time::Duration,
    };

    use domain::{CodeSource, Program};

    use super::*;

    fn key(version: i64) -> Key {
        Key {
            id: "01890000-0000-7000-8000-000000000000".parse().unwrap(),
            version,
            language: AnswerLanguage::English,
            rung: Rung::Fix,
        }
    }

    fn made(code: &str) -> Found {
        let program = Program {
            language: String::new(),
            code: code.to_owned(),
            source: CodeSource::Code,
            span: None,
            verified: true,
        };
        let parts = Parts {
            program: Some(&program),
            ..Parts::default()
        };
        Found::of(parts, Words(AnswerLanguage::English))
    }

    #[tokio::test]
    async fn viewers_of_one_version_have_it_made_once_even_those_who_leave() {
        let kept = Arc::new(Kept::new(BYTES));
        let times = Arc::new(AtomicUsize::new(0));
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let slow = || {
            let (times, gate) = (times.clone(), gate.clone());
            move || {
                times.fetch_add(1, Ordering::SeqCst);
                // Until the gate is gone.
                let _ = gate.lock().unwrap().recv();
                made("int x;")
            }
        };
        let left = tokio::time::timeout(Duration::from_millis(5), kept.clone().get(key(1), slow()));
        assert!(left.await.is_err());
        let viewers = (0..20).map(|_| tokio::spawn(kept.clone().get(key(1), slow())));
        let viewers: Vec<_> = viewers.collect();
        tokio::task::yield_now().await;
        drop(open);
        for viewer in viewers {
            viewer.await.unwrap().unwrap();
        }
        kept.clone().get(key(1), slow()).await.unwrap();
        assert_eq!(times.load(Ordering::SeqCst), 1);
        kept.get(key(2), slow()).await.unwrap();
        assert_eq!(times.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn so_many_bytes_are_kept_and_a_page_beyond_them_is_shown_all_the_same() {
        let kept = Arc::new(Kept::new(100_000));
        for version in 0..50 {
            let page = kept.clone().get(key(version), || made(&"x;\n".repeat(100)));
            let page = page.await.unwrap();
            assert!(page.bytes() > 5000);
            assert!(kept.views.weight() <= 100_000);
            for _ in 0..3 {
                let again = kept.clone().get(key(version), || made(""));
                assert!(Arc::ptr_eq(&again.await.unwrap(), &page), "{version}");
            }
        }
        assert!(kept.views.weight() > 50_000);
        let page = kept.clone().get(key(50), || made(&"x;\n".repeat(5000)));
        assert!(page.await.unwrap().bytes() > 100_000);
        assert!(kept.views.weight() <= 100_000);
    }
}
