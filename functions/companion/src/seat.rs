//! How many forms may listen at once.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Forms that listen at once.
const SEATS: usize = 64;
/// Forms of one client among them.
const SEATS_OF_ONE: usize = 4;

static FREE: Semaphore = Semaphore::const_new(SEATS);
static TAKEN: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// A place among those who listen, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    client: String,
    _permit: SemaphorePermit<'static>,
}

impl Seat {
    /// A place for a form of this client, if one is left.
    pub(crate) fn take(client: &str) -> Option<Self> {
        let permit = FREE.try_acquire().ok()?;
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = taken.entry(client.to_owned()).or_default();
        if *of_client >= SEATS_OF_ONE {
            return None;
        }
        *of_client += 1;
        Some(Self {
            client: client.to_owned(),
            _permit: permit,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_client) = taken.get_mut(&self.client) {
            *of_client -= 1;
            if *of_client == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_client_takes_all_places() {
        let mut seats: Vec<_> = (0..4).filter_map(|_| Seat::take("a")).collect();
        assert_eq!(seats.len(), 4);
        assert!(Seat::take("a").is_none());
        assert!(Seat::take("b").is_some());
        seats.pop();
        assert!(Seat::take("a").is_some());
        drop(seats);
        assert!(TAKEN.lock().unwrap().is_empty());
    }
}
