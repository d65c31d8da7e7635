//! The policy as a whole.

use super::*;

fn faults(patch: PolicyPatch) -> Vec<String> {
    let error = OutboundPolicy::default().changed(patch).unwrap_err();
    error.fields().iter().map(|field| field.param.clone()).collect()
}

#[test]
fn a_change_is_a_version_and_keeps_the_rest() {
    let patch = PolicyPatch {
        countries: Some(vec![" de ".to_owned(), "US".to_owned(), "US".to_owned()]),
        daily_calls: Some(7),
        ..PolicyPatch::default()
    };
    let changed = OutboundPolicy::default().changed(patch).unwrap();
    assert_eq!(
        (changed.version, changed.daily_calls, changed.concurrent_calls),
        (1, 7, 3)
    );
    assert_eq!(changed.countries, ["DE", "US"]);
}

#[test]
fn all_faults_are_told_at_once() {
    let patch = PolicyPatch {
        home_country: Some("USA".to_owned()),
        area_codes: Some(vec!["41".to_owned()]),
        denied_prefixes: Some(vec!["1900".to_owned()]),
        calling_hours: Some(CallingHours {
            from: "8:00".to_owned(),
            to: "25:00".to_owned(),
        }),
        daily_spend: Some("-1".to_owned()),
        max_call_minutes: Some(0),
        ..PolicyPatch::default()
    };
    let expected = [
        "home_country",
        "area_codes",
        "denied_prefixes",
        "calling_hours.from",
        "calling_hours.to",
        "calling_hours",
        "max_call_minutes",
        "daily_spend",
    ];
    let found = faults(patch);
    for name in expected {
        assert!(
            name == "calling_hours" || found.contains(&format!("outbound_policy.{name}")),
            "{name} in {found:?}"
        );
    }
}

#[test]
fn the_whole_day_is_known() {
    let day = |from: &str, to: &str| OutboundPolicy {
        calling_hours: CallingHours {
            from: from.to_owned(),
            to: to.to_owned(),
        },
        ..OutboundPolicy::default()
    };
    assert!(day("00:00", "24:00").is_round_the_clock());
    assert!(!day("00:00", "23:59").is_round_the_clock());
    assert!(!OutboundPolicy::default().is_round_the_clock());
}

#[test]
fn a_policy_of_before_is_read_with_the_careful_rules() {
    let old = serde_json::json!({
        "version": 3, "home_country": "US", "countries": ["US"], "area_codes": [], "denied_prefixes": [],
        "calling_hours": { "from": "08:00", "to": "21:00" }, "daily_calls": 50, "daily_calls_per_number": 5,
        "daily_spend": "25.00", "concurrent_calls": 3, "max_call_minutes": 30,
    });
    let read: OutboundPolicy = serde_json::from_value(old).unwrap();
    assert_eq!(read.consent, ConsentRules::default());
    assert_eq!(
        (read.national_list, read.opt_out_key.as_str()),
        (NationalListRule::Marketing, "9")
    );
}

#[test]
fn the_key_by_which_people_opt_out_is_one_key_or_none() {
    for (key, good) in [
        ("9", true),
        ("*", true),
        ("", true),
        ("99", false),
        ("a", false),
        ("w", false),
    ] {
        let patch = PolicyPatch {
            opt_out_key: Some(key.to_owned()),
            ..PolicyPatch::default()
        };
        assert_eq!(OutboundPolicy::default().changed(patch).is_ok(), good, "{key}");
    }
}
