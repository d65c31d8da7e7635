//! Which connections may go beyond this machine in the clear. A network of one's own is reason enough, so that is told
//! and not refused.

use url::Url;

use super::reader::{Reader, is_loopback};

/// Addresses of servers that get our credentials.
const NAMES: [&str; 6] = [
    "DATABASE_URL",
    "DATABASE_WORKER_URL",
    "DATABASE_READONLY_URL",
    "REDIS_URL",
    "TWILIO_API_URL",
    "OPENAI_BASE_URL",
];
/// What does not fall back to the clear; `disable` is somebody's decision.
const DECIDED: [&str; 4] = ["require", "verify-ca", "verify-full", "disable"];

/// The variables whose servers elsewhere are reached in the clear, or may be.
pub(super) fn in_the_clear(reader: &Reader<'_>) -> Vec<&'static str> {
    let open = |name: &&str| reader.get(name).is_some_and(may_be_read);
    NAMES.into_iter().filter(open).collect()
}

/// What is no address is told by others.
fn may_be_read(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let socket =
        |host: &str| host.is_empty() || host.starts_with('/') || host.to_lowercase().starts_with("%2f");
    let asked = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    if is_loopback(&url) || url.host_str().is_none_or(socket) {
        return false;
    }
    match url.scheme() {
        "postgres" | "postgresql" => {
            !asked("host").is_some_and(|host| socket(&host))
                && !asked("sslmode").is_some_and(|mode| DECIDED.contains(&mode.as_str()))
        }
        "redis" | "http" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::super::tests::good;

    #[test]
    fn connections_that_may_be_in_the_clear_are_told() {
        for (name, url, told) in [
            (
                "DATABASE_URL",
                "postgres://phony_app@db.example/phony?sslmode=verify-full",
                false,
            ),
            (
                "DATABASE_URL",
                "postgres://phony_app@postgres:5432/phony?sslmode=disable",
                false,
            ),
            ("DATABASE_URL", "postgres://phony_app@127.0.0.1/phony", false),
            (
                "DATABASE_URL",
                "postgres://phony_app@%2Frun%2Fpostgres/phony",
                false,
            ),
            ("DATABASE_URL", "postgres:///phony?host=/run/postgres", false),
            ("DATABASE_URL", "postgres://phony_app@db.example/phony", true),
            (
                "DATABASE_READONLY_URL",
                "postgres://db.example/phony?sslmode=prefer",
                true,
            ),
            ("REDIS_URL", "redis://redis:6379/0", true),
            ("REDIS_URL", "redis://localhost", false),
            ("OPENAI_BASE_URL", "http://models.internal/v1", true),
            ("OPENAI_BASE_URL", "https://provider.example/v1", false),
            ("TWILIO_API_URL", "http://127.0.0.1:24188", false),
        ] {
            let mut variables = good();
            variables.insert(name.to_owned(), url.to_owned());
            let config = Config::read(&variables).unwrap();
            assert_eq!(config.in_the_clear.contains(&name), told, "{name}={url}");
            assert_eq!(config.in_the_clear.len(), usize::from(told), "{name}={url}");
        }
    }
}
