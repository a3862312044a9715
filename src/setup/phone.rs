//! What `moodbox setup phone` writes: the page for the phones of the house, locked, and nothing more let in than their
//! network.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Change, Files, SetupError, section, with_value, without_key};
use crate::config::{self, password::StoredPassword};

/// The hash of the page's password.
const PASSWORD: &str = "etc/moodbox/web-password";
/// What the service is told beyond its unit: whom it may talk to.
const UNIT: &str = "etc/systemd/system/moodbox.service.d/phone.conf";
/// Where the page listens where nobody says another port.
const PORT: u16 = 8740;

/// What a person wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The password of the page; none keeps the one that is set.
    pub password: Option<StoredPassword>,
    /// Where the page listens; none: on every network, at the port that is set.
    pub listen: Option<SocketAddr>,
    /// Who may reach the page; none: the network that this machine is on.
    pub network: Option<Network>,
}

/// What is to be written and taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub changes: Vec<Change>,
    pub removed: Vec<PathBuf>,
    pub notes: Vec<String>,
    /// Where the page listens afterwards, and by which names it may be called.
    pub listen: Option<SocketAddr>,
    pub names: Vec<String>,
}

/// A network by its address and how many of its bits are the same for all of its machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Debug, thiserror::Error)]
#[error("a network is written as 192.168.1.0/24, or one address, not `{0}`")]
pub struct NoNetwork(String);

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Network, NoNetwork> {
        let wrong = || NoNetwork(text.to_owned());
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?,
        };
        Ok(Network { address, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// What is set now.
#[derive(Clone, Debug, Default)]
pub struct Now {
    /// Where the page listens, if it is named.
    pub listen: Option<SocketAddr>,
    /// The file of the password, if it holds one.
    pub password: Option<PathBuf>,
    pub names: Vec<String>,
}

impl Files {
    /// How the page stands now.
    pub fn page(&self) -> Now {
        let now = page_of(&std::fs::read_to_string(&self.settings).unwrap_or_default());
        let locked = |path: &PathBuf| {
            let text = std::fs::read_to_string(self.here(path)).unwrap_or_default();
            StoredPassword::read(&text).is_ok()
        };
        Now { password: now.password.filter(locked), ..now }
    }

    /// The file of this machine that the settings name.
    fn here(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The network that this machine is on: that of the interface with the default route.
    pub fn network(&self) -> Option<Network> {
        network(&std::fs::read_to_string(self.at("proc/net/route")).ok()?)
    }

    /// The name by which phones find this machine, where a program answers for it (multicast DNS).
    fn own_name(&self) -> Option<String> {
        let answers = self.at("usr/sbin/avahi-daemon").exists();
        let name = std::fs::read_to_string(self.at("etc/hostname")).ok()?;
        let name = name.trim().split('.').next().unwrap_or_default().to_lowercase();
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (answers && plain && name != "localhost").then(|| format!("{name}.local"))
    }

    /// The file of the password, and the number of the group that the service has, if there is one.
    pub fn password_file(&self) -> (PathBuf, Option<u32>) {
        let groups = std::fs::read_to_string(self.at("etc/group")).unwrap_or_default();
        let mut of_moodbox = groups.lines().filter_map(|line| line.strip_prefix("moodbox:"));
        (self.at(PASSWORD), of_moodbox.find_map(|rest| rest.split(':').nth(1)?.parse().ok()))
    }
}

/// A line of the kernel's table of routes.
struct Route<'a> {
    interface: &'a str,
    to: u32,
    flags: u32,
    metric: u32,
    mask: u32,
}

impl<'a> Route<'a> {
    fn read(line: &'a str) -> Option<Route<'a>> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let hex = |at: usize| u32::from_str_radix(fields.get(at)?, 16).ok();
        Some(Route {
            interface: fields.first()?,
            to: hex(1)?,
            flags: hex(3)?,
            metric: fields.get(6)?.parse().ok()?,
            mask: hex(7)?,
        })
    }
}

/// `RTF_GATEWAY` of the kernel: the route leads over another machine.
const GATEWAY: u32 = 2;

/// The network of the default route in the kernel's table (`/proc/net/route`).
fn network(routes: &str) -> Option<Network> {
    let routes: Vec<Route<'_>> = routes.lines().filter_map(Route::read).collect();
    let default = routes.iter().filter(|route| route.mask == 0).min_by_key(|route| route.metric)?;
    let near = routes.iter().filter(|route| {
        route.interface == default.interface && route.mask != 0 && route.flags & GATEWAY == 0
    });
    // Written as the bytes lie in memory, which is the order of the network.
    let address = |number: u32| Ipv4Addr::from(number.to_ne_bytes());
    let network = |route: &Route<'_>| Network {
        address: address(route.to).into(),
        bits: u8::try_from(route.mask.count_ones()).unwrap_or(32),
    };
    near.map(network).find(|network| !matches!(network.address, IpAddr::V4(old) if old.is_link_local()))
}

/// What lets phones in.
///
/// # Errors
/// When there is no password, no network, or no page that would run with it.
pub fn on(files: &Files, wish: &Wish) -> Result<Plan, SetupError> {
    let now = files.page();
    let (file, _) = files.password_file();
    let mut plan = Plan::default();
    let listen = wish.listen.unwrap_or_else(|| {
        let port = now.listen.map_or(PORT, |listen| listen.port());
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))
    });
    if listen.ip().is_loopback() {
        return Err(SetupError::Local(listen));
    }
    let network = wish.network.or_else(|| files.network()).ok_or(SetupError::NoNetwork)?;
    let mut names = now.names.clone();
    match files.own_name() {
        Some(name) if !names.contains(&name) => names.push(name),
        Some(_) => {}
        None => plan.notes.push(
            "phones find the device by its number alone: for a name such as moodbox.local install the package \
             avahi-daemon, and run this again"
                .to_owned(),
        ),
    }
    let password = match (&wish.password, &now.password) {
        (Some(_), _) => PathBuf::from(format!("/{PASSWORD}")),
        (None, Some(kept)) => kept.clone(),
        (None, None) => return Err(SetupError::NoPassword),
    };
    if let Some(stored) = &wish.password {
        let text = format!("{}\n", stored.as_str());
        let what = vec!["a hash of the password, which only moodbox reads".to_owned()];
        plan.changes.push(Change { path: file, text, what });
    }
    let before = files.read(&files.settings)?;
    let mut edit = Keys { text: before.clone(), what: Vec::new() };
    edit.set("listen", &format!("\"{listen}\""));
    edit.set("password_file", &format!("\"{}\"", password.display()));
    if names != now.names {
        let list: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        edit.set("names", &format!("[{}]", list.join(", ")));
    }
    check(files, &edit.text, wish.password.as_ref())?;
    if edit.text != before {
        plan.changes.push(Change { path: files.settings.clone(), text: edit.text, what: edit.what });
    }
    let unit = format!(
        "# Written by `moodbox setup phone`; `sudo moodbox setup phone --off` takes it away.\n\
         # Without it the service talks to nobody but its own machine.\n[Service]\nIPAddressAllow={network}\n"
    );
    let path = files.at(UNIT);
    if std::fs::read_to_string(&path).ok().as_deref() != Some(&unit) {
        let what = vec![format!("the service may talk to {network}, and to nobody beyond")];
        plan.changes.push(Change { path, text: unit, what });
    }
    plan.notes.push(
        "the page speaks plain HTTP: whoever listens in on that network can read what it shows. Beyond a network that \
         you trust, put a proxy with TLS before it"
            .to_owned(),
    );
    (plan.listen, plan.names) = (Some(listen), names);
    Ok(plan)
}

