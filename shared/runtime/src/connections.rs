//! How many connections there are at once, in all and from each address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ipnet::IpNet;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Connections at once.
const MOST: usize = 1024;
/// Of these from one address, unless it is a proxy's.
const MOST_OF_ONE: usize = 256;
/// Open files that are left for everything else: the database, Redis, the model, a few files.
const OTHER_FILES: u64 = 128;
/// Between two lines in the log about the same trouble.
const QUIET: Duration = Duration::from_secs(60);

/// Raises the limit for open files as far as the system allows without being asked, and answers how many connections there may be.
pub(super) fn limit() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return MOST;
    };
    // More would only make programs slow that close every possible file.
    let wanted = hard.min(65_536);
    let files = match setrlimit(Resource::RLIMIT_NOFILE, wanted.max(soft), hard) {
        Ok(()) => wanted.max(soft),
        Err(_) => soft,
    };
    let left = files.saturating_sub(OTHER_FILES).max(files / 2);
    usize::try_from(left).unwrap_or(MOST).min(MOST)
}

/// The places for connections.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    most_of_one: usize,
    proxies: Vec<IpNet>,
    taken: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    inner: Arc<Inner>,
    network: IpAddr,
}

impl Places {
    pub(super) fn new(most: usize, proxies: Vec<IpNet>) -> Self {
        Self(Arc::new(Inner {
            most,
            most_of_one: MOST_OF_ONE.min(most / 2).max(1),
            proxies,
            taken: Mutex::default(),
        }))
    }

    /// A place for a connection from `address`. The machine itself, which asks for our health, and proxies, behind which many are,
    /// are not counted by their address.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let inner = &self.0;
        let is_many = address.is_loopback()
            || inner
                .proxies
                .iter()
                .any(|network| network.contains(&address));
        let network = network(address);
        let mut taken = inner.taken();
        let own = taken.by_network.get(&network).copied().unwrap_or_default();
        // The machine itself comes in when all others do not.
        if (taken.all >= inner.most && !address.is_loopback())
            || (own >= inner.most_of_one && !is_many)
        {
            return None;
        }
        taken.all += 1;
        taken.by_network.insert(network, own + 1);
        drop(taken);
        Some(Place {
            inner: inner.clone(),
            network,
        })
    }
}

impl Inner {
    fn taken(&self) -> MutexGuard<'_, OpenConnections> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.inner.taken();
        taken.all -= 1;
        if let Some(own) = taken.by_network.get_mut(&self.network) {
            *own -= 1;
            if *own == 0 {
                taken.by_network.remove(&self.network);
            }
        }
    }
}

/// An address, or of IPv6 the network that one customer has.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
    }
}

/// Says the same at most once in a while.
#[derive(Debug, Default)]
pub(super) struct Seldom(Option<Instant>);

impl Seldom {
    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= QUIET);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_takes_every_place() {
        let proxy: IpNet = "10.0.0.0/8".parse().unwrap();
        let places = Places::new(8, vec![proxy]);
        let take = |address: &str| places.take(address.parse().unwrap());
        let mut held: Vec<_> = (0..4).map(|_| take("192.0.2.1").unwrap()).collect();
        assert!(take("192.0.2.1").is_none() && take("::ffff:192.0.2.1").is_none());
        held.push(take("192.0.2.2").unwrap());
        held.extend((0..3).map(|_| take("10.1.1.1").unwrap()));
        assert!(take("192.0.2.3").is_none() && take("10.1.1.1").is_none());
        // The machine's own question for its health.
        held.push(take("127.0.0.1").unwrap());
        held.clear();
        assert!(take("192.0.2.1").is_some());
        assert_eq!(places.0.taken().all, 0);
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let places = Places::new(4, Vec::new());
        let _held = [
            places.take("2001:db8::1".parse().unwrap()).unwrap(),
            places.take("2001:db8::2".parse().unwrap()).unwrap(),
        ];
        assert!(places.take("2001:db8::3".parse().unwrap()).is_none());
        assert!(places.take("2001:db8:0:1::3".parse().unwrap()).is_some());
    }

    #[test]
    fn there_is_a_limit() {
        assert!((1..=MOST).contains(&limit()));
    }
}
