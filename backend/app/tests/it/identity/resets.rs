//! Forgotten passwords: a link by mail, and nothing else that tells who has an account.

use std::time::{Duration, Instant};

use phony_app::identity::{LogIn, NewMember, Session};
use phony_kernel::{Kind, Result, Role};

use crate::support::{PASSWORD, World};

const NEW: &str = "copper thistle raft 81";

impl World {
    async fn sign_in(&self, email: &str, password: &str) -> Result<Session> {
        let input = LogIn {
            email: email.to_owned(),
            password: password.into(),
            totp: None,
            tenant_id: None,
        };
        self.identity.log_in(input, "").await
    }

    /// Asks for a link and waits until the mail is there, which is made behind the answer.
    async fn forgotten(&self, email: &str) -> String {
        let before = self.letters(email).await.len();
        self.identity.forgot_password(email, "").await.unwrap();
        self.mailed(email, before + 1).await;
        self.token(email).await
    }

    async fn mailed(&self, email: &str, count: usize) {
        let began = Instant::now();
        while self.letters(email).await.len() < count {
            assert!(began.elapsed() < Duration::from_secs(20), "no mail");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_ends_every_session_in_every_company() {
    let world = World::new().await;
    let (acme, globex) = (
        world.confirmed_company("acme").await,
        world.company("globex").await,
    );
    let both = NewMember {
        email: "admin@acme.test".to_owned(),
        name: "Ana".to_owned(),
        role: Role::Viewer,
        password: PASSWORD.into(),
    };
    world.identity.add_member(globex.tenant.id, &both).await.unwrap();
    let who = world.principal(&acme).await;
    let elsewhere = world
        .identity
        .switch_tenant(&who, globex.tenant.id, "")
        .await
        .unwrap();
    let acme = world.log_in("admin@acme.test").await;
    let token = world.forgotten("Admin@ACME.test").await;
    let weak = world
        .identity
        .reset_password(&token, &"password1234".into())
        .await;
    assert_eq!(weak.unwrap_err().fields()[0].param, "password");
    world.identity.reset_password(&token, &NEW.into()).await.unwrap();
    world.wait(5);
    for session in [&acme, &elsewhere] {
        assert!(world.identity.authenticate(&session.access_token).await.is_err());
        let refresh = session.refresh_token.as_deref().unwrap();
        assert!(world.identity.refresh(refresh, "").await.is_err());
    }
    assert!(
        world.sign_in("admin@acme.test", PASSWORD).await.is_err(),
        "the old one"
    );
    world.sign_in("admin@acme.test", NEW).await.unwrap();
    let again = world
        .identity
        .reset_password(&token, &PASSWORD.into())
        .await
        .unwrap_err();
    assert_eq!(again.fields()[0].code, "link_not_good", "once");
    let told = world.letters("admin@acme.test").await;
    assert_eq!(told.last().unwrap().subject, "Your password was changed");
    let noted = world
        .count("SELECT count(DISTINCT tenant_id) FROM phony.audit_log WHERE action = 'password.reset'")
        .await;
    assert_eq!(noted, 2, "both companies have it in their books");
}

#[tokio::test]
async fn a_link_is_good_for_ten_minutes_and_until_the_next_one() {
    let world = World::new().await;
    world.company("acme").await;
    let first = world.forgotten("admin@acme.test").await;
    let second = world.forgotten("admin@acme.test").await;
    assert!(world.identity.reset_password(&first, &NEW.into()).await.is_err());
    world.wait(601);
    assert!(world.identity.reset_password(&second, &NEW.into()).await.is_err());
    let third = world.forgotten("admin@acme.test").await;
    // A link of another kind, or a changed one, is none.
    let verify = world.letters("admin@acme.test").await[0].text.clone();
    let verify = verify
        .split_once("#token=")
        .unwrap()
        .1
        .split_whitespace()
        .next()
        .unwrap();
    for token in [verify, &third[1..], ""] {
        assert!(world.identity.reset_password(token, &NEW.into()).await.is_err());
    }
    world.identity.reset_password(&third, &NEW.into()).await.unwrap();
}

#[tokio::test]
async fn nobody_is_flooded_with_mails() {
    let world = World::new().await;
    world.company("acme").await;
    let before = world.letters("admin@acme.test").await.len();
    let mut refused = 0;
    for _ in 0..30 {
        match world
            .identity
            .forgot_password("admin@acme.test", "203.0.113.9")
            .await
        {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error.kind(), Kind::RateLimited);
                refused += 1;
            }
        }
    }
    assert!(refused >= 20, "{refused}");
    // Also not by somebody with patience and many addresses.
    for _ in 0..30 {
        world.wait(61);
        let _ = world.identity.forgot_password("admin@acme.test", "").await;
        world.identity.settle().await;
    }
    let mails = world.letters("admin@acme.test").await.len() - before;
    assert_eq!(mails, 5, "in half an hour");
}

#[tokio::test]
async fn known_and_unknown_addresses_are_answered_alike_and_in_the_same_time() {
    const TRIES: usize = 200;
    let world = World::new().await;
    // Ten known addresses, so that no single one is slowed down.
    for n in 0..10 {
        world.company(&format!("acme{n}")).await;
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..TRIES {
        // One after the other, so that whatever else the machine does is shared by both.
        for (name, times) in [("acme", &mut known), ("nobody", &mut unknown)] {
            let email = format!("admin@{name}{}.test", n % 10);
            // A mail that is in the making would slow down the next.
            world.identity.settle().await;
            let answer = loop {
                let began = Instant::now();
                match world.identity.forgot_password(&email, "").await {
                    // So many mails are in the making; that is told to everybody.
                    Err(error) if error.kind() == Kind::Unavailable => {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    answer => {
                        times.push(began.elapsed());
                        break answer;
                    }
                }
            };
            assert!(answer.is_ok(), "{email}: {answer:?}");
        }
        // Each address may ask five times without waiting.
        if n % 40 == 39 {
            world.wait(15 * 60);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (known, unknown) = (median(&mut known), median(&mut unknown));
    let apart = known.abs_diff(unknown);
    assert!(
        apart < Duration::from_millis(5),
        "known {known:?}, unknown {unknown:?}"
    );
}
