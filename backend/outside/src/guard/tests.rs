//! Forms of URLs, and names that answer differently each time.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Mutex;

use super::*;

/// Where one of our own would be.
const PRIVATE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
/// Stands for the public internet, by a guard that lets it.
const PUBLIC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Names whose answers change: each look-up takes the next, and the last one stays.
#[derive(Clone, Default)]
struct Changing(Arc<Mutex<HashMap<String, Answers>>>);

#[derive(Default)]
struct Answers {
    next: Vec<Vec<IpAddr>>,
    asked: usize,
}

impl Changing {
    fn say(&self, name: &str, answers: &[&[IpAddr]]) {
        let answers = Answers {
            next: answers.iter().map(|answer| answer.to_vec()).collect(),
            asked: 0,
        };
        self.0.lock().unwrap().insert(name.to_owned(), answers);
    }

    fn asked(&self, name: &str) -> usize {
        self.0
            .lock()
            .unwrap()
            .get(name)
            .map_or(0, |answers| answers.asked)
    }
}

impl Names for Changing {
    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut names = self.0.lock().unwrap();
        let answers = names.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        let answer = &answers.next[answers.asked.min(answers.next.len() - 1)];
        answers.asked += 1;
        Ok(answer.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
    }
}

/// Why a request was not sent.
fn refusal(error: &reqwest::Error) -> Option<Refused> {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(refused) = found.downcast_ref::<Refused>() {
            return Some(*refused);
        }
        cause = found.source();
    }
    None
}

/// Ways to name this machine or a neighbour of it, and other things that no request may go to.
const FORMS: &[&str] = &[
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "https://",
    "//example.com",
    "example.com",
    "",
    "https://user@example.com/",
    "https://user:word@example.com/",
    "https://example.com/#part",
    "https://example.com:22/",
    "https://example.com:80/",
    "https://example.com:6379/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://app.localhost/",
    "https://redis/",
    "https://postgres:443/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://10.1/",
    "https://167772161/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xA9FEA9FE/",
    "https://2852039166/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://①②⑦.⓪.⓪.①/",
    "https://１２７.0.0.1/",
    "https://example.com /",
    "https://exa\tmple.com/",
    "https://example.com\\@127.0.0.1/#",
];

#[test]
fn ssrf_sixty_forms_of_urls_lead_nowhere() {
    assert!(FORMS.len() >= 60, "{}", FORMS.len());
    for form in FORMS {
        assert!(Guard::public().check(form).is_err(), "{form}");
    }
    let long = format!("https://example.com/{}", "x".repeat(MAX_URL));
    assert_eq!(Guard::public().check(&long), Err(Refused::NotAUrl));
}

#[test]
fn public_urls_are_taken() {
    for good in [
        "https://example.com",
        "https://login.example.com/tenant/v2.0",
        "https://example.com:8443/realms/a",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
    ] {
        assert!(Guard::public().check(good).is_ok(), "{good}");
    }
}

#[test]
fn this_machine_is_reached_only_when_allowed() {
    let open = Guard::with_loopback(true);
    for local in [
        "http://127.0.0.1:9000/oidc",
        "http://localhost:9000",
        "https://[::1]:9000/",
    ] {
        assert!(open.check(local).is_ok(), "{local}");
        assert!(Guard::with_loopback(false).check(local).is_err(), "{local}");
    }
    for other in ["http://10.0.0.1/", "http://example.com/", "https://192.168.0.1/"] {
        assert!(open.check(other).is_err(), "{other}");
    }
}

#[tokio::test]
async fn ssrf_a_name_that_leads_to_this_machine_is_refused_at_the_connection() {
    assert_eq!(
        Guard::public().resolve("localhost", 443).await,
        Err(Refused::NotPublic)
    );
    assert_eq!(
        Guard::public().resolve("127.0.0.1", 443).await,
        Err(Refused::NotPublic)
    );
    assert!(Guard::with_loopback(true).resolve("localhost", 443).await.is_ok());
    let server = wiremock::MockServer::start().await;
    let port = server.address().port();
    let client = Guard::public().client(Duration::from_secs(5)).unwrap();
    let refused = client
        .get(format!("http://localhost:{port}/"))
        .send()
        .await
        .unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn ssrf_two_answer_dns_the_address_used_is_the_one_that_was_checked() {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let port = server.address().port();
    let names = Changing::default();
    let guard = Guard::with_loopback(true);
    let client = || guard.builder_by(names.clone()).build().unwrap();
    let url = |name: &str| format!("http://{name}:{port}/");

    // Public when it is asked first, private ever after: there is no second question, so the request arrives.
    names.say("first.example", &[&[PUBLIC], &[PRIVATE]]);
    let sent = client().get(url("first.example")).send().await.unwrap();
    assert_eq!(sent.status(), 204);
    assert_eq!(sent.remote_addr().unwrap().ip(), PUBLIC);
    assert_eq!(names.asked("first.example"), 1);

    // The next delivery asks anew, and what it is told is checked anew.
    let refused = client().get(url("first.example")).send().await.unwrap_err();
    assert_eq!(refusal(&refused), Some(Refused::NotPublic), "{refused:?}");

    // One good address among bad ones is none: the client would try them all.
    for answer in [&[PUBLIC, PRIVATE], &[PRIVATE, PUBLIC]] {
        names.say("both.example", &[answer]);
        let refused = client().get(url("both.example")).send().await.unwrap_err();
        assert_eq!(refusal(&refused), Some(Refused::NotPublic), "{refused:?}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn ssrf_change_between_save_and_send_is_refused_at_the_send() {
    let server = wiremock::MockServer::start().await;
    let port = server.address().port();
    let names = Changing::default();
    // Saved by its form alone: the name may lead anywhere by the time that it is asked.
    let saved = Guard::public().check("https://hooks.example:8443/").unwrap();
    let client = Guard::public().builder_by(names.clone()).build().unwrap();
    for (inside, mapped) in [
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("10.0.0.1", "::ffff:10.0.0.1"),
        ("169.254.169.254", "64:ff9b::a9fe:a9fe"),
        ("fd00:ec2::254", "2002:7f00:1::"),
    ] {
        for address in [inside, mapped] {
            names.say("hooks.example", &[&[address.parse().unwrap()]]);
            for url in [saved.as_str(), &format!("http://hooks.example:{port}/")] {
                let refused = client.post(url).send().await.unwrap_err();
                assert_eq!(
                    refusal(&refused),
                    Some(Refused::NotPublic),
                    "{address} {refused:?}"
                );
            }
        }
    }
    // A name that is gone.
    names.say("hooks.example", &[&[]]);
    let refused = client.post(saved.clone()).send().await.unwrap_err();
    assert_eq!(refusal(&refused), Some(Refused::NotFound));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn ssrf_a_redirect_is_not_followed() {
    let (server, inside) = (
        wiremock::MockServer::start().await,
        wiremock::MockServer::start().await,
    );
    let away = wiremock::ResponseTemplate::new(307).insert_header("location", inside.uri());
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(away)
        .mount(&server)
        .await;
    let client = Guard::with_loopback(true)
        .client(Duration::from_secs(20))
        .unwrap();
    let answer = client.post(server.uri()).body("words").send().await.unwrap();
    assert_eq!(answer.status(), 307);
    assert!(inside.received_requests().await.unwrap().is_empty());
}
