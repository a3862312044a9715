//! Who may come in: the password, logins, and limits on wrong passwords.
//!
//! Nothing here waits or reads a clock: the time is handed in, so that the rules are tested as they are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::password::{PasswordError, random};
use crate::observers::server::neighbourhood;

/// A login that nobody uses ends after this.
const IDLE: Duration = Duration::from_secs(8 * 3600);
/// And in any case after this.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// A kiosk has a handful of people who mind it. The one that was idle longest makes room.
const MOST_LOGINS: usize = 32;

/// Wrong passwords that an address may try before it has to wait.
const FREE_TRIES: u32 = 5;
/// The longest that an address has to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Addresses that are remembered for wrong passwords. While there are as many, an address that is not among them has to
/// wait as well.
const MOST_ADDRESSES: usize = 1024;
/// Tries a minute by this machine, and by each known browser.
const OWN_TRIES_A_MINUTE: u32 = 10;
/// Tries a minute by all strangers together: each costs the device some 100 ms and 19 MiB.
const TRIES_A_MINUTE: u32 = 30;

/// Random bytes of a token, which is twice as many hexadecimal digits.
const TOKEN: usize = 32;

/// A secret that cannot be guessed, safe in a header and in a cookie.
///
/// # Errors
/// When the system gives no random bytes.
pub fn token() -> Result<String, PasswordError> {
    Ok(random::<TOKEN>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares secrets without telling by its time how much of them agrees.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Secrets are kept as their digests: what is looked up says nothing about what was given out.
type Key = [u8; 32];

fn key(secret: &str) -> Key {
    Sha256::digest(secret.as_bytes()).into()
}

struct Login {
    csrf: String,
    since: Instant,
    seen: Instant,
}

/// The people who are logged in.
#[derive(Default)]
pub struct Logins(HashMap<Key, Login>);

/// What a new login is given.
pub struct Granted {
    /// The secret of the login, for the browser's cookie.
    pub cookie: String,
    /// The CSRF token, which each change repeats in a header.
    pub csrf: String,
}

impl Logins {
    /// Starts a login.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn open(&mut self, now: Instant) -> Result<Granted, PasswordError> {
        self.0.retain(|_, login| login.lives(now));
        while self.0.len() >= MOST_LOGINS {
            let Some(oldest) = self.0.iter().min_by_key(|(_, login)| login.seen).map(|(key, _)| *key) else {
                break;
            };
            self.0.remove(&oldest);
        }
        let granted = Granted { cookie: token()?, csrf: token()? };
        self.0.insert(key(&granted.cookie), Login { csrf: granted.csrf.clone(), since: now, seen: now });
        Ok(granted)
    }

    /// The CSRF token that changes of this login have to repeat; none if there is no such login.
    pub fn csrf(&mut self, cookie: &str, now: Instant) -> Option<String> {
        let login = self.0.get_mut(&key(cookie)).filter(|login| login.lives(now))?;
        login.seen = now;
        Some(login.csrf.clone())
    }

    /// Ends a login.
    pub fn close(&mut self, cookie: &str) {
        self.0.remove(&key(cookie));
    }
}

impl Login {
    fn lives(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) < IDLE && now.saturating_duration_since(self.since) < LONGEST
    }
}

/// Secrets of programs that were checked a short while ago: Argon2 for each call would be too slow.
#[derive(Default)]
pub struct Known(HashMap<Key, Instant>);

impl Known {
    /// Whether this secret was checked a short while ago.
    pub fn has(&mut self, secret: &str, now: Instant) -> bool {
        self.0.retain(|_, since| now.saturating_duration_since(*since) < IDLE);
        self.0.contains_key(&key(secret))
    }

    /// Only ever called for a secret that is right: there is one of those.
    pub fn add(&mut self, secret: &str, now: Instant) {
        self.0.insert(key(secret), now);
    }
}

/// Browsers from which somebody has logged in before. They are not locked out while strangers guess.
#[derive(Default)]
pub struct Devices(HashMap<Key, Instant>);

/// More browsers than this are forgotten, the one that came in the longest ago first.
const MOST_DEVICES: usize = 64;

impl Devices {
    /// The key of a browser that is known.
    pub fn find(&self, word: &str) -> Option<Device> {
        let key = key(word);
        self.0.contains_key(&key).then_some(Device(key))
    }

