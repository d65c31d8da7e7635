//! Invitations, members and confirmed addresses.

use phony_app::identity::{AcceptInvitation, Invite, Session};
use phony_app::{Principal, Who};
use phony_kernel::{Error, Kind, Permission, Result, Role};

use crate::support::{PASSWORD, World, ids};

fn with(token: &str, name: Option<&str>, password: Option<&str>) -> AcceptInvitation {
    AcceptInvitation {
        token: token.to_owned(),
        name: name.map(str::to_owned),
        password: password.map(Into::into),
        totp: None,
    }
}

fn invite(email: &str, role: Role) -> Invite {
    Invite {
        email: email.to_owned(),
        role,
    }
}

/// Code of the only field at fault.
fn fault(error: &Error) -> &str {
    assert_eq!(error.kind(), Kind::Invalid, "{error:?}");
    &error.fields()[0].code
}

impl World {
    async fn accept(&self, token: &str, name: Option<&str>, password: Option<&str>) -> Result<Session> {
        let input = with(token, name, password);
        self.identity.accept_invitation(input, None, "").await
    }

    /// Invites somebody and lets them come in as somebody new.
    async fn invited(&self, chief: &Principal, email: &str, role: Role) -> Session {
        self.identity.invite(chief, &invite(email, role)).await.unwrap();
        let token = self.token(email).await;
        self.accept(&token, Some("Somebody"), Some(PASSWORD))
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn who_is_invited_comes_in_once_as_what_was_said() {
    let world = World::new().await;
    let chief = world.principal(&world.company("acme").await).await;
    let made = world
        .identity
        .invite(&chief, &invite(" Ben@Acme.test ", Role::Supervisor))
        .await
        .unwrap();
    assert_eq!(
        (made.email.as_str(), made.role),
        ("Ben@Acme.test", Role::Supervisor)
    );
    let letter = &world.letters("ben@acme.test").await[0];
    assert!(
        letter.text.contains("a supervisor") && letter.text.contains("acme"),
        "{}",
        letter.text
    );
    let token = world.token("ben@acme.test").await;
    let seen = world.identity.look_at_invitation(&token).await.unwrap();
    assert_eq!((seen.company.as_str(), seen.has_account), ("acme", false));
    for (name, password, expected) in [
        (None, Some(PASSWORD), "required"),
        (Some("Ben"), Some("short"), "too_short"),
        (Some("Ben"), None, "too_short"),
    ] {
        let refused = world.accept(&token, name, password).await.unwrap_err();
        assert_eq!(fault(&refused), expected);
    }
    let session = world.accept(&token, Some("Ben"), Some(PASSWORD)).await.unwrap();
    assert_eq!(
        (session.tenant.id, session.role),
        (chief.tenant, Role::Supervisor)
    );
    let me = world.identity.me(&world.principal(&session).await).await.unwrap();
    assert_eq!(me.email_verified, Some(true), "the link was mailed there");
    // Once, and the invitation is not open any more.
    assert_eq!(
        fault(
            &world
                .accept(&token, Some("Eve"), Some(PASSWORD))
                .await
                .unwrap_err()
        ),
        "link_not_good"
    );
    let open = world.identity.list_invitations(&chief, None, None).await.unwrap();
    assert!(open.data.is_empty());
    let members = world.identity.list_members(&chief, Some(1), None).await.unwrap();
    assert_eq!(members.data[0].email, "admin@acme.test");
    let rest = world
        .identity
        .list_members(&chief, Some(1), members.next_cursor.as_deref())
        .await
        .unwrap();
    assert_eq!((rest.data[0].name.as_str(), rest.next_cursor), ("Ben", None));
    let again = world
        .identity
        .invite(&chief, &invite("BEN@acme.test", Role::Viewer))
        .await;
    assert_eq!(again.unwrap_err().code(), "already_member");
}

#[tokio::test]
async fn a_link_is_good_for_seven_days_until_the_next_one_or_until_it_is_taken_back() {
    let world = World::new().await;
    let chief = world.principal(&world.company("acme").await).await;
    let made = world
        .identity
        .invite(&chief, &invite("ben@acme.test", Role::Viewer))
        .await
        .unwrap();
    let first = world.token("ben@acme.test").await;
    let twice = world
        .identity
        .invite(&chief, &invite("Ben@acme.test", Role::Admin))
        .await;
    assert_eq!(twice.unwrap_err().code(), "already_invited");
    let soon = world
        .identity
        .resend_invitation(&chief, made.id)
        .await
        .unwrap_err();
    assert_eq!(soon.kind(), Kind::RateLimited);
    world.wait(61);
    world.identity.resend_invitation(&chief, made.id).await.unwrap();
    let second = world.token("ben@acme.test").await;
    assert!(
        world.identity.look_at_invitation(&first).await.is_err(),
        "the one before"
    );
    world.identity.look_at_invitation(&second).await.unwrap();
    world.wait(7 * 24 * 3_600 - 1);
    world.identity.look_at_invitation(&second).await.unwrap();
    world.wait(2);
    assert_eq!(
        fault(&world.identity.look_at_invitation(&second).await.unwrap_err()),
        "link_not_good"
    );
    let open = world.identity.list_invitations(&chief, None, None).await.unwrap();
    assert!(open.data[0].expired);

    world.identity.resend_invitation(&chief, made.id).await.unwrap();
    let third = world.token("ben@acme.test").await;
    world.identity.withdraw_invitation(&chief, made.id).await.unwrap();
    assert!(
        world.accept(&third, Some("Ben"), Some(PASSWORD)).await.is_err(),
        "taken back"
    );
    let gone = world
        .identity
        .withdraw_invitation(&chief, made.id)
        .await
        .unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
    // Another company's is not there at all.
    let other = world.principal(&world.company("globex").await).await;
    let made = world
        .identity
        .invite(&chief, &invite("ben@acme.test", Role::Viewer))
        .await
        .unwrap();
    for refused in [
        world
            .identity
            .withdraw_invitation(&other, made.id)
            .await
            .unwrap_err(),
        world
            .identity
            .resend_invitation(&other, made.id)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(refused.kind(), Kind::NotFound);
    }
}

#[tokio::test]
async fn an_invitation_is_for_its_address_alone() {
    let world = World::new().await;
    let chief = world.principal(&world.company("acme").await).await;
    let globex = world.confirmed_company("globex").await;
    world
        .identity
        .invite(&chief, &invite("ADMIN@globex.test", Role::Viewer))
        .await
        .unwrap();
    let token = world.token("admin@globex.test").await;
    assert!(
        world
            .identity
            .look_at_invitation(&token)
            .await
            .unwrap()
            .has_account
    );
    // Somebody else who is signed in, and somebody who does not know the password of the account.
    let refused = world
        .identity
        .accept_invitation(with(&token, None, None), Some(&chief), "")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "invitation_of_another");
    let refused = world
        .accept(&token, Some("Eve"), Some("a password of her own"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "wrong_credentials");
    // Who is signed in needs no password, and is in both companies then.
    let who = world.principal(&globex).await;
    let session = world
        .identity
        .accept_invitation(with(&token, None, None), Some(&who), "")
        .await
        .unwrap();
    assert_eq!(
        (session.tenant.id, session.user.id),
        (chief.tenant, globex.user.id)
    );
    let me = world.identity.me(&world.principal(&session).await).await.unwrap();
    let names: Vec<&str> = me.memberships.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["acme", "globex"]);
}

#[tokio::test]
async fn a_member_of_two_companies_goes_from_one_to_the_other() {
    let world = World::new().await;
    let chief = world.principal(&world.company("acme").await).await;
    let globex = world.confirmed_company("globex").await;
    world
        .identity
        .invite(&chief, &invite("admin@globex.test", Role::Supervisor))
        .await
        .unwrap();
    let token = world.token("admin@globex.test").await;
    world.accept(&token, None, Some(PASSWORD)).await.unwrap();
    world.wait(400);
    let here = world.principal(&globex).await;
    let there = world
        .identity
        .switch_tenant(&here, chief.tenant, "")
        .await
        .unwrap();
    assert_eq!((there.tenant.id, there.role), (chief.tenant, Role::Supervisor));
    let who = world.principal(&there).await;
    let Who::Member { auth_at, .. } = who.who else {
        panic!("a person")
    };
    assert!(
        world.clock.now() - auth_at > chrono::TimeDelta::seconds(300),
        "no fresh sign-in"
    );
    world.wait(5);
    assert!(
        world.identity.authenticate(&globex.access_token).await.is_err(),
        "the one before is over"
    );
    let refused = world
        .identity
        .switch_tenant(&who, phony_kernel::TenantId::new(), "")
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
}

#[tokio::test]
async fn who_is_taken_out_is_out_within_five_seconds_and_their_keys_stay() {
    let world = World::new().await;
    let chief = world.principal(&world.company("acme").await).await;
    let session = world.invited(&chief, "ben@acme.test", Role::Admin).await;
    let ben = world.principal(&session).await;
    let key = phony_app::identity::CreateKey {
        name: "Booking".to_owned(),
        scopes: vec![phony_kernel::Scope::CallsRead],
        expires_at: None,
        mode: phony_kernel::KeyMode::default(),
        allowed_cidrs: Vec::new(),
    };
    world.identity.create_key(&ben, Some("k"), &key).await.unwrap();
    let (_, user, _) = ids(&ben);
    world.other_instance().remove_member(&chief, user).await.unwrap();
    world.wait(5);
    assert!(world.identity.authenticate(&session.access_token).await.is_err());
    assert!(world.identity.recheck(&ben).await.is_err(), "open sockets too");
    let refresh = session.refresh_token.as_deref().unwrap();
    assert!(world.identity.refresh(refresh, "").await.is_err());
    let keys = world.identity.list_keys(&chief, None, None).await.unwrap();
    assert_eq!(keys.data.len(), 1);
    let again = world.identity.remove_member(&chief, user).await.unwrap_err();
    assert_eq!(again.kind(), Kind::NotFound);
    // With nowhere to go, signing in says no more than a wrong password.
    let input = phony_app::identity::LogIn {
        email: "ben@acme.test".to_owned(),
        password: PASSWORD.into(),
        totp: None,
        tenant_id: None,
    };
    assert_eq!(
        world.identity.log_in(input, "").await.unwrap_err().code(),
        "wrong_credentials"
    );
}

#[tokio::test]
async fn of_two_admins_who_leave_at_once_one_stays() {
    let world = World::new().await;
    for round in 0..10 {
        let chief = world
            .principal(&world.company(&format!("acme{round}")).await)
            .await;
        let ben = world
            .invited(&chief, &format!("ben{round}@acme.test"), Role::Admin)
            .await;
        let ben = world.principal(&ben).await;
        let other = world.other_instance();
        let (one, two) = tokio::join!(world.identity.leave(&chief), other.leave(&ben));
        let codes: Vec<_> = [one, two]
            .into_iter()
            .filter_map(Result::err)
            .map(|error| error.code())
            .collect();
        assert_eq!(codes, ["last_admin"], "round {round}");
    }
}

#[tokio::test]
async fn a_company_whose_address_is_not_confirmed_buys_and_rings_nobody() {
    let world = World::new().await;
    let session = world.company("acme").await;
    let now = world.clock.now();
    let who = world.principal(&session).await;
    for permission in [Permission::NumberBuy, Permission::CallCreate] {
        assert_eq!(
            who.require(permission, now).unwrap_err().code(),
            "email_not_verified"
        );
    }
    who.require(Permission::PersonalityWrite, now).unwrap();
    // The link goes out once in a minute.
    let refused = world.identity.resend_verification(&who).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::RateLimited);
    let first = world.token("admin@acme.test").await;
    world.wait(61);
    world.identity.resend_verification(&who).await.unwrap();
    let second = world.token("admin@acme.test").await;
    assert_eq!(
        fault(&world.identity.verify_email(&first).await.unwrap_err()),
        "link_not_good"
    );
    world.identity.verify_email(&second).await.unwrap();
    assert!(world.identity.verify_email(&second).await.is_err(), "once");
    let who = world.principal(&session).await;
    who.require(Permission::NumberBuy, world.clock.now()).unwrap();
    assert_eq!(
        world.identity.resend_verification(&who).await.unwrap_err().code(),
        "already_verified"
    );
    // A day, and no longer.
    let globex = world.company("globex").await;
    let late = world.token("admin@globex.test").await;
    world.wait(24 * 3_600 + 1);
    assert!(world.identity.verify_email(&late).await.is_err());
    assert_ne!(globex.tenant.id, session.tenant.id);
}
