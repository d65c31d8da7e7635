//! Whose an address is: nobody learns from a sign-up whether it is known, and nobody takes what is another's.

use std::time::{Duration, Instant};

use phony_app::identity::{AcceptInvitation, EmailOutcome, Invite, LogIn, Session, SignUp};
use phony_kernel::{Kind, Result, Role, TenantId};

use crate::support::{PASSWORD, World, ids, sign_up};

const EMAIL: &str = "admin@acme.test";
/// Of whoever signs up with an address that is another's.
const OTHER: &str = "copper thistle raft 81";

/// A sign-up with the address of Acme's admin, for another company.
fn again(company: &str) -> SignUp {
    SignUp {
        email: "ADMIN@acme.test".to_owned(),
        password: OTHER.into(),
        ..sign_up(company)
    }
}

impl World {
    async fn enter(&self, email: &str, password: &str, tenant_id: Option<TenantId>) -> Result<Session> {
        let input = LogIn {
            email: email.to_owned(),
            password: password.into(),
            totp: None,
            tenant_id,
        };
        self.identity.log_in(input, "").await
    }

    async fn confirm(&self, token: &str) -> EmailOutcome {
        self.identity.verify_email(token).await.unwrap().outcome
    }
}

#[tokio::test]
async fn a_known_address_signs_up_as_an_unknown_one_does_and_opens_nothing_of_its_owner() {
    let world = World::new().await;
    let acme = world.confirmed_company("acme").await;
    let globex = world.identity.sign_up(again("globex"), "").await.unwrap();
    assert_ne!(globex.user.id, acme.user.id);
    // Each password opens its own account and no other.
    let owner = world.enter(EMAIL, PASSWORD, None).await.unwrap();
    assert_eq!(
        (owner.user, owner.tenant.clone()),
        (acme.user, acme.tenant.clone())
    );
    let stranger = world.enter(EMAIL, OTHER, None).await.unwrap();
    assert_eq!(
        (stranger.user.id, stranger.tenant.id),
        (globex.user.id, globex.tenant.id)
    );
    for (password, of_another) in [(PASSWORD, globex.tenant.id), (OTHER, acme.tenant.id)] {
        let refused = world.enter(EMAIL, password, Some(of_another)).await.unwrap_err();
        assert_eq!(refused.code(), "wrong_credentials");
    }
    // Nor does it confirm that somebody is there.
    let who = world.principal(&stranger).await;
    let step_up = world.identity.step_up(&who, PASSWORD.into(), None, "").await;
    assert_eq!(step_up.unwrap_err().fields()[0].code, "wrong");
    world
        .identity
        .step_up(&who, OTHER.into(), None, "")
        .await
        .unwrap();
    // Only the mail says that there is an account.
    let letters = world.letters(EMAIL).await;
    assert_eq!(letters[0].subject, "Confirm your e-mail address");
    assert_eq!(letters[1].subject, "Is globex yours, too?");
    world.wait(61);
    world.identity.resend_verification(&who).await.unwrap();
    assert_eq!(world.letters(EMAIL).await[2].subject, "Is globex yours, too?");
}

#[tokio::test]
async fn what_was_signed_up_with_an_address_goes_to_its_owner_once_they_say_so() {
    let world = World::new().await;
    let acme = world.confirmed_company("acme").await;
    let globex = world.identity.sign_up(again("globex"), "").await.unwrap();
    let stranger = world.principal(&globex).await;
    let token = world.token(EMAIL).await;
    assert_eq!(world.confirm(&token).await, EmailOutcome::Joined);
    assert!(world.identity.verify_email(&token).await.is_err(), "once");
    // The account of the link is at an end, with its sessions and its password.
    let over = world
        .identity
        .authenticate(&globex.access_token)
        .await
        .unwrap_err();
    assert_eq!(over.kind(), Kind::Unauthenticated);
    let refresh = globex.refresh_token.as_deref().unwrap();
    assert!(world.identity.refresh(refresh, "").await.is_err());
    assert!(world.enter(EMAIL, OTHER, None).await.is_err());
    // The owner has both companies.
    let owner = world
        .enter(EMAIL, PASSWORD, Some(globex.tenant.id))
        .await
        .unwrap();
    assert_eq!((owner.user.id, owner.role), (acme.user.id, Role::Admin));
    let who = world.principal(&owner).await;
    let members = world.identity.list_members(&who, None, None).await.unwrap();
    let members: Vec<_> = members.data.iter().map(|member| member.email.as_str()).collect();
    assert_eq!(members, [EMAIL]);
    assert_ne!(ids(&stranger).1, acme.user.id);
    let joined = "SELECT count(*) FROM phony.audit_log WHERE action = 'email.verify' AND detail->>'outcome' = 'joined'";
    assert_eq!(world.count(joined).await, 1);
    // Nothing of the address is left at the account that ended.
    let left = "SELECT count(*) FROM phony.users WHERE lower(email) = 'admin@acme.test'";
    assert_eq!(world.count(left).await, 1);
}

