//! Signatures of the carrier's requests: a URL, a body and a header.

use phony_carriers::twilio::Form;
use phony_carriers::twilio::signature::{
    SharedKey, Validator, sign_body, sign_form, sign_url, sign_websocket_folded,
};
use secrecy::SecretString;

/// What was signed is accepted; nothing else is: neither a header that somebody made up, nor another key, nor one
/// letter more or less of the signature, the body or the address.
pub fn signature(data: &[u8]) {
    let [url, header, body] = super::fields(data);
    let (Some(url), Some(header)) = (super::text(url), super::text(header)) else {
        return;
    };
    if let Some(key) = SharedKey::read(header) {
        assert!(key.id.is_none_or(|id| id.len() <= header.len()));
    }
    let ours = SecretString::from("12345");
    let validator = Validator::new(ours.clone());
    let stranger = Validator::new(SecretString::from("12346"));
    for kind in [
        None,
        Some("application/x-www-form-urlencoded"),
        Some("application/json"),
    ] {
        assert!(!validator.webhook(header, url, kind, body));
    }
    assert!(!validator.websocket(header, url));

    // The address is our own with the path and the query of the request; a fragment is never sent.
    let is_ours = ["https://", "http://", "wss://", "ws://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if url.contains('#') || (url.contains("://") && !is_ours) {
        return;
    }
    let can_be_checked = is_ours;
    let signed = sign_form(&ours, url, body);
    assert_eq!(validator.form(&signed, url, body), can_be_checked);
    assert!(!stranger.form(&signed, url, body));
    assert!(!validator.form(&other(&signed), url, body));
    assert!(!validator.form(&signed[1..], url, body));
    assert!(!validator.form(&signed, &format!("{url}x"), body));
    if Form::parse(body).get("zz-more").is_none() {
        let more = [body, b"&zz-more=1"].concat();
        assert!(!validator.form(&signed, url, &more));
    }

    let signed = sign_url(&ours, url);
    assert_eq!(validator.get(&signed, url), can_be_checked);
    assert_eq!(validator.websocket(&signed, url), can_be_checked);
    assert!(!stranger.websocket(&signed, url));
    assert!(!validator.websocket(&other(&signed), url));
    let folded = sign_websocket_folded(&ours, url);
    assert_eq!(validator.websocket(&folded, url), can_be_checked);

    if can_be_checked && !url.contains("bodySHA256=") {
        let (url, signed) = sign_body(&ours, url, body);
        assert!(validator.body(&signed, &url, body));
        assert!(!validator.body(&signed, &url, &[body, b"x"].concat()));
        assert!(!validator.body(&other(&signed), &url, body));
    }
}

/// The signature with another first letter.
fn other(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &signature[1..])
}
