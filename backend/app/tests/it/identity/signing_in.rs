//! Sign-up and sign-in.

use phony_app::identity::{LogIn, NewMember, SignUp};
use phony_kernel::{Kind, Permission, Plan, Role, TenantId};

use crate::support::{PASSWORD, World, ids, sign_up};

fn log_in(email: &str, password: &str, tenant_id: Option<TenantId>) -> LogIn {
    LogIn {
        email: email.to_owned(),
        password: password.into(),
        totp: None,
        tenant_id,
    }
}

#[tokio::test]
async fn sign_up_makes_a_company_with_all_it_starts_with() {
    let world = World::new().await;
    let session = world.company("acme").await;
    assert_eq!(
        (session.tenant.slug.as_str(), session.tenant.plan),
        ("acme", Plan::Basic)
    );
    assert_eq!(session.tenant.time_zone, "Europe/Berlin");
    assert_eq!(session.user.email, "admin@acme.test");
    assert_eq!(session.permissions, Permission::ALL);
    assert_eq!(session.expires_in_seconds, 600);

    let who = world.principal(&session).await;
    assert_eq!(who.tenant, session.tenant.id);
    let me = world.identity.me(&who).await.unwrap();
    assert_eq!(
        (me.user, me.tenant, me.role),
        (Some(session.user), session.tenant, Some(Role::Admin))
    );

    assert_eq!(
        world
            .count("SELECT count(*) FROM phony.subscriptions WHERE price_book = 'standard'")
            .await,
        1
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM phony.personalities WHERE preset IS NOT NULL")
            .await,
        10
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM phony.audit_log WHERE action = 'tenant.sign_up'")
            .await,
        1
    );
    let hash_form = "SELECT count(*) FROM phony.user_credentials
        WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(world.count(hash_form).await, 1);
}

#[tokio::test]
async fn companies_of_one_name_get_different_slugs() {
    let world = World::new().await;
    let first = world.company("acme").await;
    let second = SignUp {
        email: "other@acme.test".to_owned(),
        ..sign_up("acme")
    };
    let second = world.identity.sign_up(second, "").await.unwrap();
    assert_eq!(first.tenant.slug, "acme");
    assert!(second.tenant.slug.starts_with("acme-"), "{}", second.tenant.slug);
    assert_ne!(first.tenant.id, second.tenant.id);
}

#[tokio::test]
async fn every_fault_of_a_sign_up_is_told_at_once() {
    let world = World::new().await;
    let bad = SignUp {
        company: "  ".to_owned(),
        name: "x".repeat(101),
        email: "nobody".to_owned(),
        password: "password1234".into(),
        time_zone: Some("Mars; DROP TABLE".to_owned()),
    };
    let refused = world.identity.sign_up(bad, "").await.unwrap_err();
    let params: Vec<&str> = refused
        .fields()
        .iter()
        .map(|field| field.param.as_str())
        .collect();
    assert_eq!(params, ["company", "name", "email", "password", "time_zone"]);
    let unknown = SignUp {
        time_zone: Some("Mars/Olympus".to_owned()),
        ..sign_up("acme")
    };
    let refused = world.identity.sign_up(unknown, "").await.unwrap_err();
    assert_eq!(refused.fields()[0].param, "time_zone");
    assert_eq!(world.count("SELECT count(*) FROM phony.tenants").await, 0);
}

#[tokio::test]
async fn sign_in_needs_address_and_password_and_tells_nothing_else() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let good = world
        .identity
        .log_in(log_in(" Admin@ACME.test ", PASSWORD, None), "")
        .await
        .unwrap();
    assert_eq!(good.tenant, session.tenant);
    for (email, password) in [
        ("admin@acme.test", "another password"),
        ("nobody@acme.test", PASSWORD),
        ("", PASSWORD),
        ("admin@acme.test", ""),
        ("admin\0@acme.test", PASSWORD),
    ] {
        let refused = world
            .identity
            .log_in(log_in(email, password, None), "")
            .await
            .unwrap_err();
        assert_eq!(
            (refused.kind(), refused.code()),
            (Kind::Unauthenticated, "wrong_credentials"),
            "{email}"
        );
    }
    // Another company's id says no more than a wrong password.
    let elsewhere = Some(TenantId::new());
    let refused = world
        .identity
        .log_in(log_in("admin@acme.test", PASSWORD, elsewhere), "")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "wrong_credentials");
}

#[tokio::test]
async fn a_person_of_two_companies_chooses_or_gets_the_first_active_one() {
    let world = World::new().await;
    let (acme, globex) = (
        world.confirmed_company("acme").await,
        world.company("globex").await,
    );
    let both = NewMember {
        email: "admin@acme.test".to_owned(),
        name: "Ana".to_owned(),
        role: Role::Viewer,
        password: "not used, there is one".into(),
    };
    let user = world.identity.add_member(globex.tenant.id, &both).await.unwrap();
    assert_eq!(user, acme.user.id);
    assert_eq!(world.log_in("admin@acme.test").await.tenant.id, acme.tenant.id);
    let chosen = Some(globex.tenant.id);
    let session = world
        .identity
        .log_in(log_in("admin@acme.test", PASSWORD, chosen), "")
        .await
        .unwrap();
    assert_eq!(
        (session.tenant.id, session.role),
        (globex.tenant.id, Role::Viewer)
    );

    world
        .execute("UPDATE phony.tenants SET status = 'suspended' WHERE slug = 'acme'")
        .await;
    assert_eq!(world.log_in("admin@acme.test").await.tenant.id, globex.tenant.id);
    let chosen = Some(acme.tenant.id);
    let refused = world
        .identity
        .log_in(log_in("admin@acme.test", PASSWORD, chosen), "")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "tenant_suspended");
}

#[tokio::test]
async fn guessing_is_slowed_down_but_nobody_is_locked_out() {
    let world = World::new().await;
    world.confirmed_company("acme").await;
    let guess = || {
        world
            .identity
            .log_in(log_in("admin@acme.test", "a wrong password", None), "203.0.113.9")
    };
    for _ in 0..5 {
        assert_eq!(guess().await.unwrap_err().code(), "wrong_credentials");
    }
    let refused = guess().await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.retry_after_seconds()),
        (Kind::RateLimited, Some(1))
    );
    world.wait(1);
    world.log_in("admin@acme.test").await;
    assert_eq!(
        guess().await.unwrap_err().code(),
        "wrong_credentials",
        "a good sign-in starts anew"
    );
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_everywhere() {
    let world = World::new().await;
    let session = world.company("acme").await;
    world.execute("UPDATE phony.users SET disabled_at = now()").await;
    let input = log_in("admin@acme.test", PASSWORD, None);
    assert_eq!(
        world.identity.log_in(input, "").await.unwrap_err().code(),
        "wrong_credentials"
    );
    assert!(world.identity.authenticate(&session.access_token).await.is_err());
    assert!(
        world
            .identity
            .refresh(session.refresh_token.as_deref().unwrap(), "")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let who = world.principal(&session).await;
    let (tenant, user, _) = ids(&who);
    let refused = world
        .identity
        .change_role(&who, user, Role::Viewer)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "last_admin");
    let second = NewMember {
        email: "ben@acme.test".to_owned(),
        name: "Ben".to_owned(),
        role: Role::Admin,
        password: PASSWORD.into(),
    };
    world.identity.add_member(tenant, &second).await.unwrap();
    world
        .identity
        .change_role(&who, user, Role::Viewer)
        .await
        .unwrap();
    assert_eq!(world.log_in("admin@acme.test").await.role, Role::Viewer);
}
