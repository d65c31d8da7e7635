//! Reading what servers really send: nulls where a value belongs, whole numbers written with a point.

use serde::de::{Deserialize, Deserializer, Error as _, Unexpected};

/// The value, or its default for null.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A count or a time: never negative, cut to whole, null is none.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else {
        return Ok(0);
    };
    if let Some(number) = number.as_u64() {
        return Ok(number);
    }
    let number = number
        .as_f64()
        .ok_or_else(|| D::Error::invalid_value(Unexpected::Other("number"), &"a number"))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and a negative count is none"
    )]
    Ok(number as u64)
}
