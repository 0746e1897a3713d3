//! W0: What the relying party is called, where its pages are, and what it asks of authenticators.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::error::{ConfigFault, WebauthnError};
use crate::approval::keyfmt::CoseAlgorithms;
use crate::hash::sha256;

/// Bytes of a native app's origin at most.
const MAX_NATIVE: usize = 512;

/// Whether an assertion may be made in a frame whose page is of another origin.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CrossOrigin {
    /// No.
    #[default]
    Deny,
    /// Yes; where the browser names the page's origin, it must be one of [`Settings::top_origins`].
    Allow,
}

/// Which credentials may be used, by whether their keys travel.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum BackupRule {
    /// All.
    #[default]
    Any,
    /// None that could be backed up (BE set): keys that stay in one authenticator, as far as it tells.
    ForbidEligible,
    /// None that is backed up now (BS set).
    ForbidBackedUp,
}

/// What a signature counter that does not rise means.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CounterRule {
    /// The assertion is refused. So is an honest one that is behind a later one of the same key: where the answers of a key with a
    /// counter wait for others and are accepted in another order than they were given, their user is asked again.
    #[default]
    Strict,
    /// It is accepted, and [`Verified::counter_signal`](super::Verified::counter_signal) says so.
    Signal,
    /// Nothing.
    Ignore,
}

/// What a [`WebauthnConfig`] is made from. All of it comes from the application's own configuration, and nothing from a request.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// RP IDs: host names in lower case, as ASCII.
    pub rp_ids: Vec<String>,
    /// Origins of pages, as browsers write them: `https://host` or `https://host:port`, each at or below an RP ID.
    pub origins: Vec<String>,
    /// Origins of pages under none of the RP IDs, which the RP lists at its `/.well-known/webauthn`.
    pub related_origins: Vec<String>,
    /// Origins of native apps, such as `android:apk-key-hash:..`.
    pub native_origins: Vec<String>,
    /// Origins of pages around frames.
    pub top_origins: Vec<String>,
    /// Frames of other origins.
    pub cross_origin: CrossOrigin,
    /// Whether the authenticator must verify the user.
    pub require_uv: bool,
    /// Backup of credentials.
    pub backup: BackupRule,
    /// Signature counters.
    pub counter: CounterRule,
    /// Whether origins may be `http://localhost` and below, for development.
    pub http_localhost: bool,
    /// N7: Whether attestations that this crate does not verify are taken, as if there were none.
    pub accept_unverified: bool,
    /// K1: What a new credential's key may call its algorithm.
    pub algorithms: CoseAlgorithms,
}

impl Settings {
    /// These RP IDs and origins, and the strictest of everything else but backup, which is free.
    #[must_use]
    pub fn new(rp_ids: &[&str], origins: &[&str]) -> Self {
        let strings = |list: &[&str]| list.iter().copied().map(String::from).collect();
        Self {
            rp_ids: strings(rp_ids),
            origins: strings(origins),
            related_origins: Vec::new(),
            native_origins: Vec::new(),
            top_origins: Vec::new(),
            cross_origin: CrossOrigin::Deny,
            require_uv: true,
            backup: BackupRule::Any,
            counter: CounterRule::Strict,
            http_localhost: false,
            accept_unverified: false,
            algorithms: CoseAlgorithms::Es256,
        }
    }
}

/// A configuration that passed W0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebauthnConfig {
    /// By the SHA-256.
    rp_ids: BTreeMap<[u8; 32], String>,
    origins: BTreeSet<String>,
    top_origins: BTreeSet<String>,
    pub(super) cross_origin: CrossOrigin,
    pub(super) require_uv: bool,
    pub(super) backup: BackupRule,
    pub(super) counter: CounterRule,
    pub(super) accept_unverified: bool,
    pub(super) algorithms: CoseAlgorithms,
}

impl WebauthnConfig {
    /// W0: Checks the settings.
    ///
    /// # Errors
    /// [`WebauthnError::BadConfig`].
    pub fn new(settings: Settings) -> Result<Self, WebauthnError> {
        settings.check().map_err(WebauthnError::BadConfig)?;
        let Settings { rp_ids, mut origins, related_origins, native_origins, top_origins, .. } = settings;
        origins.extend(related_origins);
        origins.extend(native_origins);
        Ok(Self {
            rp_ids: rp_ids.into_iter().map(|id| (sha256(id.as_bytes()), id)).collect(),
            origins: origins.into_iter().collect(),
            top_origins: top_origins.into_iter().collect(),
            cross_origin: settings.cross_origin,
            require_uv: settings.require_uv,
            backup: settings.backup,
            counter: settings.counter,
            accept_unverified: settings.accept_unverified,
            algorithms: settings.algorithms,
        })
    }

    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }

    pub(super) fn has_top_origin(&self, origin: &str) -> bool {
        self.top_origins.contains(origin)
    }

    /// The RP ID with this SHA-256.
    pub(super) fn rp_id(&self, hash: &[u8; 32]) -> Option<&str> {
        self.rp_ids.get(hash).map(String::as_str)
    }
}

impl Settings {
    fn check(&self) -> Result<(), ConfigFault> {
        // [W0]
        if self.rp_ids.is_empty() || self.origins.is_empty() && self.native_origins.is_empty() {
            return Err(ConfigFault::Empty);
        }
        if !self.rp_ids.iter().all(|id| is_host(id)) {
            return Err(ConfigFault::RpId);
        }
        for origin in &self.origins {
            let host = self.host_of(origin).ok_or(ConfigFault::Origin)?;
            if !self.rp_ids.iter().any(|id| is_at_or_below(host, id)) {
                return Err(ConfigFault::ForeignOrigin);
            }
        }
        for origin in self.related_origins.iter().chain(&self.top_origins) {
            self.host_of(origin).ok_or(ConfigFault::Origin)?;
        }
        if !self.native_origins.iter().all(|origin| is_native(origin)) {
            return Err(ConfigFault::NativeOrigin);
        }
        Ok(())
    }

    /// The host of an origin in the form in which the URL standard serialises one.
    fn host_of<'a>(&self, origin: &'a str) -> Option<&'a str> {
        let (rest, plain) = match origin.strip_prefix("https://") {
            Some(rest) => (rest, false),
            None => (origin.strip_prefix("http://").filter(|_| self.http_localhost)?, true),
        };
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        };
        let default = if plain { 80 } else { 443 };
        let port_is_written_as_browsers_do = port.is_none_or(|text| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            digits && text.parse::<u16>().is_ok_and(|port| port != default)
        });
        let secure = !plain || is_at_or_below(host, "localhost");
        (port_is_written_as_browsers_do && secure && is_host(host)).then_some(host)
    }
}

/// Whether this is a host name (RFC 1123 section 2.1) in lower case, and no IP address.
pub(super) fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        let letters = label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    let numeric = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    name.len() <= 253 && name.split('.').all(label) && !name.rsplit('.').next().is_some_and(numeric)
}

fn is_at_or_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|left| left.is_empty() || left.ends_with('.'))
}

/// A plain string that no browser gives as the origin of a page. `null` is the origin of pages without one.
fn is_native(origin: &str) -> bool {
    let web = ["http:", "https:"].iter().any(|scheme| origin.starts_with(scheme));
    let printable = origin.bytes().all(|byte| byte.is_ascii_graphic());
    (1..=MAX_NATIVE).contains(&origin.len()) && printable && !web && origin != "null"
}
