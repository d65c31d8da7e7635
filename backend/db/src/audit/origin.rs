//! Where somebody acts from: the address of the request that is served, which each entry of what they do carries.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::Value;

tokio::task_local! {
    static FROM: Option<IpAddr>;
}

/// Does `act` for somebody who asks from an address: entries that people and keys leave meanwhile say so. What is
/// spawned meanwhile does not know it.
pub async fn acting_from<F: Future>(from: Option<IpAddr>, act: F) -> F::Output {
    FROM.scope(from, act).await
}

/// The detail of an entry with the address it is written from, if a person or a key acts and it does not say already.
pub(super) fn with_address<'a>(actor: &str, detail: &'a Value) -> Cow<'a, Value> {
    let has_place = actor.starts_with("usr_") || actor.starts_with("key_");
    let from = FROM.try_with(|from| *from).ok().flatten();
    match (detail, from) {
        (Value::Object(fields), Some(from)) if has_place && !fields.contains_key("address") => {
            let mut fields = fields.clone();
            let _ = fields.insert("address".to_owned(), from.to_canonical().to_string().into());
            Cow::Owned(Value::Object(fields))
        }
        _ => Cow::Borrowed(detail),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn people_and_keys_act_from_somewhere_and_the_system_does_not() {
        let from = Some("::ffff:203.0.113.9".parse().unwrap());
        let told = json!({ "address": "198.51.100.7" });
        acting_from(from, async {
            let here = json!({ "address": "203.0.113.9", "to": "viewer" });
            assert_eq!(*with_address("usr_1", &json!({ "to": "viewer" })), here);
            assert_eq!(*with_address("key_1", &json!({ "to": "viewer" })), here);
            assert_eq!(*with_address("system", &json!({})), json!({}));
            assert_eq!(*with_address("usr_1", &told), told);
        })
        .await;
        assert_eq!(*with_address("usr_1", &json!({})), json!({}));
    }
}
