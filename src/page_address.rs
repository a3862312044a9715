//! Where phones find the page.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use moodbox_core::screen::PageAddress;

/// The address of a page that listens there; none of one that only this machine reaches, or of a machine that is on
/// no network and has no name. `names` are those that browsers may use.
pub fn of(listen: SocketAddr, names: &[String]) -> Option<PageAddress> {
    if listen.ip().is_loopback() {
        return None;
    }
    let port = listen.port();
    let number = if listen.ip().is_unspecified() { ours(listen.ip()) } else { Some(listen.ip()) };
    let name = names.first().map(|name| format!("{name}:{port}"));
    let url = match (number, &name) {
        (Some(number), _) => format!("http://{}/", SocketAddr::new(number, port)),
        (None, Some(name)) => format!("http://{name}/"),
        (None, None) => return None,
    };
    Some(PageAddress { url: url.into(), name: name.map(Into::into) })
}

/// The address of this machine on the way of the default route: that of the interface which other machines reach.
fn ours(listen: IpAddr) -> Option<IpAddr> {
    // Addresses of documentation (RFC 5737, RFC 3849): connecting a datagram socket only chooses a route, nothing is
    // sent.
    let from = |any: IpAddr, far: IpAddr| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((far, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
    };
    let old = from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    old.or_else(|| {
        let far = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
        from(Ipv6Addr::UNSPECIFIED.into(), far.into()).filter(|_| listen.is_ipv6())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(listen: &str, names: &[&str]) -> Option<(String, Option<String>)> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let address = of(listen.parse().unwrap(), &names)?;
        Some((address.url.to_string(), address.name.map(|name| name.to_string())))
    }

    #[test]
    fn a_page_for_this_machine_alone_has_no_address_for_phones() {
        assert_eq!(told("127.0.0.1:8740", &["moodbox.local"]), None);
        assert_eq!(told("[::1]:8740", &[]), None);
    }

    #[test]
    fn an_address_that_was_chosen_is_told_as_it_is_and_the_name_beside_it() {
        let one = told("192.168.1.23:8740", &["kitchen.local"]).unwrap();
        assert_eq!(one, ("http://192.168.1.23:8740/".into(), Some("kitchen.local:8740".into())));
        let six = told("[fd00::5]:80", &[]).unwrap();
        assert_eq!(six, ("http://[fd00::5]:80/".into(), None));
        // On every network: whatever this machine has, its name at least.
        let (url, _) = told("0.0.0.0:8740", &["kitchen.local"]).unwrap();
        assert!(url.starts_with("http://") && !url.contains("0.0.0.0"), "{url}");
    }
}
