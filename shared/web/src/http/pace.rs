//! How often one client may spend the model's tokens.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::keyed::HashMapStateStore,
};

use super::{ClientAddress, auth::is_admin, visitor};
use crate::{error::ApiError, state::AppState};
use domain::VisitorId;

/// Times a minute's allowance that may come at once.
const BURST: u32 = 3;
/// Visitors behind one address that each have their allowance: a club, or a school.
pub(super) const VISITORS_OF_ONE: u32 = 20;
/// Clients that are kept in mind before those are forgotten that have all of their allowance again.
const CLIENTS: usize = 10_000;
/// The part of a visitor's allowance that all behind one address have together while the queue is crowded: some addresses must not
/// fill the half that is left.
const CROWDED_PART: u32 = 4;

type Limiter =
    RateLimiter<String, HashMapStateStore<String>, MonotonicClock, StateInformationMiddleware>;

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
            Some(RateLimiter::hashmap_with_clock(quota, MonotonicClock).with_middleware())
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

    /// Takes one from the allowances of an address and of a visitor.
    ///
    /// # Errors
    /// The time after which there is a place again.
    fn take(
        &self,
        visitor: Option<&str>,
        address: &str,
        limits: &RateLimits,
    ) -> Result<(), Duration> {
        let Some(limiters) = &self.0 else {
            return Ok(());
        };
        limits.check("address", &limiters.addresses, address)?;
        visitor.map_or(Ok(()), |visitor| {
            limits.check("visitor", &limiters.visitors, visitor)
        })
    }

    /// # Errors
    /// The time after which this address may send again while the queue is crowded.
    fn take_crowded(&self, address: &str, limits: &RateLimits) -> Result<(), Duration> {
        self.0.as_ref().map_or(Ok(()), |limiters| {
            limits.check("crowded", &limiters.crowded, address)
        })
    }
}

/// Problems from Competitive Companion that one client may bring in a minute, and at once: a whole contest comes at once.
const IMPORTS: NonZeroU32 = NonZeroU32::new(30).expect("it is not 0");

/// The allowances of those who bring problems from Competitive Companion.
#[derive(Clone, Debug)]
pub struct ImportPace(Arc<Limiter>);

impl Default for ImportPace {
    fn default() -> Self {
        let quota = Quota::per_minute(IMPORTS);
        let limiter = RateLimiter::hashmap_with_clock(quota, MonotonicClock).with_middleware();
        Self(Arc::new(limiter))
    }
}

impl ImportPace {
    /// Takes one from the allowance of a client.
    ///
    /// # Errors
    /// [`ApiError::TooManyAttempts`].
    pub fn take(&self, client: &str) -> Result<(), ApiError> {
        let taken = RateLimits::default().check("client", &self.0, client);
        taken.map_err(too_many)
    }
}

/// The allowances that a request was measured by, for the headers of its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct RateLimits(Arc<Mutex<Vec<RateLimit>>>);

#[derive(Debug)]
pub(super) struct RateLimit {
    pub(super) name: &'static str,
    /// Requests that may come at once.
    pub(super) quota: u64,
    /// Seconds in which as many are allowed again.
    pub(super) window: u64,
    /// Requests that may still come at once.
    pub(super) remaining: u64,
    /// Seconds until there is one more.
    pub(super) wait: u64,
}

impl RateLimits {
    fn check(&self, name: &'static str, limiter: &Limiter, key: &str) -> Result<(), Duration> {
        if limiter.len() > CLIENTS {
            limiter.retain_recent();
        }
        let (quota, remaining, wait) = match limiter.check_key(&key.to_owned()) {
            Ok(snapshot) => (
                snapshot.quota(),
                snapshot.remaining_burst_capacity(),
                Ok(()),
            ),
            Err(not_until) => {
                let wait = not_until.wait_time_from(MonotonicClock.now());
                (not_until.quota(), 0, Err(wait))
            }
        };
        let each = quota.replenish_interval();
        let limit = RateLimit {
            name,
            quota: quota.burst_size().get().into(),
            window: (each * quota.burst_size().get()).as_secs(),
            remaining: remaining.into(),
            wait: wait.err().unwrap_or(each).as_secs() + 1,
        };
        self.push(limit);
        wait
    }

    fn push(&self, limit: RateLimit) {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        limits.push(limit);
    }

