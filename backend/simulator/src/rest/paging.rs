//! List answers, page by page.

use actix_web::HttpRequest;
use serde_json::{Value, json};

use super::{Form, RestError};

/// Puts one page of `items` into the envelope. Each item must have a `sid`, from which page tokens are made.
pub(crate) fn page(request: &HttpRequest, key: &str, items: Vec<Value>) -> Result<Value, RestError> {
    page_by(request, key, "sid", items)
}

/// The same with page tokens made from another member.
pub(crate) fn page_by(
    request: &HttpRequest,
    key: &str,
    member: &str,
    items: Vec<Value>,
) -> Result<Value, RestError> {
    let query = Form::parse(request.query_string());
    let size: usize = query
        .get("PageSize")
        .and_then(|n| n.parse().ok())
        .unwrap_or(50)
        .clamp(1, 1_000);
    let number: usize = query.get("Page").and_then(|n| n.parse().ok()).unwrap_or(0);
    let start = match query.get("PageToken") {
        None if number == 0 => 0,
        None => return Err(RestError::bad(21481, "Invalid PageToken")),
        Some(token) => {
            let sid = token.strip_prefix("PA").unwrap_or_default();
            let at = items
                .iter()
                .position(|item| item.get(member).and_then(Value::as_str) == Some(sid));
            at.ok_or_else(|| RestError::bad(21481, "Invalid PageToken"))? + 1
        }
    };
    let total = items.len();
    let shown: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let last = shown
        .last()
        .and_then(|item| item.get(member))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let uri = |page: usize, token: Option<&str>| {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in query.pairs() {
            if !matches!(name.as_str(), "Page" | "PageSize" | "PageToken") {
                out.append_pair(name, value);
            }
        }
        out.append_pair("PageSize", &size.to_string())
            .append_pair("Page", &page.to_string());
        if let Some(token) = token {
            out.append_pair("PageToken", &format!("PA{token}"));
        }
        format!("{}?{}", request.path(), out.finish())
    };
    let more = start + shown.len() < total;
    let next = last.filter(|_| more).map(|sid| uri(number + 1, Some(&sid)));
    let here = if request.query_string().is_empty() {
        request.path().to_owned()
    } else {
        format!("{}?{}", request.path(), request.query_string())
    };
    Ok(json!({
        key: shown,
        "page": number,
        "page_size": size,
        "start": start,
        "end": (start + shown.len()).saturating_sub(1),
        "uri": here,
        "first_page_uri": uri(0, None),
        "next_page_uri": next,
        "previous_page_uri": (number == 1).then(|| uri(0, None)),
    }))
}
