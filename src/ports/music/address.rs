//! Where MPD listens.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The socket that Debian's mpd opens.
const USUAL_SOCKET: &str = "/run/mpd/socket";
const USUAL_PORT: u16 = 6600;

/// `host`, `host:port`, `[::1]:port`, `/path/of/a/socket` or `@abstract-socket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host name or address, and a port.
    Tcp {
        /// A name, or an address without brackets.
        host: String,
        /// 6600 unless another is named.
        port: u16,
    },
    /// A socket in the file system.
    Unix(PathBuf),
    /// A socket of Linux' abstract namespace, by its name without the `@`.
    Abstract(String),
}

/// An address that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address of MPD: write `host:port`, `/path/of/a/socket` or `@abstract-socket`")]
pub struct AddressError(pub String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let text = text.trim();
        let wrong = || AddressError(text.to_owned());
        if text.starts_with('/') {
            return Ok(Address::Unix(PathBuf::from(text)));
        }
        if let Some(name) = text.strip_prefix('@') {
            return if name.is_empty() { Err(wrong()) } else { Ok(Address::Abstract(name.to_owned())) };
        }
        if text.contains(char::is_whitespace) {
            return Err(wrong());
        }
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
            let port = match after.strip_prefix(':') {
                Some(port) => Some(port),
                None if after.is_empty() => None,
                None => return Err(wrong()),
            };
            (host, port)
        } else if text.matches(':').count() > 1 {
            // A bare IPv6 address has no room for a port.
            (text, None)
        } else {
            match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        if host.is_empty() {
            return Err(wrong());
        }
        let port = match port {
            None => USUAL_PORT,
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
        };
        Ok(Address::Tcp { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "{}", path.display()),
            Address::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

impl Address {
    /// The address to use when the configuration names none, with the password that came along: from
    /// `MPD_HOST` (also in the form `password@host`) and `MPD_PORT`, as every MPD client reads them;
    /// else Debian's socket where there is one; else port 6600 of this machine.
    ///
    /// # Errors
    /// When one of the variables holds no address.
    pub fn usual(env: impl Fn(&str) -> Option<String>) -> Result<(Address, Option<String>), AddressError> {
        Address::usual_with(env, Path::new(USUAL_SOCKET).exists())
    }

    fn usual_with(
        env: impl Fn(&str) -> Option<String>,
        socket_exists: bool,
    ) -> Result<(Address, Option<String>), AddressError> {
        let variable = |name| env(name).filter(|value| !value.trim().is_empty());
        let port = variable("MPD_PORT");
        let Some(host) = variable("MPD_HOST") else {
            return match port {
                Some(port) => Ok((format!("localhost:{port}").parse()?, None)),
                None if socket_exists => Ok((Address::Unix(PathBuf::from(USUAL_SOCKET)), None)),
                None => Ok((Address::Tcp { host: "localhost".to_owned(), port: USUAL_PORT }, None)),
            };
        };
        // A leading @ is an abstract socket; a later one ends a password.
        let (password, host) = match host.split_once('@') {
            Some((password, host)) if !password.is_empty() => (Some(password.to_owned()), host.to_owned()),
            _ => (None, host),
        };
        let mut address: Address = host.parse()?;
        if let (Address::Tcp { port: of_address, .. }, Some(port)) = (&mut address, port) {
            *of_address = port.trim().parse().map_err(|_| AddressError(format!("{host}:{port}")))?;
        }
        Ok((address, password))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_as_people_write_it() {
        for (text, shown) in [
            ("localhost", "localhost:6600"),
            ("music.local:6601", "music.local:6601"),
            ("[::1]:6601", "[::1]:6601"),
            ("::1", "[::1]:6600"),
            ("/run/mpd/socket", "/run/mpd/socket"),
            ("@mpd", "@mpd"),
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()), Ok(shown.to_owned()));
        }
        for text in
            ["", "@", ":6600", "host:", "host:port", "host:0", "host:70000", "[::1", "[::1]6600", "a b"]
        {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("host:port"), "{text}: {error}");
        }
    }

    #[test]
    fn without_a_setting_the_environment_then_the_socket_then_the_port_is_used() {
        type Row = (&'static [(&'static str, &'static str)], bool, &'static str, Option<&'static str>);
        let table: [Row; 8] = [
            (&[], true, "/run/mpd/socket", None),
            (&[], false, "localhost:6600", None),
            (&[("MPD_HOST", "")], false, "localhost:6600", None),
            (&[("MPD_PORT", "6700")], true, "localhost:6700", None),
            (&[("MPD_HOST", "den"), ("MPD_PORT", "6700")], true, "den:6700", None),
            (&[("MPD_HOST", "secret@den")], true, "den:6600", Some("secret")),
            (&[("MPD_HOST", "@mpd"), ("MPD_PORT", "1")], true, "@mpd", None),
            (&[("MPD_HOST", "secret@/tmp/mpd")], true, "/tmp/mpd", Some("secret")),
        ];
        for (env, socket, address, password) in table {
            let lookup =
                |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
            let (found, secret) = Address::usual_with(lookup, socket).unwrap();
            assert_eq!((found.to_string().as_str(), secret.as_deref()), (address, password), "{env:?}");
        }
    }
}