    /// Writes `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-10, if the request was measured.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if limits.is_empty() {
            return;
        }
        let list = |item: fn(&RateLimit) -> String| {
            let items: Vec<_> = limits.iter().map(item).collect();
            HeaderValue::from_str(&items.join(", ")).ok()
        };
        let policy =
            list(|limit| format!("\"{}\";q={};w={}", limit.name, limit.quota, limit.window));
        let state =
            list(|limit| format!("\"{}\";r={};t={}", limit.name, limit.remaining, limit.wait));
        headers.extend(policy.map(|policy| (HeaderName::from_static("ratelimit-policy"), policy)));
        headers.extend(state.map(|state| (HeaderName::from_static("ratelimit"), state)));
    }
}

fn too_many(wait: Duration) -> ApiError {
    ApiError::TooManyAttempts(wait.as_secs() + 1)
}

/// Proof that the client has not used up its allowance; each proof takes one from it. The admin has no limit.
#[derive(Clone, Debug)]
pub struct Paced {
    /// `None` for the admin.
    address: Option<String>,
    visitor: Option<VisitorId>,
    limits: RateLimits,
}

impl Paced {
    /// Whether it is the admin, who has no limit.
    #[must_use]
    pub const fn is_admin(&self) -> bool {
        self.address.is_none()
    }

    /// The visitor, if known.
    #[must_use]
    pub const fn visitor(&self) -> Option<VisitorId> {
        self.visitor
    }

    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    pub(super) fn note(&self, limit: RateLimit) {
        self.limits.push(limit);
    }

    /// Takes one from the smaller allowance of a crowded queue too.
    ///
    /// # Errors
    /// [`ApiError::TooManyAttempts`].
    pub fn in_a_crowd(&self, pace: &Pace) -> Result<(), ApiError> {
        self.address.as_ref().map_or(Ok(()), |address| {
            pace.take_crowded(address, &self.limits).map_err(too_many)
        })
    }
}

impl FromRequestParts<AppState> for Paced {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let limits = parts.extensions.get::<RateLimits>().cloned();
        let limits = limits.unwrap_or_default();
        if is_admin(parts, state).await {
            return Ok(Self {
                address: None,
                visitor: None,
                limits,
            });
        }
        let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, state).await;
        let visitor = visitor::read(&parts.headers, &state.keys);
        let name = visitor.map(|visitor| visitor.0.to_string());
        let taken = state.pace.take(name.as_deref(), &address, &limits);
        taken.map_err(too_many)?;
        Ok(Self {
            address: Some(address),
            visitor,
            limits,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(pace: &Pace, visitor: Option<usize>, address: &str) -> Result<(), Duration> {
        let visitor = visitor.map(|visitor| visitor.to_string());
        pace.take(visitor.as_deref(), address, &RateLimits::default())
    }

    #[test]
    fn a_club_is_not_held_up_and_one_who_hurries_is() {
        let pace = Pace::new(2);
        for visitor in 0..20 {
            for _ in 0..6 {
                assert!(take(&pace, Some(visitor), "a").is_ok());
            }
            assert!(take(&pace, Some(visitor), "b").is_err());
        }
        // A client without a cookie is known by the address.
        assert!(take(&pace, None, "a").is_err());
        assert!(take(&pace, None, "c").is_ok());
        let wait = take(&pace, None, "a").unwrap_err();
        assert!(wait <= Duration::from_secs(60), "{wait:?}");
        assert!((0..10_000).all(|_| take(&Pace::new(0), None, "a").is_ok()));
    }

    #[test]
    fn an_address_has_less_while_the_queue_is_crowded() {
        let pace = Pace::new(20);
        for address in ["a", "b"] {
            let taken =
                (0..60).filter(|_| pace.take_crowded(address, &RateLimits::default()).is_ok());
            assert_eq!(taken.count(), 5);
        }
        assert!(
            Pace::new(0)
                .take_crowded("a", &RateLimits::default())
                .is_ok()
        );
    }

    #[test]
    fn a_contest_may_come_at_once_and_others_are_not_held_up() {
        let pace = ImportPace::default();
        assert!((0..30).all(|_| pace.take("a").is_ok()));
        assert!(matches!(
            pace.take("a"),
            Err(ApiError::TooManyAttempts(1..=3))
        ));
        assert!(pace.take("b").is_ok());
    }

    #[test]
    fn the_headers_tell_how_many_may_still_come() {
        let (pace, limits) = (Pace::new(20), RateLimits::default());
        pace.take(Some("v"), "a", &limits).unwrap();
        let mut headers = HeaderMap::new();
        limits.write(&mut headers);
        assert_eq!(
            headers["ratelimit-policy"],
            "\"address\";q=1200;w=180, \"visitor\";q=60;w=180"
        );
        assert_eq!(
            headers["ratelimit"],
            "\"address\";r=1199;t=1, \"visitor\";r=59;t=4"
        );
        let mut none = HeaderMap::new();
        RateLimits::default().write(&mut none);
        assert!(none.is_empty());
    }
}
