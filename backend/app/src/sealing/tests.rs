//! What is sealed opens in its place, under any listed key, and nowhere else.

use phony_kernel::TenantId;
use secrecy::{ExposeSecret as _, SecretString};

use super::*;
use crate::carrier_accounts::reseal_token;
use crate::identity::secrets::derive;

const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

fn sealer(list: &str) -> Sealer {
    Sealer::new(&SecretString::from(list)).unwrap()
}

fn place(tenant: TenantId, record: &str) -> Place<'_> {
    Place {
        table: "provider_credentials",
        column: "secret_sealed",
        tenant,
        record,
    }
}

#[test]
fn a_value_opens_in_its_place_only() {
    let (sealer, tenant) = (sealer(OLD), TenantId::new());
    let here = place(tenant, "openai");
    let sealed = sealer.seal(&here, b"sk-canary").unwrap();
    assert_eq!(
        sealer.open(&here, sealed.as_bytes()).unwrap().as_slice(),
        b"sk-canary"
    );
    for elsewhere in [
        place(TenantId::new(), "openai"),
        place(tenant, "other"),
        Place {
            table: "sso_connections",
            ..here
        },
        Place {
            column: "other_sealed",
            ..here
        },
        Place {
            table: "provider_credential",
            column: "ssecret_sealed",
            ..here
        },
        Place::of_nobody(here.table, here.column, here.record),
    ] {
        assert!(
            sealer.open(&elsewhere, sealed.as_bytes()).is_err(),
            "{elsewhere:?}"
        );
    }
}

