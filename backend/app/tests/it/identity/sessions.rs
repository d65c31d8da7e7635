//! Access tokens and refresh tokens.

use std::collections::HashSet;

use futures_util::future::join_all;
use phony_app::Who;
use phony_app::identity::{NewMember, Session};
use phony_kernel::{Kind, Permission, Role};

use crate::support::{PASSWORD, World, ids};

fn refresh_token(session: &Session) -> &str {
    session.refresh_token.as_deref().unwrap()
}

const LIVE: &str = "SELECT count(*) FROM phony.sessions WHERE revoked_at IS NULL";

#[tokio::test]
async fn each_refresh_gives_a_new_token() {
    let world = World::new().await;
    let first = world.company("acme").await;
    let mut tokens = HashSet::from([refresh_token(&first).to_owned()]);
    let mut last = refresh_token(&first).to_owned();
    for _ in 0..5 {
        world.wait(600);
        let next = world.identity.refresh(&last, "").await.unwrap();
        world.principal(&next).await;
        last = refresh_token(&next).to_owned();
        assert!(tokens.insert(last.clone()));
    }
    assert_eq!(world.count(LIVE).await, 1);
}

#[tokio::test]
async fn the_stored_row_holds_no_usable_token() {
    let world = World::new().await;
    let first = world.company("acme").await;
    let second = world.identity.refresh(refresh_token(&first), "").await.unwrap();
    let row: String = sqlx::query_scalar("SELECT row_to_json(s)::text FROM phony.sessions s")
        .fetch_one(&mut world.admin().await)
        .await
        .unwrap();
    for session in [&first, &second] {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(refresh_token(session))
            .unwrap();
        assert!(!row.contains(refresh_token(session)));
        assert!(
            !row.contains(&hex::encode(&bytes[32..64])),
            "the random part is not stored"
        );
    }
}

#[tokio::test]
async fn an_old_token_ends_the_family() {
    let world = World::new().await;
    let first = world.company("acme").await;
    let second = world.identity.refresh(refresh_token(&first), "").await.unwrap();
    let third = world.identity.refresh(refresh_token(&second), "").await.unwrap();
    world.principal(&third).await;

    let refused = world
        .identity
        .refresh(refresh_token(&first), "")
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::Unauthenticated);
    assert!(
        world.identity.refresh(refresh_token(&third), "").await.is_err(),
        "the good token ends too"
    );
    assert!(world.identity.authenticate(&third.access_token).await.is_err());
    assert_eq!(world.count(LIVE).await, 0);
    assert_eq!(
        world
            .count("SELECT count(*) FROM phony.audit_log WHERE action = 'session.reuse'")
            .await,
        1
    );
    // Other sessions of the same person go on.
    world.log_in("admin@acme.test").await;
    assert_eq!(world.count(LIVE).await, 1);
}

#[tokio::test]
async fn two_tabs_that_race_get_the_same_successor() {
    let world = World::new().await;
    let first = world.company("acme").await;
    let one = world.identity.refresh(refresh_token(&first), "").await.unwrap();
    world.wait(9);
    let other = world
        .other_instance()
        .refresh(refresh_token(&first), "")
        .await
        .unwrap();
    assert_eq!(refresh_token(&one), refresh_token(&other));
    world.principal(&other).await;

    world.wait(2);
    let late = world.identity.refresh(refresh_token(&first), "").await;
    assert!(late.is_err(), "eleven seconds are too long for a race");
    assert!(world.identity.refresh(refresh_token(&one), "").await.is_err());
}

#[tokio::test]
async fn fifty_refreshes_at_once_leave_one_family() {
    let world = World::new().await;
    let first = world.company("acme").await;
    let all = join_all((0..50).map(async |_| {
        // Ten connections and a second of patience: a full pool is an answer, not a failure.
        loop {
            match world.identity.refresh(refresh_token(&first), "").await {
                Err(error) if error.kind() == Kind::Unavailable => {}
                answer => return answer.unwrap(),
            }
        }
    }))
    .await;
    let successors: HashSet<String> = all
        .iter()
        .map(|session| refresh_token(session).to_owned())
        .collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(world.count(LIVE).await, 1);
    let successor = successors.into_iter().next().unwrap();
    world.identity.refresh(&successor, "").await.unwrap();
}

#[tokio::test]
async fn a_session_ends_by_idleness_and_in_any_case() {
    let world = World::new().await;
    let day = 24 * 3600;
    let first = world.company("acme").await;
    world.wait(14 * day);
    assert!(
        world.identity.refresh(refresh_token(&first), "").await.is_err(),
        "idle for fourteen days"
    );

    let mut session = world.log_in("admin@acme.test").await;
    for _ in 0..2 {
        world.wait(13 * day);
        session = world.identity.refresh(refresh_token(&session), "").await.unwrap();
    }
    world.wait(4 * day);
    assert!(
        world.identity.refresh(refresh_token(&session), "").await.is_err(),
        "thirty days old"
    );
}

#[tokio::test]
async fn log_out_ends_the_session_and_only_that() {
    let world = World::new().await;
    let (one, other) = (world.company("acme").await, world.log_in("admin@acme.test").await);
    world.principal(&one).await;
    world.identity.log_out(refresh_token(&one)).await.unwrap();
    assert!(world.identity.authenticate(&one.access_token).await.is_err());
    assert!(world.identity.refresh(refresh_token(&one), "").await.is_err());
    world.principal(&other).await;
    world.identity.refresh(refresh_token(&other), "").await.unwrap();
    for junk in ["", "nonsense", refresh_token(&one)] {
        world.identity.log_out(junk).await.unwrap();
    }
}

