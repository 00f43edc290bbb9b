//! How many connections there are at once, in all and from each address, and how fast new ones come.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ipnet::IpNet;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Connections at once.
const MOST: usize = 1024;
/// Of these from one address, unless it is a proxy's.
const MOST_OF_ONE: usize = 256;
/// Between two connections of one address, once it has opened [`AT_ONCE`]: a hundred a second. A browser opens six and keeps them.
const INTERVAL: Duration = Duration::from_millis(10);
/// Connections that an address may open without waiting.
const AT_ONCE: u32 = 500;
/// Addresses that are kept in mind before those are forgotten that need not wait.
const ADDRESSES: usize = 4096;
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

/// Addresses of the machine itself. The rest of 127.0.0.0/8 counts as everybody else's, so that tests can be several clients.
const LOCAL: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

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
    by_network: HashMap<IpAddr, Peer>,
}

/// A network's connections.
#[derive(Debug)]
struct Peer {
    open: usize,
    /// The moment when it has all of its [`AT_ONCE`] again (the theoretical arrival time of the generic cell rate algorithm).
    rested_at: Instant,
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

    /// A place for a connection from `address`, and how long the connection waits before it is served. The machine itself, which
    /// asks for our health, and proxies, behind which many are, are not counted by their address.
    pub(super) fn take(&self, address: IpAddr) -> Option<(Place, Duration)> {
        let address = address.to_canonical();
        let inner = &self.0;
        let is_local = LOCAL.contains(&address);
        let is_many = is_local || inner.proxies.iter().any(|proxy| proxy.contains(&address));
        let network = network(address);
        let now = Instant::now();
        let mut taken = inner.taken();
        // The machine itself comes in when all others do not.
        if taken.all >= inner.most && !is_local {
            return None;
        }
        if taken.by_network.len() >= ADDRESSES {
            let is_needed = |peer: &Peer| peer.open > 0 || peer.rested_at > now;
            taken.by_network.retain(|_, peer| is_needed(peer));
        }
        let peer = taken.by_network.entry(network).or_insert(Peer {
            open: 0,
            rested_at: now,
        });
        if peer.open >= inner.most_of_one && !is_many {
            return None;
        }
        peer.open += 1;
        let mut wait = Duration::ZERO;
        if !is_many {
            peer.rested_at = peer.rested_at.max(now) + INTERVAL;
            wait = (peer.rested_at - now).saturating_sub(INTERVAL * AT_ONCE);
        }
        taken.all += 1;
        drop(taken);
        let place = Place {
            inner: inner.clone(),
            network,
        };
        Some((place, wait))
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
        if let Some(peer) = taken.by_network.get_mut(&self.network) {
            peer.open -= 1;
            if peer.open == 0 && peer.rested_at <= Instant::now() {
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
    fn an_address_that_opens_connections_without_end_waits_for_each() {
        let places = Places::new(8, Vec::new());
        let open = |address: &str| places.take(address.parse().unwrap()).unwrap().1;
        for _ in 0..AT_ONCE {
            assert_eq!(open("192.0.2.1"), Duration::ZERO);
        }
        let waits: Vec<_> = (0..AT_ONCE).map(|_| open("192.0.2.1")).collect();
        // The more has gone by meanwhile, the less there is to wait.
        let most = INTERVAL * AT_ONCE;
        assert!(
            waits.last().unwrap() > &Duration::from_secs(1) && waits.iter().max() <= Some(&most)
        );
        for _ in 0..AT_ONCE {
            assert_eq!(open("192.0.2.2"), Duration::ZERO);
            assert_eq!(open("127.0.0.1"), Duration::ZERO);
        }
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