#[test]
fn every_flipped_or_missing_byte_is_noticed() {
    let (sealer, here) = (sealer(OLD), place(TenantId::new(), "openai"));
    let sealed = sealer.seal(&here, b"sk-canary").unwrap().into_bytes();
    for at in 0..sealed.len() {
        let mut flipped = sealed.clone();
        flipped[at] ^= 1;
        assert!(sealer.open(&here, &flipped).is_err(), "byte {at}");
        assert!(sealer.open(&here, &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn parts_of_two_values_of_one_place_do_not_fit_together() {
    let (sealer, here) = (sealer(OLD), place(TenantId::new(), "openai"));
    let one = sealer.seal(&here, b"one").unwrap().into_bytes();
    let two = sealer.seal(&here, b"two").unwrap().into_bytes();
    let cut = one.len() - NONCE_LEN - MAX_TAG_LEN - 3;
    let mixed = [&one[..cut], &two[cut..]].concat();
    assert!(sealer.open(&here, &mixed).is_err());
}

#[test]
fn equal_values_are_sealed_unequally() {
    let (sealer, here) = (sealer(OLD), place(TenantId::new(), "openai"));
    assert_ne!(
        sealer.seal(&here, b"same").unwrap(),
        sealer.seal(&here, b"same").unwrap()
    );
}

#[test]
fn a_new_key_takes_over_and_the_old_one_can_go() {
    let here = place(TenantId::new(), "openai");
    let sealed = sealer(OLD).seal(&here, b"sk-canary").unwrap();
    // The old key had no id, and is listed with one now.
    let both = sealer(&format!("2026-11:{NEW},first:{OLD}"));
    assert_eq!(
        both.open(&here, sealed.as_bytes()).unwrap().as_slice(),
        b"sk-canary"
    );
    let alone = sealer(&format!("2026-11:{NEW}"));
    let gone = alone.open(&here, sealed.as_bytes()).unwrap_err();
    assert!(format!("{gone:?}").contains("not listed"), "{gone:?}");
    let anew = both.rewrap(&here, sealed.as_bytes()).unwrap().unwrap();
    assert_eq!(
        alone.open(&here, anew.as_bytes()).unwrap().as_slice(),
        b"sk-canary"
    );
    assert!(sealer(OLD).open(&here, anew.as_bytes()).is_err());
    assert!(
        both.rewrap(&here, anew.as_bytes()).unwrap().is_none(),
        "once is enough"
    );
    // Only the wrapping is new.
    let tail = NONCE_LEN + MAX_TAG_LEN + b"sk-canary".len();
    assert!(
        anew.as_bytes()
            .ends_with(&sealed.as_bytes()[sealed.as_bytes().len() - tail..])
    );
}

#[test]
fn a_moved_value_does_not_survive_a_rotation_either() {
    let (here, there) = (place(TenantId::new(), "openai"), place(TenantId::new(), "openai"));
    let sealed = sealer(OLD).seal(&here, b"sk-canary").unwrap();
    let both = sealer(&format!("{NEW},{OLD}"));
    assert!(both.rewrap(&there, sealed.as_bytes()).is_err());
}

#[test]
fn lists_of_keys_are_read_in_their_forms() {
    for good in [
        OLD.to_owned(),
        format!(" {OLD}\n"),
        format!("a:{OLD}"),
        format!("{NEW},{OLD}"),
        format!("new:{NEW}, old:{OLD}"),
    ] {
        assert!(is_master_key_list(&SecretString::from(good.clone())), "{good}");
    }
    for bad in [
        String::new(),
        "short".to_owned(),
        format!("{OLD},"),
        format!("{OLD},{OLD}"),
        format!("a:{OLD},a:{NEW}"),
        format!("a b:{OLD}"),
        format!(":{OLD}"),
        format!("{}:{OLD}", "x".repeat(33)),
    ] {
        assert!(!is_master_key_list(&SecretString::from(bad.clone())), "{bad}");
    }
}

#[test]
fn nothing_shows_a_secret() {
    let (sealer, here) = (sealer(OLD), place(TenantId::new(), "openai"));
    let sealed = sealer.seal(&here, b"sk-canary").unwrap();
    let opened = sealer.open_text(&here, sealed.as_bytes()).unwrap();
    assert_eq!(opened.expose_secret(), "sk-canary");
    let refused = sealer
        .open(&place(TenantId::new(), "x"), sealed.as_bytes())
        .unwrap_err();
    let shown = format!(
        "{sealer:?} {sealed:?} {opened:?} {refused:?} {refused} {:?}",
        sealer.keys
    );
    for secret in ["canary", &OLD[..12], "115, 107, 45"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn tokens_of_carrier_accounts_from_before_are_opened_and_sealed_anew() {
    let sid = "AC0123456789abcdef0123456789abcdef";
    let (tenant, sealer) = (TenantId::new(), sealer(&format!("{NEW},{OLD}")));
    let masters = MasterKeys::read(&SecretString::from(format!("{NEW},{OLD}"))).unwrap();
    let former = derive(
        masters.all().iter().nth(1).unwrap().expose_secret(),
        "carrier account token 1",
    )
    .unwrap();
    let context = format!("carrier_accounts:{tenant}:{sid}");
    let before = crate::identity::secrets::seal(&former, context.as_bytes(), b"token").unwrap();
    assert!(!is_sealed(&before));
    let anew = reseal_token(&sealer, &masters, tenant, sid, &before)
        .unwrap()
        .unwrap();
    let here = Place {
        table: "carrier_accounts",
        column: "token_enc",
        tenant,
        record: sid,
    };
    assert_eq!(sealer.open(&here, &anew).unwrap().as_slice(), b"token");
    assert!(
        reseal_token(&sealer, &masters, tenant, sid, &anew)
            .unwrap()
            .is_none()
    );
    assert!(reseal_token(&sealer, &masters, TenantId::new(), sid, &before).is_err());
}

#[test]
fn old_values_are_told_apart() {
    let sealed = sealer(OLD).seal(&place(TenantId::new(), "x"), b"").unwrap();
    assert!(is_sealed(sealed.as_bytes()));
    assert!(!is_sealed(&[0; 64]) && !is_sealed(b"") && !is_sealed(&[1; 200]));
}
