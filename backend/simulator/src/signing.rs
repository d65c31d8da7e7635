//! The carrier's request signature, written from the protocol document and on purpose not shared with the product:
//! two independent implementations that agree are a better test than one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use url::Url;

/// Form parameters in the order they are sent.
pub(crate) type Params = Vec<(String, String)>;

fn hmac_base64(token: &str, message: &str) -> String {
    // HMAC takes keys of any length, so this cannot fail; an empty signature would be refused anyway.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.as_bytes()) else {
        return String::new();
    };
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Signs a form POST: the URL, then every distinct name and value in byte order.
pub(crate) fn sign_form(token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut pairs: Vec<(&str, &str)> = params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut message = url.to_owned();
    for (name, value) in pairs {
        message.push_str(name);
        message.push_str(value);
    }
    hmac_base64(token, &message)
}

/// Signs a GET webhook or a WebSocket upgrade: the URL alone.
pub(crate) fn sign_url(token: &str, url: &str) -> String {
    hmac_base64(token, url)
}

/// The address with its port written out, also where it is the usual one.
pub(crate) fn with_port(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else {
        return url.to_owned();
    };
    let (Some(host), Some(port), None) = (parsed.host_str(), parsed.port_or_known_default(), parsed.port())
    else {
        return url.to_owned();
    };
    let both = format!("{host}:{port}");
    if url.contains(&both) {
        url.to_owned()
    } else {
        url.replacen(host, &both, 1)
    }
}

/// How a WebSocket address is written before it is signed; the real carrier is not consistent here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SocketForm {
    pub(crate) trailing_slash: bool,
    pub(crate) with_port: bool,
    pub(crate) fold_query: bool,
}

/// Signs a WebSocket upgrade in one of the forms seen in the field.
pub(crate) fn sign_socket(token: &str, url: &str, form: SocketForm) -> String {
    let Ok(parsed) = Url::parse(url) else {
        return sign_url(token, url);
    };
    let (base, query) = url
        .split_once('?')
        .map_or((url, None), |(base, query)| (base, Some(query)));
    let mut base = base.to_owned();
    if form.with_port {
        base = with_port(&base);
    }
    if form.trailing_slash && !base.ends_with('/') {
        base.push('/');
    }
    match query {
        Some(_) if form.fold_query => {
            let params: Params = parsed.query_pairs().into_owned().collect();
            sign_form(token, &base, &params)
        }
        Some(query) => sign_url(token, &format!("{base}?{query}")),
        None => sign_url(token, &base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn form_with_query_and_empty_value() {
        let form = params(&[
            ("AccountSid", &format!("AC{}", "1".repeat(32))),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", &format!("CA{}", "2".repeat(32))),
            ("CallStatus", "ringing"),
            ("Called", "+15550100001"),
            ("Caller", "+15550100002"),
            ("CallerZip", ""),
            ("Direction", "inbound"),
            ("From", "+15550100002"),
            ("To", "+15550100001"),
        ]);
        let url = "https://voice.phony.example/twilio/voice?tenant=t_42&lang=en";
        assert_eq!(sign_form(TOKEN, url, &form), "1ejF1bMZo131SZkbkAdm2Hzndfo=");
        let ported = "https://voice.phony.example:443/twilio/voice?tenant=t_42&lang=en";
        assert_eq!(sign_form(TOKEN, ported, &form), "ZwIaNQYj6n6j7uAtDBbfDKcjabc=");
        assert_eq!(with_port(url), ported);
    }

    #[test]
    fn repeated_unicode_and_mixed_case_parameters() {
        let raw = "SpeechResult=%C2%BFD%C3%B3nde+est%C3%A1+mi+pedido%3F+%E6%B3%A8%E6%96%87+%F0%9F%99%82\
                   &CallSid=CA33333333333333333333333333333333&Tag=beta&Tag=alpha&Tag=beta\
                   &callerName=Zo%C3%AB+O%E2%80%99Brien&Confidence=0.9321&_meta=x+y%2Bz";
        let form: Params = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        let url = "https://voice.phony.example/twilio/gather";
        assert_eq!(sign_form(TOKEN, url, &form), "kz9QmdKFWvHzjOV45IEERFNpDZs=");
    }

    #[test]
    fn get_and_body_hash_sign_the_url_alone() {
        let get = "https://voice.phony.example/twilio/voice?CallSid=CA22222222222222222222222222222222\
                   &From=%2B15550100002&To=%2B15550100001";
        assert_eq!(sign_url(TOKEN, get), "nhxg2s9V6mdGy7nZE0Uc+dfvIaA=");
        let json = "https://voice.phony.example/twilio/events?bodySHA256=\
                    b269a4e69d3e84a6b4c29f3d658300641ead61277ee0991372b40fe60d945a2a";
        assert_eq!(sign_url(TOKEN, json), "tR00DIL5xy5E/qsWqEvcItuE2Sg=");
    }

    #[test]
    fn sockets_in_every_form() {
        let plain = SocketForm::default();
        let slash = SocketForm {
            trailing_slash: true,
            ..plain
        };
        let fold = SocketForm {
            fold_query: true,
            ..plain
        };
        let url = "wss://voice.phony.example/ws/media";
        assert_eq!(sign_socket(TOKEN, url, plain), "NM94EewRFQ0vL72WVRphwxh8V7Q=");
        assert_eq!(sign_socket(TOKEN, url, slash), "HvZDsTNqBfu2jqQPGUaJ1kvk/lU=");
        let bare = "wss://voice.phony.example";
        assert_eq!(sign_socket(TOKEN, bare, plain), "A5n56O2VJIMqRWkbKeaIVAShGwI=");
        assert_eq!(sign_socket(TOKEN, bare, slash), "u0uujko1X/Ic/nqEB3vavT85cUg=");
        let query = "wss://voice.phony.example/ws/relay?token=abc123&foo=bar";
        assert_eq!(sign_socket(TOKEN, query, fold), "PIrWN4DCs7OkhU2JQhKRhgltfAE=");
        assert_eq!(sign_socket(TOKEN, query, plain), "Eh3i2c13NWSiq/h3LQedebHDk1s=");
    }
}
