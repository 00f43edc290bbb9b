//! How often one client may spend the model's tokens.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, MonotonicClock},
    state::keyed::HashMapStateStore,
};

use super::{ClientAddress, auth::is_admin, visitor};
use crate::{error::ApiError, state::AppState};

/// Times a minute's allowance that may come at once.
const BURST: u32 = 3;
/// Visitors behind one address that each have their allowance: a club, or a school.
const VISITORS_OF_ONE: u32 = 20;
/// Clients that are kept in mind before those are forgotten that have all of their allowance again.
const CLIENTS: usize = 10_000;
/// The part of a visitor's allowance that all behind one address have together while the queue is crowded: some addresses must not
/// fill the half that is left.
const CROWDED_PART: u32 = 4;

type Limiter = RateLimiter<String, HashMapStateStore<String>, MonotonicClock>;

/// The allowances of visitors and of addresses.
#[derive(Clone, Debug)]
pub struct Pace(Option<Arc<Limiters>>);

#[derive(Debug)]
struct Limiters {
    visitors: Limiter,
    addresses: Limiter,
    /// Addresses, while the queue is crowded.
    crowded: Limiter,
}

impl Pace {
    /// So many submissions a minute from one visitor; 0 for any number.
    #[must_use]
    pub fn new(a_minute: u32) -> Self {
        let limiter = |a_minute: u32, burst: u32| {
            let a_minute = NonZeroU32::new(a_minute)?;
            let burst = a_minute.saturating_mul(NonZeroU32::new(burst)?);
            let quota = Quota::per_minute(a_minute).allow_burst(burst);
            Some(Limiter::hashmap_with_clock(quota, MonotonicClock))
        };
        let limiters = || {
            Some(Limiters {
                visitors: limiter(a_minute, BURST)?,
                addresses: limiter(a_minute.saturating_mul(VISITORS_OF_ONE), BURST)?,
                crowded: limiter(a_minute.div_ceil(CROWDED_PART), 1)?,
            })
        };
        Self(limiters().map(Arc::new))
    }

    /// # Errors
    /// The time after which there is a place again.
    fn take(&self, visitor: Option<&str>, address: &str) -> Result<(), Duration> {
        let Some(limiters) = &self.0 else {
            return Ok(());
        };
        check(&limiters.addresses, address)?;
        visitor.map_or(Ok(()), |visitor| check(&limiters.visitors, visitor))
    }

    /// # Errors
    /// The time after which this address may send again while the queue is crowded.
    fn take_crowded(&self, address: &str) -> Result<(), Duration> {
        self.0
            .as_ref()
            .map_or(Ok(()), |limiters| check(&limiters.crowded, address))
    }
}

fn check(limiter: &Limiter, key: &str) -> Result<(), Duration> {
    if limiter.len() > CLIENTS {
        limiter.retain_recent();
    }
    limiter
        .check_key(&key.to_owned())
        .map_err(|not_until| not_until.wait_time_from(MonotonicClock.now()))
}

fn too_many(wait: Duration) -> ApiError {
    ApiError::TooManyAttempts(wait.as_secs() + 1)
}

/// Proof that the client has not used up its allowance; each proof takes one from it. The admin has no limit.
#[derive(Clone, Debug)]
pub struct Paced {
    /// `None` for the admin.
    address: Option<String>,
}

impl Paced {
    /// Takes one from the smaller allowance of a crowded queue too.
    ///
    /// # Errors
    /// [`ApiError::TooManyAttempts`].
    pub fn in_a_crowd(&self, pace: &Pace) -> Result<(), ApiError> {
        self.address.as_ref().map_or(Ok(()), |address| {
            pace.take_crowded(address).map_err(too_many)
        })
    }
}

impl FromRequestParts<AppState> for Paced {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        if is_admin(parts, state).await {
            return Ok(Self { address: None });
        }
        let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, state).await;
        let visitor = visitor::read(&parts.headers, &state.keys);
        let visitor = visitor.map(|visitor| visitor.0.to_string());
        let taken = state.pace.take(visitor.as_deref(), &address);
        taken.map_err(too_many)?;
        Ok(Self {
            address: Some(address),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_club_is_not_held_up_and_one_who_hurries_is() {
        let pace = Pace::new(2);
        for visitor in 0..20 {
            for _ in 0..6 {
                assert!(pace.take(Some(&visitor.to_string()), "a").is_ok());
            }
            assert!(pace.take(Some(&visitor.to_string()), "b").is_err());
        }
        // A client without a cookie is known by the address.
        assert!(pace.take(None, "a").is_err());
        assert!(pace.take(None, "c").is_ok());
        let wait = pace.take(None, "a").unwrap_err();
        assert!(wait <= Duration::from_secs(60), "{wait:?}");
        assert!((0..10_000).all(|_| Pace::new(0).take(None, "a").is_ok()));
    }

    #[test]
    fn an_address_has_less_while_the_queue_is_crowded() {
        let pace = Pace::new(20);
        for address in ["a", "b"] {
            let taken = (0..60).filter(|_| pace.take_crowded(address).is_ok());
            assert_eq!(taken.count(), 5);
        }
        assert!(Pace::new(0).take_crowded("a").is_ok());
    }
}
