//! The carrier's signatures, written from the protocol document and on purpose not shared with the product.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Signs a form POST: the address, then every name and value in byte order. Without parameters it is what signs the
/// upgrade of a WebSocket.
pub(crate) fn sign(token: &str, url: &str, parameters: &[(&str, &str)]) -> String {
    let mut pairs = parameters.to_vec();
    pairs.sort_unstable();
    let mut message = url.to_owned();
    for (name, value) in pairs {
        message.push_str(name);
        message.push_str(value);
    }
    // HMAC takes keys of any length, so this cannot fail; an empty signature would be refused anyway.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.as_bytes()) else {
        return String::new();
    };
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Parameters as a form.
pub(crate) fn form(parameters: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in parameters {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_protocol_document() {
        let token = "0123456789abcdef0123456789abcdef";
        let account = format!("AC{}", "1".repeat(32));
        let call = format!("CA{}", "2".repeat(32));
        let parameters = [
            ("To", "+15550100001"),
            ("AccountSid", account.as_str()),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", call.as_str()),
            ("CallStatus", "ringing"),
            ("Called", "+15550100001"),
            ("Caller", "+15550100002"),
            ("CallerZip", ""),
            ("Direction", "inbound"),
            ("From", "+15550100002"),
        ];
        let url = "https://voice.phony.example/twilio/voice?tenant=t_42&lang=en";
        assert_eq!(sign(token, url, &parameters), "1ejF1bMZo131SZkbkAdm2Hzndfo=");
        let socket = "wss://voice.phony.example/ws/media";
        assert_eq!(sign(token, socket, &[]), "NM94EewRFQ0vL72WVRphwxh8V7Q=");
        assert_eq!(form(&[("From", "+1 5"), ("b", "")]), "From=%2B1%205&b=");
    }
}
