//! W0: what a configuration may be.

use quorate::approval::webauthn::{ConfigFault, Settings, WebauthnConfig, WebauthnError};

fn fault(settings: Settings) -> Option<ConfigFault> {
    match WebauthnConfig::new(settings) {
        Ok(_) => None,
        Err(WebauthnError::BadConfig(fault)) => Some(fault),
        Err(other) => panic!("{other}"),
    }
}

fn of(rp_id: &str, origin: &str) -> Option<ConfigFault> {
    fault(Settings::new(&[rp_id], &[origin]))
}

#[test]
fn w0_lists_must_not_be_empty() {
    assert_eq!(fault(Settings::new(&[], &["https://example.org"])), Some(ConfigFault::Empty));
    assert_eq!(fault(Settings::new(&["example.org"], &[])), Some(ConfigFault::Empty));
    let mut native = Settings::new(&["example.org"], &[]);
    native.native_origins = vec!["android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK_YBwk".into()];
    assert_eq!(fault(native), None);
    assert_eq!(WebauthnError::BadConfig(ConfigFault::Empty).code(), 5400);
}

#[test]
fn w0_an_rp_id_is_a_host_name_in_lower_case() {
    let long = format!("{}.org", vec!["a".repeat(61); 4].join("."));
    for good in ["localhost", "example.org", "a.b-c.example.org", "xn--bcher-kva.example", "3com.com", &long]
    {
        assert_eq!(of(good, &format!("https://{good}")), None, "{good}");
    }
    let too_long = format!("{}.orgs", vec!["a".repeat(62); 4].join("."));
    let label = format!("{}.org", "a".repeat(64));
    for bad in [
        "",
        ".",
        "Example.org",
        "example.org.",
        ".example.org",
        "a..b",
        "-a.org",
        "a-.org",
        "ex ample.org",
        "exämple.org",
        "127.0.0.1",
        "[::1]",
        "example.org:443",
        "https://example.org",
        "a_b.org",
        &too_long,
        &label,
    ] {
        assert_eq!(of(bad, "https://example.org"), Some(ConfigFault::RpId), "{bad}");
    }
}

#[test]
fn w0_an_origin_is_what_a_browser_writes() {
    for good in [
        "https://example.org",
        "https://a.b.example.org",
        "https://example.org:8443",
        "https://example.org:1",
    ] {
        assert_eq!(of("example.org", good), None, "{good}");
    }
    for bad in [
        "",
        "example.org",
        "https://",
        "https:example.org",
        "https://example.org/",
        "https://example.org/a",
        "https://Example.org",
        "HTTPS://example.org",
        "https://example.org:443",
        "https://example.org:",
        "https://example.org:0",
        "https://example.org:080",
        "https://example.org:65536",
        "https://example.org:+8",
        "https://a@example.org",
        "https://example.org:80:80",
        "https://*.example.org",
        "http://example.org",
        "http://localhost",
        "null",
        "https://example.org?",
        "https://example.org ",
        "wss://example.org",
    ] {
        assert_eq!(of("example.org", bad), Some(ConfigFault::Origin), "{bad}");
    }
}

#[test]
fn w0_an_origin_is_at_or_below_an_rp_id() {
    for bad in ["https://evil.org", "https://notexample.org", "https://example.org.evil.net", "https://org"] {
        assert_eq!(of("example.org", bad), Some(ConfigFault::ForeignOrigin), "{bad}");
    }
    assert_eq!(of("login.example.org", "https://example.org"), Some(ConfigFault::ForeignOrigin));
    let mut related = Settings::new(&["example.org"], &["https://example.org"]);
    related.related_origins = vec!["https://example.net".into()];
    assert_eq!(fault(related.clone()), None);
    related.related_origins.push("https://example.net/".into());
    assert_eq!(fault(related), Some(ConfigFault::Origin));
}

#[test]
fn w0_plain_http_is_for_localhost_alone_and_by_option() {
    let local = |origin: &str, allowed| {
        let mut settings = Settings::new(&["localhost", "example.org"], &[origin]);
        settings.http_localhost = allowed;
        fault(settings)
    };
    for good in ["http://localhost", "http://localhost:8080", "http://wallet.localhost:8080"] {
        assert_eq!(local(good, true), None, "{good}");
        assert_eq!(local(good, false), Some(ConfigFault::Origin), "{good}");
    }
    for bad in
        ["http://example.org", "http://notlocalhost", "http://localhost.example.org", "http://localhost:80"]
    {
        assert_eq!(local(bad, true), Some(ConfigFault::Origin), "{bad}");
    }
    assert_eq!(local("https://localhost:80", false), None);
}

#[test]
fn w0_native_origins_are_no_web_origins() {
    let native = |origin: &str| {
        let mut settings = Settings::new(&["example.org"], &["https://example.org"]);
        settings.native_origins = vec![origin.to_owned()];
        fault(settings)
    };
    for good in
        ["android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK_YBwk", "ios:bundle-id:org.example", &"a".repeat(512)]
    {
        assert_eq!(native(good), None, "{good}");
    }
    for bad in
        ["", "null", "https://evil.org", "http://evil.org", "https:evil", "a b", "a\n", "ä", &"a".repeat(513)]
    {
        assert_eq!(native(bad), Some(ConfigFault::NativeOrigin), "{bad}");
    }
}

#[test]
fn w0_top_origins_are_origins() {
    let mut settings = Settings::new(&["example.org"], &["https://example.org"]);
    settings.top_origins = vec!["https://portal.example".into()];
    assert_eq!(fault(settings.clone()), None);
    settings.top_origins.push("portal.example".into());
    assert_eq!(fault(settings), Some(ConfigFault::Origin));
}
