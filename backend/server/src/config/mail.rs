//! How mails leave: `SMTP_URL` and `MAIL_FROM`.

use phony_worker::mail::is_sender;
use secrecy::SecretString;
use url::Url;

use super::{Reader, is_loopback};

/// Whom mails are from where none leaves this machine.
const LOCAL_SENDER: &str = "Phony <phony@localhost>";

/// Both are needed as soon as others reach us: without them nobody could be invited or get a new password. An
/// address of this machine is development, where mails may go to the log.
pub(super) fn read(reader: &mut Reader<'_>, public_url: &Url) -> (Option<SecretString>, String) {
    let needed = public_url.scheme() == "https" && !is_loopback(public_url);
    let url = reader.get("SMTP_URL").map(str::to_owned);
    let from = reader.get("MAIL_FROM").map(str::to_owned);
    if needed && url.is_none() {
        let what = "the mail server, such as smtps://user:password@mail.example.com";
        reader.faults.push(format!("SMTP_URL is missing: {what}"));
    }
    if needed && from.is_none() {
        let what = "whom mails are from, such as Phony <phony@example.com>";
        reader.faults.push(format!("MAIL_FROM is missing: {what}"));
    }
    if let Some(text) = &url {
        check_url(reader, text);
    }
    if from.as_deref().is_some_and(|text| !is_sender(text)) {
        reader
            .faults
            .push("MAIL_FROM must be an address, such as Phony <phony@example.com>".to_owned());
    }
    (
        url.map(Into::into),
        from.unwrap_or_else(|| LOCAL_SENDER.to_owned()),
    )
}

/// In the clear only on this machine: links that let people in go through it.
fn check_url(reader: &mut Reader<'_>, text: &str) {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "smtp" | "smtps") && url.host_str().is_some());
    let Some(url) = url else {
        reader
            .faults
            .push("SMTP_URL must be a URL that begins with smtps or smtp".to_owned());
        return;
    };
    let sealed = url.scheme() == "smtps" || url.query() == Some("tls=required");
    if !sealed && !is_loopback(&url) {
        reader.faults.push(
            "SMTP_URL must be smtps, or smtp with ?tls=required, unless it is a loopback address".to_owned(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::good;
    use super::super::{Config, Variables};

    fn faults(settings: &[(&str, &str)]) -> Vec<String> {
        let mut variables: Variables = good();
        for (name, value) in settings {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        match Config::read(&variables) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.0,
        }
    }

    #[test]
    fn without_a_mail_server_nothing_starts_that_others_reach() {
        let public = ("PUBLIC_URL", "https://phony.example");
        let server = ("SMTP_URL", "smtps://user:hidden@mail.example");
        let from = ("MAIL_FROM", "Phony <phony@phony.example>");
        assert!(faults(&[]).is_empty(), "mails go to the log on this machine");
        let missing = faults(&[public]);
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(
            missing[0].starts_with("SMTP_URL") && missing[1].starts_with("MAIL_FROM"),
            "{missing:?}"
        );
        assert!(faults(&[public, server, from]).is_empty());
    }

    #[test]
    fn a_mail_server_elsewhere_is_reached_under_seal() {
        for good in [
            "smtp://127.0.0.1:2525",
            "smtp://localhost:25",
            "smtps://mail.example",
            "smtp://user:hidden@mail.example:587?tls=required",
        ] {
            assert!(faults(&[("SMTP_URL", good)]).is_empty(), "{good}");
        }
        for bad in [
            "mail.example",
            "http://mail.example",
            "smtp://mail.example",
            "smtp://user:hidden@mail.example?tls=opportunistic",
        ] {
            let faults = faults(&[("SMTP_URL", bad)]);
            assert_eq!(faults.len(), 1, "{bad}: {faults:?}");
            assert!(!faults[0].contains("hidden"));
        }
        assert_eq!(faults(&[("MAIL_FROM", "phony")]).len(), 1);
    }
}
