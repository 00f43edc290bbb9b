//! Room in memory for the bodies of requests, counted in bytes as they arrive and shared fairly between clients.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

/// How long a body waits for room.
const TURN: Duration = Duration::from_secs(30);

/// So many bytes for all clients together.
#[derive(Debug)]
pub(super) struct Room {
    /// Bytes that one client may have: less than all, so that others come in beside it.
    share: usize,
    taken: Mutex<Usage>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Usage {
    free: usize,
    by_client: Option<HashMap<String, usize>>,
}

impl Room {
    pub(super) const fn new(all: usize, share: usize) -> Self {
        Self {
            share,
            taken: Mutex::new(Usage {
                free: all,
                by_client: None,
            }),
            freed: Notify::const_new(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Usage> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, client: &str, bytes: usize) -> bool {
        let mut taken = self.taken();
        let Usage { free, by_client } = &mut *taken;
        let clients = by_client.get_or_insert_default();
        let own = clients.get(client).copied().unwrap_or_default();
        if bytes > *free || own + bytes > self.share {
            return false;
        }
        *free -= bytes;
        clients.insert(client.to_owned(), own + bytes);
        true
    }

    fn free(&self, client: &str, bytes: usize) {
        let mut taken = self.taken();
        let Usage { free, by_client } = &mut *taken;
        *free += bytes;
        let clients = by_client.get_or_insert_default();
        if let Some(own) = clients.get_mut(client) {
            *own -= bytes;
            if *own == 0 {
                clients.remove(client);
            }
        }
        drop(taken);
        self.freed.notify_waiters();
    }
}

/// A client's part of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Part {
    room: &'static Room,
    client: String,
    bytes: usize,
}

impl Part {
    /// None of it yet.
    pub(super) const fn new(room: &'static Room, client: String) -> Self {
        Self {
            room,
            client,
            bytes: 0,
        }
    }

    /// Waits until the part can be of this size; no part is larger than a client's share. `false` when there was no room for too
    /// long.
    pub(super) async fn grow_to(&mut self, bytes: usize) -> bool {
        let wanted = bytes.min(self.room.share);
        // A part that waits with what it has would keep others from theirs, as they do it.
        if wanted > self.bytes {
            self.leave();
        }
        let Some(more) = wanted.checked_sub(self.bytes).filter(|more| *more > 0) else {
            return true;
        };
        let waiting = async {
            loop {
                let freed = self.room.freed.notified();
                tokio::pin!(freed);
                // From here on nothing that is freed is missed.
                freed.as_mut().enable();
                if self.room.take(&self.client, more) {
                    return;
                }
                freed.await;
            }
        };
        let has_room = timeout(TURN, waiting).await.is_ok();
        if has_room {
            self.bytes = wanted;
        }
        has_room
    }
}

impl Part {
    fn leave(&mut self) {
        if self.bytes > 0 {
            self.room
                .free(&self.client, std::mem::take(&mut self.bytes));
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn large_bodies_of_one_client_come_one_after_the_other() {
        static ROOM: Room = Room::new(100, 70);
        let body = async || {
            let mut part = Part::new(&ROOM, "a".to_owned());
            for bytes in [5, 10, 60] {
                assert!(part.grow_to(bytes).await);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::join!(body(), body(), body(), body());
        assert_eq!(ROOM.taken().free, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn no_client_takes_all_of_it() {
        static ROOM: Room = Room::new(100, 70);
        let mut greedy = Part::new(&ROOM, "a".to_owned());
        assert!(greedy.grow_to(50).await);
        // More than a share is a share: it would never fit.
        assert!(greedy.grow_to(500).await);
        let mut other = Part::new(&ROOM, "a".to_owned());
        assert!(!other.grow_to(1).await, "the client has its share");
        let mut stranger = Part::new(&ROOM, "b".to_owned());
        assert!(stranger.grow_to(30).await);
        assert!(!stranger.grow_to(31).await);
        let (grown, ()) = tokio::join!(stranger.grow_to(31), async { drop(greedy) });
        assert!(grown);
        drop(stranger);
        assert_eq!(ROOM.taken().free, 100);
        assert!(ROOM.taken().by_client.as_ref().unwrap().is_empty());
    }
}
