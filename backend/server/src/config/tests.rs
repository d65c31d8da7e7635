//! What is taken and what is refused.

use super::*;

pub(super) fn good() -> Variables {
    [
        ("DATABASE_URL", "postgres://phony_app@localhost/phony"),
        ("DATABASE_WORKER_URL", "postgres://phony_worker@localhost/phony"),
        ("REDIS_URL", "redis://localhost"),
        ("PHONY_MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000000"),
        ("TWILIO_AUTH_TOKEN", "hidden-token"),
        ("OPENAI_API_KEY", "hidden-key"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[test]
fn the_documented_defaults_hold() {
    let config = Config::read(&good()).unwrap();
    assert_eq!(
        (config.bind.to_string().as_str(), config.port),
        ("0.0.0.0", 24187)
    );
    assert_eq!(config.trusted_proxies, TrustedProxies::default());
    assert_eq!(config.public_url.as_str(), "http://localhost:24187/");
    assert_eq!(config.twilio_api_url.as_str(), "https://api.twilio.com/");
    assert_eq!(config.recordings_url, "file:./recordings");
    assert_eq!((config.max_calls, config.drain_seconds), (1_000, 3_600));
    assert_eq!(
        config.openai_realtime_url.as_str(),
        "wss://api.openai.com/v1/realtime"
    );
    assert_eq!(config.openai_realtime_model, "gpt-realtime-2.1");
    assert_eq!(config.openai_voice, "marin");
}

#[test]
fn every_fault_is_told_at_once_and_no_secret_with_it() {
    let mut variables = good();
    variables.insert("PORT".to_owned(), "many".to_owned());
    variables.insert("PUBLIC_URL".to_owned(), "http://phony.example".to_owned());
    variables.insert("PHONY_MASTER_KEY".to_owned(), "c2VjcmV0".to_owned());
    variables.remove("REDIS_URL");
    let fault = Config::read(&variables).unwrap_err();
    let text = fault.to_string();
    assert_eq!(fault.0.len(), 4, "{text}");
    for name in ["PORT", "PUBLIC_URL", "PHONY_MASTER_KEY", "REDIS_URL"] {
        assert!(text.contains(name), "{text}");
    }
    assert!(!text.contains("c2VjcmV0"));
}

#[test]
fn a_configuration_does_not_show_its_secrets() {
    let shown = format!("{:?}", Config::read(&good()).unwrap());
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn values_that_would_break_the_start_or_the_run_are_refused() {
    for (name, value) in [
        ("PORT", "0"),
        ("WORKERS", "0"),
        ("WORKERS", "100000"),
        ("DATABASE_CONNECTIONS", "0"),
        ("BIND", "everywhere"),
        ("LOG_FORMAT", "jsno"),
        ("DRAIN_SECONDS", "-1"),
        ("MAX_CALLS", "0"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("OPENAI_REALTIME_URL", "https://api.openai.com/v1/realtime"),
        ("OPENAI_REALTIME_URL", "ws://models.example/v1/realtime"),
        ("OPENAI_REALTIME_URL", "wss://models.example/v1/realtime?model=x"),
        ("OPENAI_REALTIME_MODEL", "a model"),
        ("OPENAI_VOICE", "darth"),
    ] {
        let mut variables = good();
        variables.insert(name.to_owned(), value.to_owned());
        let fault = Config::read(&variables).unwrap_err();
        assert_eq!(fault.0.len(), 1, "{fault}");
        assert!(fault.0[0].starts_with(name), "{fault}");
    }
    let mut variables = good();
    variables.insert("BIND".to_owned(), "::".to_owned());
    let own = "ws://127.0.0.1:9000/v1/realtime";
    variables.insert("OPENAI_REALTIME_URL".to_owned(), own.to_owned());
    variables.insert("TRUSTED_PROXIES".to_owned(), "10.0.0.0/8, fd00::/8".to_owned());
    assert!(Config::read(&variables).unwrap().bind.is_ipv6());
}

#[test]
fn a_bare_host_means_https() {
    let mut variables = good();
    variables.insert("HOST".to_owned(), "phony.example".to_owned());
    variables.insert("SMTP_URL".to_owned(), "smtps://mail.example".to_owned());
    variables.insert("MAIL_FROM".to_owned(), "phony@phony.example".to_owned());
    assert_eq!(
        Config::read(&variables).unwrap().public_url.as_str(),
        "https://phony.example/"
    );
}

#[test]
fn a_token_for_figures_that_can_be_guessed_is_refused() {
    for (token, good) in [
        ("short", false),
        ("with a space in it 123", false),
        ("0123456789abcdef", true),
    ] {
        let mut variables = good_with("METRICS_TOKEN", token);
        variables.insert(
            "DATABASE_READONLY_URL".to_owned(),
            "postgres://phony_readonly@localhost/phony".to_owned(),
        );
        assert_eq!(Config::read(&variables).is_ok(), good, "{token}");
    }
}

fn good_with(name: &str, value: &str) -> Variables {
    let mut variables = good();
    variables.insert(name.to_owned(), value.to_owned());
    variables
}