#[tokio::test]
async fn whoever_signs_up_first_does_not_have_the_address_before_it_is_confirmed() {
    let world = World::new().await;
    let thief = world.identity.sign_up(again("thieves"), "").await.unwrap();
    let of_thief = world.token(EMAIL).await;
    // Its owner is not turned away, and has the first account that is confirmed.
    let acme = world.company("acme").await;
    assert_eq!(
        world.confirm(&world.token(EMAIL).await).await,
        EmailOutcome::Confirmed
    );
    assert_eq!(world.enter(EMAIL, PASSWORD, None).await.unwrap().user, acme.user);
    // Whoever wants them in a company invites an account with their password, not the thief's.
    let chief = world.principal(&world.company("globex").await).await;
    let invite = Invite {
        email: EMAIL.to_owned(),
        role: Role::Admin,
    };
    world.identity.invite(&chief, &invite).await.unwrap();
    let token = world.token(EMAIL).await;
    let accept = |password: &str| AcceptInvitation {
        token: token.clone(),
        name: None,
        password: Some(password.into()),
        totp: None,
    };
    let refused = world.identity.accept_invitation(accept(OTHER), None, "").await;
    assert_eq!(refused.unwrap_err().code(), "wrong_credentials");
    let came = world.identity.accept_invitation(accept(PASSWORD), None, "").await;
    assert_eq!(came.unwrap().user, acme.user);
    // What the thief made is the owner's if they want it.
    assert_eq!(world.confirm(&of_thief).await, EmailOutcome::Joined);
    assert!(world.identity.authenticate(&thief.access_token).await.is_err());
}

#[tokio::test]
async fn an_address_that_nobody_has_confirmed_is_new_to_whoever_is_invited() {
    let world = World::new().await;
    let thief = world.identity.sign_up(again("thieves"), "").await.unwrap();
    let chief = world.principal(&world.company("globex").await).await;
    let invite = Invite {
        email: EMAIL.to_owned(),
        role: Role::Viewer,
    };
    world.identity.invite(&chief, &invite).await.unwrap();
    let token = world.token(EMAIL).await;
    let preview = world.identity.look_at_invitation(&token).await.unwrap();
    assert!(!preview.has_account);
    let accept = AcceptInvitation {
        token: token.clone(),
        name: Some("Ana".to_owned()),
        password: Some(PASSWORD.into()),
        totp: None,
    };
    // Not as somebody who has yet to show that the address is theirs.
    let who = world.principal(&thief).await;
    let refused = world
        .identity
        .accept_invitation(accept.clone(), Some(&who), "")
        .await;
    assert_eq!(refused.unwrap_err().code(), "email_not_verified");
    let came = world.identity.accept_invitation(accept, None, "").await.unwrap();
    assert_ne!(came.user.id, thief.user.id);
    assert_eq!(world.enter(EMAIL, PASSWORD, None).await.unwrap().user, came.user);
}

#[tokio::test]
async fn two_links_of_one_address_at_once_leave_one_owner_of_both_companies() {
    let world = World::new().await;
    let first = world.company("acme").await;
    let of_first = world.token(EMAIL).await;
    let second = world.identity.sign_up(again("globex"), "").await.unwrap();
    let of_second = world.token(EMAIL).await;
    let other = world.other_instance();
    let (one, two) = tokio::join!(
        world.identity.verify_email(&of_first),
        other.verify_email(&of_second)
    );
    let mut outcomes =
        [one.unwrap().outcome, two.unwrap().outcome].map(|outcome| outcome == EmailOutcome::Joined);
    outcomes.sort_unstable();
    assert_eq!(outcomes, [false, true]);
    let owners = "SELECT count(DISTINCT user_id) FROM phony.memberships";
    assert_eq!(world.count(owners).await, 1);
    assert_eq!(world.count("SELECT count(*) FROM phony.memberships").await, 2);
    assert_ne!(first.tenant.id, second.tenant.id);
}

