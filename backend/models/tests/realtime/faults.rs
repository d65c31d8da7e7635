//! What goes wrong is found in time and told apart.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use phony_models::realtime::protocol::{ClientEvent, ServerEvent};
use phony_models::realtime::{RealtimeClient, RealtimeConfig, RealtimeErrorKind as K, RealtimeLimits};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{PATIENCE, SHORT, client_of, close, config, end, heard, limits, raw, say, server};

#[tokio::test]
async fn a_refused_upgrade_says_why() {
    for (status, kind, retryable) in [
        ("401 Unauthorized", K::Unauthenticated, false),
        ("403 Forbidden", K::Forbidden, false),
        ("404 Not Found", K::ModelNotFound, false),
        ("503 Service Unavailable", K::Server, true),
    ] {
        let client = raw(limits(), move |mut stream| async move {
            let mut seen = [0; 2_048];
            let _ = stream.read(&mut seen).await.unwrap();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let error = client.connect("m").await.unwrap_err();
        assert_eq!((error.kind, error.retryable()), (kind, retryable), "{status}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_never_answers_is_told_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client_of(address, limits()).connect("m").await.unwrap_err();
    assert_eq!((error.kind, error.retryable()), (K::Connect, true));

    let client = raw(
        RealtimeLimits {
            connect: SHORT,
            ..limits()
        },
        |stream| async move {
            let _held = stream;
            std::future::pending::<()>().await;
        },
    )
    .await;
    let began = Instant::now();
    let error = client.connect("m").await.unwrap_err();
    assert_eq!((error.kind, error.retryable()), (K::Connect, true));
    assert!(began.elapsed() >= SHORT && began.elapsed() < PATIENCE);

    let client = server(
        RealtimeLimits {
            start: SHORT,
            ..limits()
        },
        |mut socket| async move { while let Some(Ok(_)) = socket.next().await {} },
    )
    .await;
    let error = client.open("m", &config()).await.unwrap_err();
    assert_eq!((error.kind, error.retryable()), (K::StartTimeout, true));
}

#[tokio::test]
async fn a_refusal_behind_the_upgrade_is_typed() {
    for (code, kind) in [
        ("invalid_api_key", K::Unauthenticated),
        ("beta_api_shape_disabled", K::BetaShape),
        ("model_not_found", K::ModelNotFound),
        ("insufficient_quota", K::QuotaExhausted),
        ("session_expired", K::SessionExpired),
    ] {
        let client = server(limits(), move |mut socket| async move {
            say(
                &mut socket,
                json!({"type": "error", "error": {"type": "invalid_request_error", "code": code}}),
            )
            .await;
            close(&mut socket, 4000, "invalid_request_error.other").await;
        })
        .await;
        let error = client.open("m", &config()).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
    }
}

#[tokio::test]
async fn settings_that_are_refused_end_the_start() {
    let client = server(limits(), |mut socket| async move {
        say(&mut socket, json!({"type": "session.created", "session": {}})).await;
        let update = heard(&mut socket).await;
        say(
            &mut socket,
            json!({"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_value",
            "message": "m", "param": "session.audio.output.voice", "event_id": update["event_id"]}}),
        )
        .await;
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let error = client.open("m", &config()).await.unwrap_err();
    assert_eq!((error.kind, error.retryable()), (K::Configuration, false));
    assert_eq!(error.param.as_deref(), Some("session.audio.output.voice"));

    let client = server(limits(), |mut socket| async move {
        say(&mut socket, json!({"type": "session.created", "session": {}})).await;
        heard(&mut socket).await;
        let format = json!({"format": {"type": "audio/pcm", "rate": 24_000}});
        say(
            &mut socket,
            json!({"type": "session.updated", "session": {"audio": {"output": format}}}),
        )
        .await;
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let error = client.open("m", &config()).await.unwrap_err();
    assert_eq!(
        error.param.as_deref(),
        Some("audio.format"),
        "noise must not reach the caller"
    );

    let mut wrong = config();
    wrong.speed = Some(9.0);
    let error = client.open("m", &wrong).await.unwrap_err();
    assert_eq!(
        (error.kind, error.param.as_deref()),
        (K::Configuration, Some("speed"))
    );
}

#[tokio::test]
async fn close_codes_are_told_apart() {
    for (code, reason, kind, retryable) in [
        (
            3000,
            "invalid_request_error.invalid_api_key",
            K::Unauthenticated,
            false,
        ),
        (3000, "", K::Unauthenticated, false),
        (
            4000,
            "invalid_request_error.beta_api_shape_disabled",
            K::BetaShape,
            false,
        ),
        (4000, "", K::Configuration, false),
        (4004, "", K::ModelNotFound, false),
        (4000, "insufficient_quota", K::QuotaExhausted, false),
        (
            1001,
            "Your session hit the maximum duration of 60 minutes.",
            K::SessionExpired,
            true,
        ),
        (1001, "", K::Disconnected, true),
        (1000, "", K::Disconnected, true),
        (1011, "keepalive ping timeout", K::Server, true),
        (1012, "", K::Disconnected, true),
        (1013, "", K::Server, true),
    ] {
        let client = server(limits(), move |mut socket| async move {
            close(&mut socket, code, reason).await;
        })
        .await;
        let mut session = client.connect("m").await.unwrap();
        let error = end(&mut session).await;
        assert_eq!(
            (error.kind, error.retryable()),
            (kind, retryable),
            "{code} {reason}"
        );
        assert_eq!(error.close_code, Some(code));
        assert!(session.recv().await.is_err(), "nothing follows");
        assert!(session.send(&ClientEvent::CommitAudio, None).is_err());
    }
}

#[tokio::test]
async fn what_came_before_a_broken_line_is_not_lost() {
    let client = server(limits(), |mut socket| async move {
        say(
            &mut socket,
            json!({"type": "error", "error": {"code": "server_error"}}),
        )
        .await;
        drop(socket);
    })
    .await;
    let mut session = client.connect("m").await.unwrap();
    let message = session.recv().await.unwrap();
    let Ok(ServerEvent::Error(fault)) = message.event() else {
        panic!("{message:?}");
    };
    assert_eq!(fault.class(), K::Server);
    let error = end(&mut session).await;
    assert_eq!((error.kind, error.close_code), (K::Disconnected, None));
}

#[tokio::test]
async fn a_line_that_is_half_open_is_found() {
    let client = server(
        RealtimeLimits {
            ping_after: SHORT,
            pong_within: SHORT,
            ..limits()
        },
        |socket| async move {
            // Neither reads nor answers, and does not close either.
            let _held = socket;
            std::future::pending::<()>().await;
        },
    )
    .await;
    let mut session = client.connect("m").await.unwrap();
    let began = Instant::now();
    let error = end(&mut session).await;
    assert_eq!((error.kind, error.retryable()), (K::HalfOpen, true));
    assert!(began.elapsed() >= SHORT * 2);
}

#[tokio::test]
async fn a_server_that_takes_nothing_stalls_the_session() {
    let client = server(
        RealtimeLimits {
            send: SHORT,
            ..limits()
        },
        |mut socket| async move {
            // Talks on, so that it is alive, but never reads.
            loop {
                let event = json!({"type": "input_audio_buffer.cleared"});
                if socket.send(Message::text(event.to_string())).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        },
    )
    .await;
    let mut session = client.connect("m").await.unwrap();
    let frame = "/".repeat(64 * 1024);
    let pushing = async {
        loop {
            // The network's own room first, then ours up to the bound, then the time.
            if let Err(error) = session.send_audio(&frame) {
                return error;
            }
            if let Err(error) = session.recv().await {
                return error;
            }
        }
    };
    let error = tokio::time::timeout(PATIENCE, pushing).await.unwrap();
    assert_eq!((error.kind, error.retryable()), (K::Stalled, true));
}

#[tokio::test]
async fn a_message_without_end_is_refused() {
    let client = server(limits(), |mut socket| async move {
        let _ = socket.send(Message::text("x".repeat(5 * 1024 * 1024))).await;
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let mut session = client.connect("m").await.unwrap();
    assert_eq!(end(&mut session).await.kind, K::Protocol);
}

#[test]
fn what_cannot_be_used_is_refused_before_a_call() {
    for url in ["https://api.openai.com/v1/realtime", "realtime", ""] {
        let error = RealtimeClient::new(&RealtimeConfig::new(url, None)).unwrap_err();
        assert_eq!(
            (error.kind, error.param.as_deref()),
            (K::Configuration, Some("url")),
            "{url}"
        );
    }
    let bad_key = RealtimeConfig::new("ws://127.0.0.1:1/v1/realtime", Some("a\nb".into()));
    assert_eq!(
        RealtimeClient::new(&bad_key).unwrap_err().param.as_deref(),
        Some("api_key")
    );
}

#[tokio::test]
async fn a_secret_line_is_never_opened_in_the_clear() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = [0; 1];
        let _ = stream.read(&mut seen).await;
        let _ = stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            .await;
        tell.send(seen[0]).unwrap();
    });
    let config = RealtimeConfig {
        limits: limits(),
        ..RealtimeConfig::new(format!("wss://{address}/v1/realtime"), Some("sk-secret".into()))
    };
    match RealtimeClient::new(&config) {
        Ok(client) => {
            let error = client.connect("m").await.unwrap_err();
            assert_eq!(error.kind, K::Connect);
            assert_eq!(told.await.unwrap(), 0x16, "the first byte of a TLS handshake");
        }
        // A machine without certificates has no secret lines at all.
        Err(error) => assert_eq!(error.param.as_deref(), Some("certificates")),
    }
}
