//! Language tags (BCP 47): well-formed or not, and the one way we write them.

/// The tag in canonical case (`EN-us` → `en-US`), or none if it is not well-formed.
///
/// Only what names a spoken language is taken: language, then script, region and variants in this order.
pub(super) fn canonical(tag: &str) -> Option<String> {
    let mut parts = tag.split('-').peekable();
    let language = parts.next()?;
    if !(2..=3).contains(&language.len()) || !letters(language) {
        return None;
    }
    let mut out = language.to_ascii_lowercase();
    if let Some(script) = parts.next_if(|part| part.len() == 4 && letters(part)) {
        let (first, rest) = script.split_at(1);
        out.push('-');
        out.push_str(&first.to_ascii_uppercase());
        out.push_str(&rest.to_ascii_lowercase());
    }
    if let Some(region) = parts.next_if(|part| is_region(part)) {
        out.push('-');
        out.push_str(&region.to_ascii_uppercase());
    }
    for variant in parts {
        if !is_variant(variant) || out.len() > 30 {
            return None;
        }
        out.push('-');
        out.push_str(&variant.to_ascii_lowercase());
    }
    Some(out)
}

fn letters(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_region(part: &str) -> bool {
    (part.len() == 2 && letters(part)) || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_variant(part: &str) -> bool {
    let good = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digit_first = part.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    good && ((5..=8).contains(&part.len()) || (part.len() == 4 && digit_first))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn good_tags_are_written_one_way() {
        for (tag, expected) in [
            ("en-US", "en-US"),
            ("EN-us", "en-US"),
            ("hi-in", "hi-IN"),
            ("hi", "hi"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-CH-1996", "de-CH-1996"),
        ] {
            assert_eq!(canonical(tag).as_deref(), Some(expected), "{tag}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for tag in [
            "", "e", "english", "en_US", "en-", "-US", "en-USA-x", "en US", "एन", "en-US-US", "en--US",
        ] {
            assert_eq!(canonical(tag), None, "{tag}");
        }
    }
}
