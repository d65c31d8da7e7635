//! Nothing goes beyond this machine in the clear by accident.

use url::Url;

use super::reader::{Reader, is_loopback};

/// The databases, as far as they are named.
const DATABASES: [&str; 3] = ["DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_READONLY_URL"];
/// Providers that get our credentials with every request.
const PROVIDERS: [&str; 2] = ["TWILIO_API_URL", "OPENAI_BASE_URL"];
/// What does not fall back to the clear; `disable` is somebody's decision.
const DECIDED: [&str; 4] = ["require", "verify-ca", "verify-full", "disable"];

/// Notes a fault for each address that would be reached in the clear although nobody said so.
pub(super) fn check(reader: &mut Reader<'_>) {
    for name in DATABASES {
        if reader.get(name).is_some_and(|url| !is_decided(url)) {
            reader.faults.push(format!(
                "{name} must say sslmode: verify-full, or disable in a network of your own"
            ));
        }
    }
    for name in PROVIDERS {
        let url = reader.get(name).and_then(|url| Url::parse(url).ok());
        if url.is_some_and(|url| url.scheme() == "http" && !is_loopback(&url)) {
            reader
                .faults
                .push(format!("{name} must be https unless it is a loopback address"));
        }
    }
}

/// Whether the address is on this machine, or says how it is reached. What is no address is told by others.
fn is_decided(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return true;
    };
    let socket =
        |host: &str| host.is_empty() || host.starts_with('/') || host.to_lowercase().starts_with("%2f");
    let asked = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    is_loopback(&url)
        || url.host_str().is_none_or(socket)
        || asked("host").is_some_and(|host| socket(&host))
        || asked("sslmode").is_some_and(|mode| DECIDED.contains(&mode.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::super::tests::good;

    fn faults(name: &str, value: &str) -> Vec<String> {
        let mut variables = good();
        variables.insert(name.to_owned(), value.to_owned());
        Config::read(&variables)
            .err()
            .map(|bad| bad.0)
            .unwrap_or_default()
    }

    #[test]
    fn a_database_elsewhere_is_not_reached_in_the_clear_by_accident() {
        for (url, good) in [
            ("postgres://phony_app@db.example/phony?sslmode=verify-full", true),
            ("postgres://phony_app@db.example/phony?sslmode=require", true),
            ("postgres://phony_app@postgres:5432/phony?sslmode=disable", true),
            ("postgres://phony_app@127.0.0.1/phony", true),
            ("postgres://phony_app@%2Frun%2Fpostgres/phony", true),
            ("postgres:///phony?host=/run/postgres", true),
            ("postgres://phony_app@db.example/phony", false),
            ("postgres://phony_app@db.example/phony?sslmode=prefer", false),
            ("postgres://phony_app@db.example/phony?sslmode=allow", false),
        ] {
            let told = faults("DATABASE_URL", url);
            assert_eq!(told.is_empty(), good, "{url}: {told:?}");
        }
        assert_eq!(
            faults("DATABASE_READONLY_URL", "postgres://db.example/phony").len(),
            1
        );
    }

    #[test]
    fn providers_elsewhere_are_reached_under_seal() {
        for name in ["TWILIO_API_URL", "OPENAI_BASE_URL"] {
            assert!(faults(name, "http://127.0.0.1:24188/v1").is_empty(), "{name}");
            assert!(faults(name, "https://provider.example/v1").is_empty(), "{name}");
            assert_eq!(faults(name, "http://provider.example/v1").len(), 1, "{name}");
        }
    }
}
