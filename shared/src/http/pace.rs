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

type Limiter = RateLimiter<String, HashMapStateStore<String>, MonotonicClock>;

/// The allowances of visitors and of addresses.
#[derive(Clone, Debug)]
pub struct Pace(Option<Arc<(Limiter, Limiter)>>);

impl Pace {
    /// So many submissions a minute from one visitor; 0 for any number.
    #[must_use]
    pub fn new(a_minute: u32) -> Self {
        let limiter = |a_minute: u32| {
            let a_minute = NonZeroU32::new(a_minute)?;
            let burst = a_minute.saturating_mul(NonZeroU32::new(BURST)?);
            let quota = Quota::per_minute(a_minute).allow_burst(burst);
            Some(Limiter::hashmap_with_clock(quota, MonotonicClock))
        };
        let visitors = limiter(a_minute);
        let addresses = limiter(a_minute.saturating_mul(VISITORS_OF_ONE));
        Self(visitors.zip(addresses).map(Arc::new))
    }

    /// # Errors
    /// The time after which there is a place again.
    fn take(&self, visitor: Option<&str>, address: &str) -> Result<(), Duration> {
        let Some(limiters) = &self.0 else {
            return Ok(());
        };
        let (visitors, addresses) = &**limiters;
        let check = |limiter: &Limiter, key: &str| {
            if limiter.len() > CLIENTS {
                limiter.retain_recent();
            }
            limiter
                .check_key(&key.to_owned())
                .map_err(|not_until| not_until.wait_time_from(MonotonicClock.now()))
        };
        check(addresses, address)?;
        visitor.map_or(Ok(()), |visitor| check(visitors, visitor))
    }
}

/// Proof that the client has not used up its allowance; each proof takes one from it. The admin has no limit.
#[derive(Clone, Copy, Debug)]
pub struct Paced;

impl FromRequestParts<AppState> for Paced {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        if is_admin(parts, state).await {
            return Ok(Self);
        }
        let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, state).await;
        let visitor = visitor::read(&parts.headers, &state.keys);
        let visitor = visitor.map(|visitor| visitor.0.to_string());
        match state.pace.take(visitor.as_deref(), &address) {
            Ok(()) => Ok(Self),
            Err(wait) => Err(ApiError::TooManyAttempts(wait.as_secs() + 1)),
        }
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
}
