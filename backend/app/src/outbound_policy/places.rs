//! Where a number could be: its country, and every time zone that it could be in.
//!
//! Numbers that begin with +1 are told apart by their area code, because twenty-five countries share it: one that
//! is not listed here is nowhere. A number may be carried away by its holder within a country; the zones are those
//! that it was given out for.

use phony_kernel::E164;

/// Where a number could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166.
    pub country: String,
    /// Area code of a +1 number.
    pub area_code: Option<String>,
    /// IANA names; none is a country whose zones are not listed.
    pub zones: &'static [&'static str],
}

const E: &str = "America/New_York";
const C: &str = "America/Chicago";
const M: &str = "America/Denver";
const P: &str = "America/Los_Angeles";
const ANYWHERE_US: &[&str] = &[
    E,
    C,
    M,
    "America/Phoenix",
    P,
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
];

/// Country, zones, area codes.
type Area = (&'static str, &'static [&'static str], &'static str);

const AREAS: &[Area] = &[
    (
        "US",
        &[E],
        "201 202 203 207 212 215 216 220 223 227 229 231 234 239 240 248 252 260 267 269 272 276 283 301 302 304 305 \
         313 315 317 321 324 326 329 330 332 336 339 347 351 352 363 380 386 401 404 407 410 412 413 419 434 436 440 \
         443 445 463 470 472 475 478 484 502 508 513 516 517 518 540 551 561 567 570 571 582 585 586 603 607 609 610 \
         614 616 617 624 631 640 645 646 656 667 678 679 680 681 686 689 703 704 706 716 717 718 724 727 728 732 734 \
         740 743 754 757 762 765 770 771 772 774 781 786 802 803 804 810 813 814 821 826 828 835 838 839 843 845 848 \
         854 856 857 859 860 862 863 864 865 878 904 908 910 912 914 917 919 929 934 937 941 943 947 948 954 959 973 \
         978 980 984 989",
    ),
    (
        "US",
        &[C],
        "205 210 214 217 218 224 225 228 235 251 254 256 262 274 281 309 312 314 316 318 319 320 325 327 331 334 337 \
         346 353 361 402 405 409 414 417 430 447 457 464 469 471 479 501 504 507 512 515 531 534 539 557 563 572 573 \
         580 601 608 612 615 618 621 629 630 636 641 651 659 660 662 682 708 712 713 715 726 730 731 737 763 769 773 \
         779 806 815 816 817 830 832 847 861 870 872 901 903 913 915 918 920 924 936 938 940 945 952 956 972 975 979 \
         985",
    ),
    ("US", &[M], "303 307 385 406 435 505 575 719 720 801 970 983"),
    ("US", &["America/Phoenix", M], "480 520 602 623 928"),
    (
        "US",
        &[P],
        "206 209 213 253 279 310 323 341 350 357 360 369 408 415 424 425 442 503 509 510 530 559 562 564 619 626 628 \
         650 657 661 669 702 707 714 725 738 747 760 805 818 820 831 837 840 858 909 916 925 949 951 971",
    ),
    // Along the borders of zones.
    ("US", &[E, C], "219 270 364 423 448 574 606 812 850 906 930 931"),
    ("US", &[C, M], "308 432 605 620 701 785"),
    ("US", &[M, P], "208 458 541 775 986"),
    ("US", &["America/Anchorage", "America/Adak"], "907"),
    ("US", &["Pacific/Honolulu"], "808"),
    // Free for the caller, and anywhere.
    ("US", ANYWHERE_US, "800 833 844 855 866 877 888"),
    ("CA", &["America/Edmonton"], "368 403 587 780 825"),
    (
        "CA",
        &["America/Vancouver", "America/Edmonton"],
        "236 250 257 604 672 778",
    ),
    ("CA", &["America/Winnipeg"], "204 431 584"),
    ("CA", &["America/Regina", "America/Edmonton"], "306 474 639"),
    (
        "CA",
        &["America/Toronto"],
        "226 249 263 289 343 354 365 382 416 437 438 450 468 514 519 548 579 613 647 683 705 742 753 819 873 905 942",
    ),
    ("CA", &["America/Toronto", "America/Halifax"], "367 418 581"),
    ("CA", &["America/Toronto", "America/Winnipeg"], "807"),
    ("CA", &["America/Halifax"], "428 506 782 902"),
    ("CA", &["America/St_Johns", "America/Halifax"], "709 879"),
    (
        "CA",
        &[
            "America/Whitehorse",
            "America/Edmonton",
            "America/Winnipeg",
            "America/Toronto",
        ],
        "867",
    ),
    ("PR", &["America/Puerto_Rico"], "787 939"),
    ("VI", &["America/St_Thomas"], "340"),
    ("GU", &["Pacific/Guam"], "671"),
    ("MP", &["Pacific/Saipan"], "670"),
    ("AS", &["Pacific/Pago_Pago"], "684"),
    ("BS", &["America/Nassau"], "242"),
    ("BB", &["America/Barbados"], "246"),
    ("AI", &["America/Anguilla"], "264"),
    ("AG", &["America/Antigua"], "268"),
    ("VG", &["America/Tortola"], "284"),
    ("KY", &["America/Cayman"], "345"),
    ("BM", &["Atlantic/Bermuda"], "441"),
    ("GD", &["America/Grenada"], "473"),
    ("TC", &["America/Grand_Turk"], "649"),
    ("JM", &["America/Jamaica"], "658 876"),
    ("MS", &["America/Montserrat"], "664"),
    ("SX", &["America/Lower_Princes"], "721"),
    ("LC", &["America/St_Lucia"], "758"),
    ("DM", &["America/Dominica"], "767"),
    ("VC", &["America/St_Vincent"], "784"),
    ("DO", &["America/Santo_Domingo"], "809 829 849"),
    ("TT", &["America/Port_of_Spain"], "868"),
    ("KN", &["America/St_Kitts"], "869"),
];

/// Countries with codes of their own, each with all its zones.
const COUNTRIES: &[(&str, &[&str])] = &[
    ("AE", &["Asia/Dubai"]),
    ("AR", &["America/Argentina/Buenos_Aires"]),
    ("AT", &["Europe/Vienna"]),
    (
        "AU",
        &[
            "Australia/Sydney",
            "Australia/Brisbane",
            "Australia/Adelaide",
            "Australia/Darwin",
            "Australia/Perth",
        ],
    ),
    ("BD", &["Asia/Dhaka"]),
    ("BE", &["Europe/Brussels"]),
    ("BG", &["Europe/Sofia"]),
    (
        "BR",
        &[
            "America/Noronha",
            "America/Sao_Paulo",
            "America/Manaus",
            "America/Rio_Branco",
        ],
    ),
    ("CH", &["Europe/Zurich"]),
    (
        "CL",
        &["America/Santiago", "America/Punta_Arenas", "Pacific/Easter"],
    ),
    ("CO", &["America/Bogota"]),
    ("CR", &["America/Costa_Rica"]),
    ("CY", &["Asia/Nicosia"]),
    ("CZ", &["Europe/Prague"]),
    ("DE", &["Europe/Berlin"]),
    ("DK", &["Europe/Copenhagen"]),
    ("EE", &["Europe/Tallinn"]),
    ("EG", &["Africa/Cairo"]),
    ("ES", &["Europe/Madrid", "Atlantic/Canary"]),
    ("FI", &["Europe/Helsinki"]),
    ("FR", &["Europe/Paris"]),
    ("GB", &["Europe/London"]),
    ("GG", &["Europe/London"]),
    ("GH", &["Africa/Accra"]),
    ("GR", &["Europe/Athens"]),
    ("HK", &["Asia/Hong_Kong"]),
    ("HR", &["Europe/Zagreb"]),
    ("HU", &["Europe/Budapest"]),
    ("ID", &["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]),
    ("IE", &["Europe/Dublin"]),
    ("IL", &["Asia/Jerusalem"]),
    ("IM", &["Europe/London"]),
    ("IN", &["Asia/Kolkata"]),
    ("IS", &["Atlantic/Reykjavik"]),
    ("IT", &["Europe/Rome"]),
    ("JE", &["Europe/London"]),
    ("JP", &["Asia/Tokyo"]),
    ("KE", &["Africa/Nairobi"]),
    ("KR", &["Asia/Seoul"]),
    ("LT", &["Europe/Vilnius"]),
    ("LU", &["Europe/Luxembourg"]),
    ("LV", &["Europe/Riga"]),
    ("MA", &["Africa/Casablanca"]),
    ("MT", &["Europe/Malta"]),
    (
        "MX",
        &[
            "America/Cancun",
            "America/Mexico_City",
            "America/Hermosillo",
            "America/Tijuana",
        ],
    ),
    ("MY", &["Asia/Kuala_Lumpur"]),
    ("NG", &["Africa/Lagos"]),
    ("NL", &["Europe/Amsterdam"]),
    ("NO", &["Europe/Oslo"]),
    ("NZ", &["Pacific/Auckland", "Pacific/Chatham"]),
    ("PE", &["America/Lima"]),
    ("PH", &["Asia/Manila"]),
    ("PK", &["Asia/Karachi"]),
    ("PL", &["Europe/Warsaw"]),
    ("PT", &["Europe/Lisbon", "Atlantic/Azores"]),
    ("RO", &["Europe/Bucharest"]),
    ("RS", &["Europe/Belgrade"]),
    ("SA", &["Asia/Riyadh"]),
    ("SE", &["Europe/Stockholm"]),
    ("SG", &["Asia/Singapore"]),
    ("SI", &["Europe/Ljubljana"]),
    ("SK", &["Europe/Bratislava"]),
    ("TH", &["Asia/Bangkok"]),
    ("TR", &["Europe/Istanbul"]),
    ("TW", &["Asia/Taipei"]),
    ("UA", &["Europe/Kyiv"]),
    ("UY", &["America/Montevideo"]),
    ("VN", &["Asia/Ho_Chi_Minh"]),
    ("ZA", &["Africa/Johannesburg"]),
];

/// Where a number could be; `None` is a number of no country, or of none that we know.
#[must_use]
pub fn place(number: &E164) -> Option<Place> {
    if let Some(national) = number.as_str().strip_prefix("+1") {
        let area_code = national.get(..3).filter(|_| national.len() == 10)?;
        let (country, zones, _) = AREAS
            .iter()
            .find(|(_, _, codes)| codes.split(' ').any(|code| code == area_code))?;
        return Some(Place {
            country: (*country).to_owned(),
            area_code: Some(area_code.to_owned()),
            zones,
        });
    }
    let country = number.country()?;
    let zones = COUNTRIES.iter().find(|(name, _)| *name == country);
    Some(Place {
        zones: zones.map_or(&[], |(_, zones)| zones),
        country,
        area_code: None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn at(number: &str) -> Option<Place> {
        place(&E164::from_canonical(number).unwrap())
    }

    #[test]
    fn an_area_code_is_in_one_place() {
        let mut seen = HashSet::new();
        for (_, zones, codes) in AREAS {
            assert!(!zones.is_empty());
            for code in codes.split(' ') {
                assert!(
                    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()),
                    "{code}"
                );
                assert!(seen.insert(code), "{code} is there twice");
            }
        }
        assert!(seen.len() > 400, "{}", seen.len());
    }

    #[test]
    fn plus_one_is_not_the_united_states() {
        for (number, country) in [
            ("+14155550134", "US"),
            ("+14165550134", "CA"),
            ("+18095550134", "DO"),
            ("+18765550134", "JM"),
            ("+12845550134", "VG"),
            ("+447400123456", "GB"),
        ] {
            assert_eq!(
                at(number).map(|place| place.country).as_deref(),
                Some(country),
                "{number}"
            );
        }
        for nowhere in [
            "+19005550134",
            "+15555550134",
            "+19115550134",
            "+1415555013",
            "+881612345678",
        ] {
            assert_eq!(at(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_number_on_the_border_of_zones_could_be_in_each() {
        assert_eq!(at("+12085550134").map(|place| place.zones), Some(&[M, P][..]));
        assert_eq!(at("+18005550134").map(|place| place.zones.len()), Some(8));
        assert_eq!(at("+61412345678").map(|place| place.zones.len()), Some(5));
    }
}
