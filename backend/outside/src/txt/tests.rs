//! Against a server of our own, and against noise.

use proptest::prelude::*;

use super::*;

/// An answer to a question, with these texts.
fn answer(question: &[u8], flags: u16, texts: &[&[&str]]) -> Vec<u8> {
    let mut bytes = question[..2].to_vec();
    bytes.extend_from_slice(&flags.to_be_bytes());
    bytes.extend_from_slice(&[0, 1]);
    bytes.extend_from_slice(&u16::try_from(texts.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0]);
    bytes.extend_from_slice(&question[12..question.len() - 11]);
    for pieces in texts {
        bytes.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
        let data: Vec<u8> = pieces
            .iter()
            .flat_map(|piece| {
                let mut data = vec![u8::try_from(piece.len()).unwrap()];
                data.extend_from_slice(piece.as_bytes());
                data
            })
            .collect();
        bytes.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&data);
    }
    bytes
}

#[tokio::test]
async fn texts_are_found_and_a_foreign_answer_is_passed_over() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = server.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut question = [0; 512];
        let (length, from) = server.recv_from(&mut question).await.unwrap();
        let question = &question[..length];
        let mut forged = answer(question, 0x8180, &[&["forged"]]);
        forged[0] ^= 0xff;
        server.send_to(&forged, from).await.unwrap();
        let good = answer(
            question,
            0x8180,
            &[&["v=spf1 -all"], &["phony-domain-", "verification=x"]],
        );
        server.send_to(&good, from).await.unwrap();
    });
    let texts = TxtResolver::at(at).lookup("_phony.Example.com").await.unwrap();
    assert_eq!(texts, ["v=spf1 -all", "phony-domain-verification=x"]);
    serving.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_fetched_whole() {
    let stream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = stream.local_addr().unwrap();
    let server = UdpSocket::bind(at).await.unwrap();
    let serving = tokio::spawn(async move {
        let mut question = [0; 512];
        let (length, from) = server.recv_from(&mut question).await.unwrap();
        let cut = answer(&question[..length], 0x8380, &[]);
        server.send_to(&cut, from).await.unwrap();
        let (mut socket, _) = stream.accept().await.unwrap();
        let length = usize::from(socket.read_u16().await.unwrap());
        let mut question = vec![0; length];
        socket.read_exact(&mut question).await.unwrap();
        let whole = answer(&question, 0x8180, &[&["long"]]);
        socket
            .write_u16(u16::try_from(whole.len()).unwrap())
            .await
            .unwrap();
        socket.write_all(&whole).await.unwrap();
    });
    assert_eq!(TxtResolver::at(at).lookup("a.example").await.unwrap(), ["long"]);
    serving.await.unwrap();
}

#[test]
fn answers_are_told_apart() {
    let question = question(7, "a.example").unwrap();
    let missing = answer(&question, 0x8183, &[]);
    assert_eq!(read(&missing, 7, &question), Read::Texts(Vec::new()));
    assert_eq!(read(&answer(&question, 0x8182, &[]), 7, &question), Read::Useless);
    assert_eq!(read(&answer(&question, 0x8180, &[]), 8, &question), Read::NotOurs);
    assert_eq!(
        read(&question, 7, &question),
        Read::NotOurs,
        "a question is no answer"
    );
    let other = super::question(7, "b.example").unwrap();
    assert_eq!(
        read(&answer(&other, 0x8180, &[&["x"]]), 7, &question),
        Read::NotOurs
    );
}

#[test]
fn only_names_are_asked_for() {
    for bad in ["", ".", "a..b", "a b.example", "ä.example", "a/b.example"] {
        assert!(question(1, bad).is_none(), "{bad}");
    }
    assert!(question(1, &"a.".repeat(150)).is_none());
    assert!(question(1, &format!("{}.example", "a".repeat(64))).is_none());
    assert!(question(1, "_phony.xn--mnchen-3ya.example.").is_some());
}

#[test]
fn servers_are_read_of_the_configuration() {
    let text = "# comment\nnameserver 192.0.2.1\nsearch x\nnameserver fe80::1%eth0\nnameserver nonsense\n";
    let found: Vec<String> = read_servers(text).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["192.0.2.1:53", "[fe80::1]:53"]);
}

proptest! {
    #[test]
    fn noise_is_no_answer_and_breaks_nothing(noise in proptest::collection::vec(any::<u8>(), 0..400), cut in 0_usize..80) {
        let question = question(7, "a.example").unwrap();
        let _ = read(&noise, 7, &question);
        let mut near = answer(&question, 0x8180, &[&["x"], &["yy", "z"]]);
        near.truncate(near.len().saturating_sub(cut));
        near.extend_from_slice(&noise);
        let _ = read(&near, 7, &question);
    }
}