/// What shuts phones out again: the page is for this machine alone, and asks for no password.
///
/// # Errors
/// When the settings cannot be read.
pub fn off(files: &Files) -> Result<Plan, SetupError> {
    let now = files.page();
    let mut plan = Plan::default();
    let before = files.read(&files.settings)?;
    let mut edit = Keys { text: before.clone(), what: Vec::new() };
    let port = now.listen.map_or(PORT, |listen| listen.port());
    if now.listen.is_some_and(|listen| !listen.ip().is_loopback()) {
        edit.set("listen", &format!("\"{}\"", SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
    }
    let (ours, _) = files.password_file();
    let named = |path: &PathBuf| files.here(path) == ours;
    // A password in a file of a person's own stays: nobody asked to open a page that was locked.
    if now.password.as_ref().is_some_and(named) {
        edit.remove("password_file");
    } else if let Some(own) = &now.password {
        plan.notes.push(format!("the password in {} stays: it was not set by this", own.display()));
    }
    if edit.text != before {
        check(files, &edit.text, None)?;
        plan.changes.push(Change { path: files.settings.clone(), text: edit.text, what: edit.what });
    }
    plan.removed = [ours, files.at(UNIT)].into_iter().filter(|path| path.exists()).collect();
    Ok(plan)
}

/// The keys of `[web]` while they are changed.
struct Keys {
    text: String,
    what: Vec<String>,
}

impl Keys {
    fn set(&mut self, key: &str, literal: &str) {
        let text = with_value(&self.text, "web", key, literal);
        if text != self.text {
            self.what.push(format!("[web] {key} = {literal}"));
            self.text = text;
        }
    }

    fn remove(&mut self, key: &str) {
        if section(&self.text, "web").is_some() {
            self.text = without_key(&self.text, "web", key);
            self.what.push(format!("[web] no {key}"));
        }
    }
}

/// That the device starts with these settings; `new` is a password that is not in its file yet.
fn check(files: &Files, text: &str, new: Option<&StoredPassword>) -> Result<(), SetupError> {
    let place = files.settings.display().to_string();
    let Some(named) = page_of(text).password else {
        config::parse(text, &place)?;
        return Ok(());
    };
    let unreadable = |why| SetupError::Unreadable { path: named.clone(), why };
    let with = |file: &Path| {
        let text = with_value(text, "web", "password_file", &format!("\"{}\"", file.display()));
        config::parse(&text, &place).map(drop)
    };
    match new {
        // Below another root the file lies elsewhere.
        None => with(&files.here(&named))?,
        Some(new) => {
            let file = tempfile::NamedTempFile::new().map_err(unreadable)?;
            std::fs::write(file.path(), new.as_str()).map_err(unreadable)?;
            with(file.path())?;
        }
    }
    Ok(())
}

/// What settings say of the page.
fn page_of(text: &str) -> Now {
    let table: toml::Table = text.parse().unwrap_or_default();
    let of = |key: &str| table.get("web").and_then(|web| web.get(key)).cloned();
    Now {
        listen: of("listen").and_then(|value| value.try_into().ok()),
        password: of("password_file").and_then(|value| value.try_into().ok()),
        names: of("names").and_then(|value| value.try_into().ok()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
        eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
        eth0\t0000FEA9\t00000000\t0001\t0\t0\t1000\t0000FFFF\t0\t0\t0\n\
        eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FCFFFF\t0\t0\t0\n\
        wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n";

    #[test]
    fn the_network_is_that_of_the_way_out_which_the_kernel_prefers() {
        assert_eq!(network(ROUTES).unwrap().to_string(), "192.168.2.0/22");
        let without_cable: String =
            ROUTES.lines().filter(|line| !line.starts_with("eth0")).map(|line| format!("{line}\n")).collect();
        assert_eq!(network(&without_cable).unwrap().to_string(), "192.168.1.0/24");
        for none in
            ["", "Iface\n", "eth0\tzz\n", "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"]
        {
            assert_eq!(network(none), None, "{none}");
        }
    }

    #[test]
    fn a_network_is_read_as_it_is_written_and_anything_else_is_refused() {
        for (text, read) in
            [("192.168.1.0/24", "192.168.1.0/24"), ("10.0.0.7", "10.0.0.7/32"), ("fd00::/8", "fd00::/8")]
        {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), read);
        }
        for wrong in ["", "any", "192.168.1.0/33", "192.168.1/24", "10.0.0.0/8\nIPAddressAllow=any", "::/129"]
        {
            let error = wrong.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains("192.168.1.0/24"), "{error}");
        }
    }
}
