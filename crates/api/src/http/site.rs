//! Where the server is reached, and who reaches it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{FORWARDED, HeaderName, ORIGIN, USER_AGENT};
use ipnet::IpNet;
use url::Url;

use crate::error::Error;
use crate::store::sessions::Client;

const COOKIE: &str = "ringback_refresh";
const COOKIE_PATH: &str = "/api/v1/session";

/// Browsers take a cookie of this name only over TLS and from the host itself, not
/// from its neighbours in the same domain.
const HOST_COOKIE: &str = "__Host-ringback_refresh";

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How the server is seen from outside.
#[derive(Clone, Debug)]
pub struct Site {
    /// The origin of the page; `None` unless a public URL was given.
    origin: Option<String>,
    /// Whether cookies are marked `Secure`.
    secure_cookies: bool,
    /// Whether the public URL is https.
    pub is_https: bool,
    /// Proxies whose word on the client's address is taken.
    trusted_proxies: Vec<IpNet>,
}

impl Site {
    /// A site at a public URL. Without one, browsers are believed to see the host
    /// that requests name, and cookies are `Secure` unless the server listens on
    /// loopback.
    pub fn new(public_url: Option<&Url>, listen: SocketAddr, trusted_proxies: Vec<IpNet>) -> Self {
        let is_https = public_url.is_some_and(|url| url.scheme() == "https");
        Self {
            origin: public_url.map(|url| url.origin().ascii_serialization()),
            secure_cookies: public_url.map_or(!listen.ip().is_loopback(), |_| is_https),
            is_https,
            trusted_proxies,
        }
    }

    /// Checks that a request comes from our own page: one that changes something
    /// on the strength of a cookie must, and browsers say where it comes from.
    ///
    /// # Errors
    /// [`Error::CrossSite`] if it comes from elsewhere, or carries the cookie and does not say.
    pub fn check_origin(&self, request: &HttpRequest) -> Result<(), Error> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        match header("sec-fetch-site") {
            Some("same-origin" | "none") => return Ok(()),
            Some(_) => return Err(Error::CrossSite),
            None => {}
        }
        let is_ours = match (header(ORIGIN.as_str()), &self.origin) {
            (None, _) => self.refresh_token(request).is_none(),
            (Some(origin), Some(ours)) => origin == ours,
            (Some(origin), None) => {
                header("host").is_none_or(|host| origin.split("://").nth(1) == Some(host))
            }
        };
        if is_ours { Ok(()) } else { Err(Error::CrossSite) }
    }

    /// The refresh cookie; one without a lifetime removes it.
    pub fn refresh_cookie(&self, value: String, max_age: Duration) -> Cookie<'static> {
        Cookie::build(self.cookie_name(), value)
            .path(if self.is_https { "/" } else { COOKIE_PATH })
            .http_only(true)
            .secure(self.secure_cookies)
            .same_site(SameSite::Strict)
            .max_age(max_age)
            .finish()
    }

    /// The refresh token that a request carries.
    pub fn refresh_token(&self, request: &HttpRequest) -> Option<String> {
        request.cookie(self.cookie_name()).map(|cookie| cookie.value().to_owned())
    }

    const fn cookie_name(&self) -> &'static str {
        if self.is_https { HOST_COOKIE } else { COOKIE }
    }

    /// Where a session is used.
    pub fn client(&self, request: &HttpRequest) -> Client {
        let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        Client {
            address: self.client_address(request).to_string(),
            program: program(agent.unwrap_or_default()),
        }
    }

    /// The address of the client: the last one on the way here that is not a
    /// trusted proxy's.
    pub fn client_address(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.ip().to_canonical());
        let last_untrusted = |name: &HeaderName, address: fn(&str) -> Option<IpAddr>| {
            let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
            let entries: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
            if entries.is_empty() {
                return None;
            }
            let mut last = peer;
            for entry in entries.into_iter().rev() {
                match address(entry) {
                    Some(before) if self.is_trusted(last) => last = before,
                    _ => break,
                }
            }
            Some(last)
        };
        match (last_untrusted(&FORWARDED_FOR, parse_address), last_untrusted(&FORWARDED, parse_forwarded)) {
            (Some(address), None) | (None, Some(address)) => address,
            // A proxy writes one of them and hands on the other as the client made it up.
            (Some(one), Some(other)) if one == other => one,
            _ => peer,
        }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

/// Most characters of a program that is not known.
const MAX_PROGRAM_CHARS: usize = 40;

/// Browsers by a word of theirs. Most name others too, so the order matters.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems by a word of theirs.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The name and the system of a browser; the beginning of another agent's text.
fn program(agent: &str) -> String {
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
    };
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.is_empty() => "–".to_owned(),
        (None, _) => agent.chars().take(MAX_PROGRAM_CHARS).collect(),
    }
}

/// An address with or without a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// The `for` of one element of `Forwarded` (RFC 7239).
fn parse_forwarded(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| parse_address(value))?
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn programs_are_named_by_browser_and_system() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
             Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
        let names = [firefox, edge, phone, "curl/8.5.0", ""].map(program);
        assert_eq!(names, ["Firefox, Linux", "Edge, Windows", "Safari, iOS", "curl/8.5.0", "–"]);
        assert_eq!(program(&"x".repeat(1_000)).chars().count(), MAX_PROGRAM_CHARS);
    }

    fn seen(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let proxies = ["10.0.0.0/8", "2001:db8:ff::/48"].map(|network| network.parse().unwrap());
        let site = Site::new(None, "127.0.0.1:0".parse().unwrap(), proxies.to_vec());
        let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
        for header in headers {
            request = request.append_header(*header);
        }
        site.client_address(&request.to_http_request()).to_string()
    }

    #[test]
    fn only_trusted_proxies_say_who_the_client_is() {
        let made_up = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
        assert_eq!(seen("198.51.100.7:1", &made_up), "198.51.100.7");
        assert_eq!(seen("10.0.0.1:1", &[]), "10.0.0.1");
        assert_eq!(seen("[::ffff:10.0.0.1]:1", &[("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        let chain = [("x-forwarded-for", "192.0.2.66, 192.0.2.1:4711"), ("x-forwarded-for", "10.2.0.1")];
        assert_eq!(seen("10.0.0.1:1", &chain), "192.0.2.1");
        let chain = r#"for=192.0.2.66, For="[2001:db8::1]:4711";proto=https, for="[2001:db8:ff::1]""#;
        assert_eq!(seen("10.0.0.1:1", &[("forwarded", chain)]), "2001:db8::1");
        assert_eq!(seen("10.0.0.1:1", &[("x-forwarded-for", "192.0.2.66, unknown")]), "10.0.0.1");
    }

    #[test]
    fn two_headers_that_disagree_are_not_believed() {
        let headers = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2")];
        assert_eq!(seen("10.0.0.1:1", &headers), "10.0.0.1");
        let headers = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
        assert_eq!(seen("10.0.0.1:1", &headers), "192.0.2.1");
    }
}