    /// A token for a browser from which somebody has logged in.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn add(&mut self, now: Instant) -> Result<String, PasswordError> {
        let word = token()?;
        while self.0.len() >= MOST_DEVICES {
            let Some(oldest) = self.0.iter().min_by_key(|(_, since)| **since).map(|(key, _)| *key) else {
                break;
            };
            self.0.remove(&oldest);
        }
        self.0.insert(key(&word), now);
        Ok(word)
    }
}

/// A browser that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Device(Key);

/// Who tries a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Somebody at an address of the network.
    Stranger(IpAddr),
    /// This machine itself.
    Local,
    /// A browser that is known.
    Known(Device),
}

struct Tries {
    wrong: u32,
    wait_until: Instant,
}

/// Counts wrong passwords by address, and all tries by the minute.
pub struct Patience {
    addresses: HashMap<IpAddr, Tries>,
    /// Of strangers, all together.
    minute: Minute,
    /// Of this machine and of each known browser.
    own: HashMap<Asker, Minute>,
}

/// Tries within a minute.
#[derive(Clone, Copy)]
struct Minute {
    since: Instant,
    tries: u32,
}

impl Minute {
    /// Counts a try, if there may be one more.
    fn count(&mut self, most: u32, now: Instant) -> Result<(), Duration> {
        const LONG: Duration = Duration::from_secs(60);
        if now.saturating_duration_since(self.since) >= LONG {
            *self = Minute { since: now, tries: 0 };
        }
        if self.tries >= most {
            return Err((self.since + LONG).saturating_duration_since(now));
        }
        self.tries += 1;
        Ok(())
    }
}

impl Patience {
    /// Nobody has tried yet.
    pub fn new(now: Instant) -> Patience {
        Patience { addresses: HashMap::new(), minute: Minute { since: now, tries: 0 }, own: HashMap::new() }
    }