#[tokio::test]
async fn who_signs_up_with_an_address_does_not_wipe_out_their_guesses_at_its_owner() {
    let world = World::new().await;
    world.confirmed_company("acme").await;
    world.identity.sign_up(again("globex"), "").await.unwrap();
    for _ in 0..5 {
        let wrong = world.enter(EMAIL, "none of the two passwords", None).await;
        assert_eq!(wrong.unwrap_err().code(), "wrong_credentials");
        // The last of these comes too soon after the fifth failure.
        let _ = world.enter(EMAIL, OTHER, None).await;
    }
    let guess = world.enter(EMAIL, "none of the two passwords", None).await;
    assert_eq!(guess.unwrap_err().code(), "too_many_attempts");
}

#[tokio::test]
async fn nobody_is_flooded_with_mails_by_signing_up() {
    let world = World::new().await;
    world.confirmed_company("acme").await;
    world.wait(16 * 60);
    let unknown = |company: &str| SignUp {
        email: "nobody@example.test".to_owned(),
        ..again(company)
    };
    for round in 0..5 {
        let company = format!("company {round}");
        world.identity.sign_up(again(&company), "").await.unwrap();
        world.identity.sign_up(unknown(&company), "").await.unwrap();
    }
    for sign_up in [again("one too many"), unknown("one too many")] {
        let refused = world.identity.sign_up(sign_up, "").await.unwrap_err();
        assert_eq!(refused.code(), "too_many_attempts");
    }
    world.wait(16 * 60);
    world.identity.sign_up(unknown("later"), "").await.unwrap();
}

/// How often medians that differ are taken anew: the machine may have other things to do.
const AGAIN: usize = 4;
/// How far apart nobody can tell over a network.
const ALIKE: Duration = Duration::from_millis(5);

/// Median times of something done with known and with unknown addresses, in turn, 200 times each.
async fn medians(of: &mut impl AsyncFnMut(&str)) -> (Duration, Duration) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..200 {
        let mut kinds = [("acme", &mut known), ("nobody", &mut unknown)];
        // Neither always comes first.
        kinds.rotate_left(n % 2);
        for (name, times) in kinds {
            let email = format!("admin@{name}{}.test", n % 10);
            let began = Instant::now();
            of(&email).await;
            times.push(began.elapsed());
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    (median(known), median(unknown))
}

/// Fails if known and unknown addresses take times that can be told apart.
async fn assert_alike(what: &str, mut of: impl AsyncFnMut(&str)) {
    let mut last = Vec::new();
    for _ in 0..AGAIN {
        let (known, unknown) = medians(&mut of).await;
        if known.abs_diff(unknown) < ALIKE {
            return;
        }
        last.push((known, unknown));
    }
    panic!("{what}: known and unknown {last:?}");
}

#[tokio::test]
#[ignore = "cargo xtask check surface"]
async fn signing_up_and_signing_in_take_as_long_with_a_known_address() {
    let world = World::new().await;
    for n in 0..10 {
        world.confirmed_company(&format!("acme{n}")).await;
    }
    assert_alike("sign-up", async |email| {
        // Each address may be used five times without waiting.
        world.wait(16 * 60);
        let sign_up = SignUp {
            email: email.to_owned(),
            ..again("globex")
        };
        world.identity.sign_up(sign_up, "").await.unwrap();
    })
    .await;
    // By now both have an account that nobody has confirmed.
    assert_alike("sign-in", async |email| {
        drop(world.enter(email, OTHER, None).await.unwrap());
    })
    .await;
    assert_alike("refused", async |email| {
        world.wait(16 * 60);
        drop(
            world
                .enter(email, "none of the two passwords", None)
                .await
                .unwrap_err(),
        );
    })
    .await;
}