#[tokio::test]
async fn credentials_that_are_not_ours_are_refused() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let good = &session.access_token;
    let cut = &good[..good.len() - 1];
    let long = "x".repeat(5_000);
    for bad in [
        "",
        "Bearer",
        "a.b.c",
        cut,
        refresh_token(&session),
        &long,
        "ph_live_",
        "eyJhbGciOiJub25lIn0.e30.",
    ] {
        let refused = world.identity.authenticate(bad).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.code()),
            (Kind::Unauthenticated, "unauthenticated"),
            "{bad}"
        );
    }
    for bad in ["", "nonsense", good, &long] {
        assert_eq!(
            world.identity.refresh(bad, "").await.unwrap_err().code(),
            "unauthenticated"
        );
    }
    world.wait(600 + 31);
    assert!(world.identity.authenticate(good).await.is_err(), "expired");
}

#[tokio::test]
async fn a_change_of_role_acts_within_five_seconds() {
    let world = World::new().await;
    let admin = world.company("acme").await;
    let new = NewMember {
        email: "sue@acme.test".to_owned(),
        name: "Sue".to_owned(),
        role: Role::Supervisor,
        password: PASSWORD.into(),
    };
    let user = world.identity.add_member(admin.tenant.id, &new).await.unwrap();
    let session = world.log_in("sue@acme.test").await;
    let before = world.principal(&session).await;
    assert!(before.holds(Permission::CallEnd));

    let chief = world.principal(&admin).await;
    world
        .other_instance()
        .change_role(&chief, user, Role::Viewer)
        .await
        .unwrap();
    world.wait(5);
    assert!(world.identity.authenticate(&session.access_token).await.is_err());
    assert!(world.identity.recheck(&before).await.is_err(), "open sockets too");
    let after = world.identity.refresh(refresh_token(&session), "").await.unwrap();
    assert_eq!(after.role, Role::Viewer);
    assert!(!world.principal(&after).await.holds(Permission::CallEnd));
}

#[tokio::test]
async fn a_session_ended_elsewhere_ends_here_within_five_seconds() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let who = world.principal(&session).await;
    world
        .other_instance()
        .log_out(refresh_token(&session))
        .await
        .unwrap();
    world.wait(5);
    assert!(world.identity.authenticate(&session.access_token).await.is_err());
    assert!(world.identity.recheck(&who).await.is_err());
}

#[tokio::test]
async fn a_suspended_company_is_told_so() {
    let world = World::new().await;
    let session = world.company("acme").await;
    world
        .execute("UPDATE phony.tenants SET status = 'suspended'")
        .await;
    let refused = world
        .identity
        .authenticate(&session.access_token)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (Kind::Forbidden, "tenant_suspended")
    );
    let refused = world
        .identity
        .refresh(refresh_token(&session), "")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "tenant_suspended");
}

#[tokio::test]
async fn a_step_up_makes_the_sign_in_fresh_again() {
    let world = World::new().await;
    let first = world.company("acme").await;
    world.wait(400);
    let who = world.principal(&first).await;
    let refused = who.require(Permission::KeyCreate, world.clock.now()).unwrap_err();
    assert_eq!(refused.code(), "step_up_required");
    // Who holds a session and no password does not lock its owner out.
    let refused = world.identity.revoke_other_sessions(&who).await.unwrap_err();
    assert_eq!(refused.code(), "step_up_required");
    let refused = world
        .identity
        .revoke_session(&who, ids(&who).2)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "step_up_required");
    let wrong = world
        .identity
        .step_up(&who, "not the password".into(), None, "")
        .await
        .unwrap_err();
    assert_eq!(
        (wrong.kind(), wrong.fields()[0].param.as_str()),
        (Kind::Invalid, "password")
    );

    let fresh = world
        .identity
        .step_up(&who, PASSWORD.into(), None, "")
        .await
        .unwrap();
    assert!(fresh.refresh_token.is_none());
    let who = world.principal(&fresh).await;
    who.require(Permission::KeyCreate, world.clock.now()).unwrap();
    assert_eq!(
        ids(&who).2,
        ids(&world.principal(&first).await).2,
        "the same session"
    );

    // A refresh keeps the time of the sign-in; it does not renew it.
    world.wait(301);
    let refreshed = world.identity.refresh(refresh_token(&first), "").await.unwrap();
    let who = world.principal(&refreshed).await;
    assert!(who.require(Permission::KeyCreate, world.clock.now()).is_err());
}

#[tokio::test]
async fn viewers_read_transcripts_only_where_the_company_says_so() {
    let world = World::new().await;
    let admin = world.company("acme").await;
    let new = NewMember {
        email: "vic@acme.test".to_owned(),
        name: "Vic".to_owned(),
        role: Role::Viewer,
        password: PASSWORD.into(),
    };
    world.identity.add_member(admin.tenant.id, &new).await.unwrap();
    let session = world.log_in("vic@acme.test").await;
    assert!(!session.permissions.contains(&Permission::TranscriptRead));
    assert!(matches!(
        world.principal(&session).await.who,
        Who::Member {
            role: Role::Viewer,
            ..
        }
    ));
    world
        .execute("UPDATE phony.tenants SET viewers_read_transcripts = true")
        .await;
    world.wait(5);
    assert!(world.principal(&session).await.holds(Permission::TranscriptRead));
    let again = world.log_in("vic@acme.test").await;
    assert!(again.permissions.contains(&Permission::TranscriptRead));
}