    /// Whether somebody may try now. This machine and a known browser have tries of their own, so that
    /// nobody else's guesses keep them out.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn may_try(&mut self, asker: Asker, now: Instant) -> Result<(), Duration> {
        match asker {
            Asker::Stranger(from) => self.may_guess(from, now),
            own => {
                if self.own.len() > 2 * MOST_DEVICES {
                    self.own.retain(|_, minute| now.saturating_duration_since(minute.since).as_secs() < 60);
                }
                let minute = self.own.entry(own).or_insert(Minute { since: now, tries: 0 });
                minute.count(OWN_TRIES_A_MINUTE, now)
            }
        }
    }

    /// Whether an address may try now. Counts as wrong until [`Patience::right`] says otherwise, so that
    /// many tries at once gain nothing.
    ///
    /// # Errors
    /// How long it has to wait.
    fn may_guess(&mut self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let from = neighbourhood(from);
        if self.addresses.len() >= MOST_ADDRESSES && !self.addresses.contains_key(&from) {
            self.addresses.retain(|_, tries| now < tries.wait_until + LONGEST_WAIT);
            if self.addresses.len() >= MOST_ADDRESSES {
                return Err(LONGEST_WAIT);
            }
        }
        let tries = self.addresses.entry(from).or_insert(Tries { wrong: 0, wait_until: now });
        if now >= tries.wait_until + LONGEST_WAIT {
            tries.wrong = 0;
        }
        if now < tries.wait_until {
            return Err(tries.wait_until.saturating_duration_since(now));
        }
        self.minute.count(TRIES_A_MINUTE, now)?;
        tries.wrong = tries.wrong.saturating_add(1);
        if let Some(over) = tries.wrong.checked_sub(FREE_TRIES) {
            tries.wait_until = now + Duration::from_secs(1 << over.min(10)).min(LONGEST_WAIT);
        }
        Ok(())
    }

    /// The password was right.
    pub fn right(&mut self, asker: Asker) {
        match asker {
            Asker::Stranger(from) => drop(self.addresses.remove(&neighbourhood(from))),
            own => drop(self.own.remove(&own)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 7));

    #[test]
    fn a_login_lives_while_it_is_used_and_ends_unused_or_old_or_closed() {
        let (mut logins, start) = (Logins::default(), Instant::now());
        let granted = logins.open(start).unwrap();
        assert_eq!(logins.csrf(&granted.cookie, start), Some(granted.csrf.clone()));
        assert_eq!(logins.csrf("another", start), None);
        assert_eq!(logins.csrf(&granted.cookie, start + IDLE), None, "idle too long");

        let granted = logins.open(start).unwrap();
        let mut at = start;
        while at < start + LONGEST - IDLE {
            at += IDLE / 2;
            assert!(logins.csrf(&granted.cookie, at).is_some());
        }
        assert_eq!(logins.csrf(&granted.cookie, start + LONGEST), None, "too old");

        let granted = logins.open(start).unwrap();
        logins.close(&granted.cookie);
        assert_eq!(logins.csrf(&granted.cookie, start), None);
    }

    #[test]
    fn there_are_never_more_logins_than_a_kiosk_needs() {
        let (mut logins, start) = (Logins::default(), Instant::now());
        let first = logins.open(start).unwrap();
        for second in 1..=MOST_LOGINS as u64 {
            logins.open(start + Duration::from_secs(second)).unwrap();
        }
        assert_eq!(logins.0.len(), MOST_LOGINS);
        assert_eq!(logins.csrf(&first.cookie, start + Duration::from_secs(99)), None);
    }

    #[test]
    fn whoever_guesses_waits_longer_and_longer_and_nobody_else_does() {
        let start = Instant::now();
        let mut patience = Patience::new(start);
        for _ in 0..FREE_TRIES {
            assert_eq!(patience.may_guess(ONE, start), Ok(()));
        }
        let mut at = start;
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = patience.may_guess(ONE, at).expect_err("it has to wait");
            waits.push(wait.as_secs());
            at += wait;
            assert_eq!(patience.may_guess(ONE, at), Ok(()));
        }
        assert_eq!(waits[..5], [1, 2, 4, 8, 16]);
        assert_eq!(waits[11], LONGEST_WAIT.as_secs());
        let other: IpAddr = "192.168.1.8".parse().unwrap();
        assert_eq!(patience.may_guess(other, at), Ok(()));
        patience.right(Asker::Stranger(ONE));
        assert_eq!(patience.may_guess(ONE, at), Ok(()), "the right word forgives");
    }

    #[test]
    fn a_known_browser_and_this_machine_are_not_locked_out_by_others() {
        let start = Instant::now();
        let (mut patience, mut devices) = (Patience::new(start), Devices::default());
        let word = devices.add(start).unwrap();
        let known = Asker::Known(devices.find(&word).unwrap());
        assert!(devices.find("another").is_none());
        for guess in 0..200u32 {
            let _ = patience.may_try(Asker::Stranger(IpAddr::from(guess.to_be_bytes())), start);
        }
        assert!(patience.may_try(Asker::Stranger(ONE), start).is_err());
        for asker in [known, Asker::Local] {
            for _ in 0..OWN_TRIES_A_MINUTE {
                assert_eq!(patience.may_try(asker, start), Ok(()));
            }
            let wait = patience.may_try(asker, start).expect_err("neither guesses without an end");
            assert_eq!(patience.may_try(asker, start + wait), Ok(()));
        }
        // Each browser more makes the oldest a stranger again.
        let first = devices.add(start).unwrap();
        let later = start + Duration::from_secs(1);
        (0..MOST_DEVICES).for_each(|_| drop(devices.add(later).unwrap()));
        assert!(devices.find(&first).is_none() && devices.0.len() == MOST_DEVICES);
    }

    #[test]
    fn a_neighbourhood_of_ipv6_addresses_is_one_and_all_together_have_a_limit() {
        let start = Instant::now();
        let mut patience = Patience::new(start);
        for host in 0..FREE_TRIES {
            let address = format!("2001:db8::{host:x}").parse().unwrap();
            assert_eq!(patience.may_guess(address, start), Ok(()));
        }
        assert!(patience.may_guess("2001:db8::ffff".parse().unwrap(), start).is_err());
        for host in 0..TRIES_A_MINUTE - FREE_TRIES {
            assert_eq!(patience.may_guess(IpAddr::from([10, 0, 0, host as u8]), start), Ok(()));
        }
        let late = IpAddr::from([10, 0, 1, 1]);
        assert_eq!(patience.may_guess(late, start), Err(Duration::from_secs(60)));
        assert_eq!(patience.may_guess(late, start + Duration::from_secs(60)), Ok(()));
    }
}
