//! Numbers that can be bought.

use actix_web::{HttpResponse, get, web};
use serde_json::{Value, json};

use super::inventory::{self, ForSale};
use super::{Asked, RestError};

#[get("/Accounts/{account}/AvailablePhoneNumbers/{country}/{kind}.json")]
pub(crate) async fn list(
    asked: Asked,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, RestError> {
    let (_, country, kind) = path.into_inner();
    if !inventory::is_sold(&country, &kind) {
        return Err(asked.not_found());
    }
    let query = asked.query();
    let size: usize = query
        .get("PageSize")
        .and_then(|n| n.parse().ok())
        .unwrap_or(50)
        .clamp(1, 1_000);
    let pattern = match query.get("Contains") {
        Some(text) if !(2..=16).contains(&text.chars().count()) => {
            return Err(RestError::bad(21631, "Contains needs 2 to 16 characters"));
        }
        other => other.map(str::to_owned),
    };
    let wants = |name: &str| {
        query
            .get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    let (wants_mms, wants_fax) = (wants("MmsEnabled"), wants("FaxEnabled"));
    let fits = |sale: &ForSale| {
        let view = sale.view();
        let is = |name: &str, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| {
                view[name]
                    .as_str()
                    .is_some_and(|v| v.eq_ignore_ascii_case(wanted))
            })
        };
        query.get("AreaCode").is_none_or(|code| sale.area_code() == code)
            && pattern
                .as_deref()
                .is_none_or(|pattern| contains(&sale.number, pattern))
            && is("region", query.get("InRegion"))
            && is("locality", query.get("InLocality"))
            && is("postal_code", query.get("InPostalCode"))
            && (!wants_mms || sale.capabilities()["mms"] == true)
            && !wants_fax
    };
    let found: Vec<Value> = {
        let store = asked.world.store.lock();
        let taken = |sale: &ForSale| store.numbers.iter().any(|n| n.phone_number == sale.number);
        inventory::numbers(&country, &kind, asked.world.config.seed)
            .filter(|sale| fits(sale) && !taken(sale))
            .take(size)
            .map(|sale| sale.view())
            .collect()
    };
    Ok(HttpResponse::Ok().json(json!({"available_phone_numbers": found, "uri": asked.path()})))
}

/// The carrier's pattern language: letters stand for the digits on their keys, `*` for one digit, `%` for any run,
/// `+` in front for the beginning and `$` behind for the end.
fn contains(number: &str, pattern: &str) -> bool {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let anchored_start = pattern.starts_with('+');
    let anchored_end = pattern.ends_with('$');
    let wanted: Vec<char> = pattern.chars().filter_map(keypad).collect();
    let starts = if anchored_start { 0..=0 } else { 0..=digits.len() };
    starts
        .into_iter()
        .any(|from| matches(&digits[from..], &wanted, anchored_end))
}

fn keypad(c: char) -> Option<char> {
    match c.to_ascii_lowercase() {
        c @ ('0'..='9' | '*' | '%') => Some(c),
        c @ 'a'..='z' => {
            let keys = ["abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];
            let at = keys.iter().position(|letters| letters.contains(c))?;
            char::from_digit(u32::try_from(at).ok()? + 2, 10)
        }
        _ => None,
    }
}

fn matches(digits: &[char], wanted: &[char], to_the_end: bool) -> bool {
    match wanted.split_first() {
        None => !to_the_end || digits.is_empty(),
        Some(('%', rest)) => (0..=digits.len()).any(|skip| matches(&digits[skip..], rest, to_the_end)),
        Some((c, rest)) => match digits.split_first() {
            Some((digit, after)) if *c == '*' || c == digit => matches(after, rest, to_the_end),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let number = "+14155550123";
        for yes in [
            "4155", "+1415", "0123$", "555*123", "1%0123", "+1%3$", "GO$", "41",
        ] {
            let holds = yes != "GO$";
            assert_eq!(contains(number, yes), holds, "{yes}");
        }
        assert!(contains("+14155550146", "GO$"));
        assert!(!contains(number, "+415"));
        assert!(!contains(number, "999"));
    }
}
