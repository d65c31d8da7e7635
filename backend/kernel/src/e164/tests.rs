//! Ways of writing numbers.

use phonenumber::Mode;
use phonenumber::metadata::DATABASE;

use super::*;

#[track_caller]
fn reads(region: Option<&str>, e164: &str, texts: &[&str]) {
    for text in texts {
        let read = E164::parse(text, region);
        assert_eq!(
            read.as_ref().map(E164::as_str),
            Ok(e164),
            "{text:?} in {region:?}"
        );
    }
}

#[test]
fn common_american_ways_of_writing_are_one_number() {
    reads(
        Some("US"),
        "+14155550134",
        &[
            "+14155550134",
            "4155550134",
            "(415) 555-0134",
            "(415)555-0134",
            "415-555-0134",
            "415.555.0134",
            "415 555 0134",
            "415/555-0134",
            "1 415 555 0134",
            "+1 (415) 555-0134",
            "1-415-555-0134",
            "1 (415) 555-0134",
            "+1.415.555.0134",
            "tel:+1-415-555-0134",
            "011 1 415 555 0134",
            " \u{202a}+1 415\u{a0}555\u{2011}0134\u{202c} ",
            "+1 415 555 0134",
            "４１５ ５５５ ０１３４",
        ],
    );
}

#[test]
fn common_indian_ways_of_writing_are_one_number() {
    reads(
        Some("IN"),
        "+919876543210",
        &[
            "+919876543210",
            "9876543210",
            "98765 43210",
            "98765-43210",
            "987 654 3210",
            "09876543210",
            "098765-43210",
            "(+91) 98765 43210",
            "+91 98765 43210",
            "+91-98765-43210",
            "91 9876543210",
            "0091 98765 43210",
            "00919876543210",
            "tel:+91-98765-43210",
            "९८७६५ ४३२१०",
            "+91 (0) 98765 43210",
        ],
    );
    reads(
        Some("IN"),
        "+912226543210",
        &[
            "022 2654 3210",
            "(022) 2654-3210",
            "+91 22 2654 3210",
            "022-26543210",
        ],
    );
}

#[test]
fn a_country_code_needs_no_region() {
    reads(
        None,
        "+919876543210",
        &["+91 98765 43210", "0091 98765 43210", "＋91 98765‐43210"],
    );
    reads(
        None,
        "+442079460018",
        &["+44 (0)20 7946 0018", "0044 20 7946 0018", "tel:+44-20-7946-0018"],
    );
    reads(Some("nowhere"), "+14155550134", &["+1 415 555 0134"]);
}

/// Each region's own example of a number, in each way that its own people and others write it.
#[test]
fn every_region_of_the_library_is_read_in_every_form() {
    let (mut regions, mut odd) = (0, Vec::new());
    for region in DATABASE.iter().filter(|meta| meta.id().len() == 2) {
        let examples = [region.descriptors().fixed_line(), region.descriptors().mobile()];
        for example in examples.into_iter().flatten().filter_map(|kind| kind.example()) {
            let e164 = format!("+{}{example}", region.country_code());
            let number = phonenumber::parse(None, &e164).unwrap();
            let form = |mode: Mode| number.format().mode(mode).to_string();
            for text in [
                form(Mode::E164),
                form(Mode::International),
                form(Mode::National),
                form(Mode::Rfc3966),
                format!("+{} {example}", region.country_code()),
                format!("00{} {example}", region.country_code()),
            ] {
                let region = (!text.starts_with("00")).then(|| region.id());
                let read = E164::parse(&text, region).map(|number| number.0);
                if read.as_ref() != Ok(&e164) {
                    odd.push(format!("{text} in {region:?}: {read:?} instead of {e164}"));
                }
            }
        }
        regions += 1;
    }
    assert!(regions > 240, "{regions} regions");
    assert_eq!(odd, Vec::<String>::new());
}

#[test]
fn bad_numbers_are_refused_with_the_reason() {
    let why = |text: &str, region: Option<&str>| E164::parse(text, region).unwrap_err();
    assert_eq!(why("4155550134", None), InvalidNumber::NoCountry);
    for text in ["hello", "", "   ", "+", "()", "\u{0}4155550134"] {
        assert_eq!(why(text, Some("US")), InvalidNumber::NotANumber, "{text:?}");
    }
    assert_eq!(why(&"4".repeat(300), Some("US")), InvalidNumber::NotANumber);
    for text in ["+1415555", "+91 98765", "+44 20 7946"] {
        assert_eq!(why(text, None), InvalidNumber::TooShort, "{text}");
    }
    assert_eq!(why("415 555", Some("US")), InvalidNumber::TooShort);
    for text in ["+141555501345", "+9198765432101234"] {
        assert_eq!(why(text, None), InvalidNumber::TooLong, "{text}");
    }
    assert_eq!(why("+999 12345678", None), InvalidNumber::UnknownCountry);
    assert_eq!(why("+1 415 555 0134 ext. 12", None), InvalidNumber::Extension);
    assert_eq!(why("(415) 555-0134 x12", Some("US")), InvalidNumber::Extension);
    assert!(E164::parse("+1", None).is_err());
    assert!(E164::parse("+99912345678901234567", None).is_err());
}

#[test]
fn the_country_follows_from_the_digits() {
    let country = |text: &str| text.parse::<E164>().unwrap().country();
    assert_eq!(country("+14155550134").as_deref(), Some("US"));
    assert_eq!(country("+14165550134").as_deref(), Some("CA"));
    assert_eq!(country("+919876543210").as_deref(), Some("IN"));
    assert_eq!(country("+442079460018").as_deref(), Some("GB"));
}

#[test]
fn a_stored_number_is_read_as_it_was() {
    // A caller may come from a country that the tables do not know.
    for text in ["+14155550134", "+999123456789", "+1234567"] {
        let number = E164::from_canonical(text).unwrap();
        let stored = serde_json::to_string(&number).unwrap();
        assert_eq!(serde_json::from_str::<E164>(&stored).unwrap(), number);
    }
    let typed: E164 = serde_json::from_str("\"+1 (415) 555-0134\"").unwrap();
    assert_eq!(typed.as_str(), "+14155550134");
    assert!(serde_json::from_str::<E164>("\"nobody\"").is_err());
}

#[test]
fn debug_does_not_show_the_whole_number() {
    let number: E164 = "+14155550134".parse().unwrap();
    assert!(!format!("{number:?}").contains("5555013"));
}
