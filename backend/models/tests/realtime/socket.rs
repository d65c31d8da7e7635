//! A session with a server that behaves.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use phony_models::realtime::protocol::{ClientEvent, NotBase64, ServerEvent};
use phony_models::realtime::{RealtimeErrorKind as K, RealtimeLimits};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::server::{PATIENCE, SHORT, config, end, heard, limits, raw, say, server};

#[tokio::test]
async fn a_session_is_set_up_before_it_is_given() {
    let client = server(limits(), |mut socket| async move {
        say(
            &mut socket,
            json!({"type": "session.created", "session": {"id": "sess_1"}}),
        )
        .await;
        let update = heard(&mut socket).await;
        assert_eq!(update["type"], "session.update");
        assert_eq!(update["session"]["audio"]["output"]["voice"], "marin");
        say(&mut socket, json!({"type": "something.new"})).await;
        let format = json!({"format": {"type": "audio/pcmu"}});
        say(
            &mut socket,
            json!({"type": "session.updated", "session": {"id": "sess_1", "expires_at": 1_795_226_400,
            "audio": {"input": format, "output": format}}}),
        )
        .await;
        let audio = heard(&mut socket).await;
        assert_eq!(
            audio,
            json!({"type": "input_audio_buffer.append", "audio": "//+/AA=="})
        );
        let create = heard(&mut socket).await;
        assert_eq!(create, json!({"type": "response.create", "event_id": "greet"}));
        // Some servers put JSON into binary frames.
        let speech =
            json!({"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 5});
        socket.send(Message::binary(vec![0xff, 0xfe])).await.unwrap();
        socket.send(Message::binary(speech.to_string())).await.unwrap();
        let goodbye = socket.next().await.unwrap().unwrap();
        assert!(matches!(goodbye, Message::Close(Some(frame)) if u16::from(frame.code) == 1000));
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let (mut session, info) = client.open("gpt-realtime-2.1", &config()).await.unwrap();
    assert_eq!(info.id.as_deref(), Some("sess_1"));
    assert_eq!(info.expires_at, Some(1_795_226_400));
    assert_eq!(session.send_audio("not base64\""), Ok(Err(NotBase64)));
    assert_eq!(session.send_audio("//+/AA=="), Ok(Ok(())));
    session
        .send(&ClientEvent::CreateResponse(Default::default()), Some("greet"))
        .unwrap();
    let message = session.recv().await.unwrap();
    assert!(matches!(
        message.event(),
        Ok(ServerEvent::SpeechStarted {
            audio_start_ms: 5,
            ..
        })
    ));
    session.close().await;
}

#[tokio::test]
async fn the_key_and_the_model_are_in_the_upgrade() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let client = raw(limits(), |mut stream| async move {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        tell.send(String::from_utf8(request).unwrap().to_ascii_lowercase())
            .unwrap();
        let refusal = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(refusal.as_bytes()).await.unwrap();
    })
    .await;
    let error = client.connect("a model&more").await.unwrap_err();
    assert_eq!((error.kind, error.status), (K::RateLimited, Some(429)));
    assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
    let request = told.await.unwrap();
    assert!(
        request.starts_with("get /v1/realtime?model=a+model%26more http/1.1"),
        "{request}"
    );
    assert!(request.contains("authorization: bearer sk-secret\r\n"));
    assert!(!request.contains("openai-beta") && !request.contains("permessage-deflate"));
    assert!(!format!("{client:?} {error:?} {error}").contains("sk-secret"));
}

#[tokio::test]
async fn a_quiet_server_that_answers_pings_is_alive() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let client = server(
        RealtimeLimits {
            ping_after: SHORT / 4,
            ..limits()
        },
        |mut socket| async move {
            let mut pings = 0;
            while let Some(Ok(message)) = socket.next().await {
                if matches!(message, Message::Ping(_)) {
                    pings += 1;
                }
                if pings == 5 {
                    break;
                }
            }
            say(&mut socket, json!({"type": "input_audio_buffer.cleared"})).await;
            socket
                .send(Message::Ping(Bytes::from_static(b"you")))
                .await
                .unwrap();
            let answer = socket.next().await.unwrap().unwrap();
            tell.send(answer == Message::Pong(Bytes::from_static(b"you")))
                .unwrap();
            while let Some(Ok(_)) = socket.next().await {}
        },
    )
    .await;
    let mut session = client.connect("m").await.unwrap();
    let before = session.last_event_at();
    let message = tokio::time::timeout(PATIENCE, session.recv())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(message.event(), Ok(ServerEvent::AudioCleared));
    assert!(session.last_event_at() - before >= SHORT);
    let ours = tokio::spawn(async move { end(&mut session).await });
    assert!(
        tokio::time::timeout(PATIENCE, told).await.unwrap().unwrap(),
        "pings are answered"
    );
    ours.abort();
}

#[tokio::test]
async fn waiting_may_be_given_up_without_loss() {
    let client = server(limits(), |mut socket| async move {
        for at in 0..200 {
            let event =
                json!({"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": at});
            say(&mut socket, event).await;
            if at % 10 == 0 {
                tokio::task::yield_now().await;
            }
        }
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let mut session = client.connect("m").await.unwrap();
    let mut next = 0;
    while next < 200 {
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            message = session.recv() => {
                let message = message.unwrap();
                let Ok(ServerEvent::SpeechStarted { audio_start_ms, .. }) = message.event() else { panic!() };
                assert_eq!(audio_start_ms, next);
                next += 1;
            }
        }
    }
}

#[tokio::test]
async fn a_goodbye_is_not_waited_for_without_end() {
    let client = server(
        RealtimeLimits {
            close: SHORT,
            ..limits()
        },
        |socket| async move {
            let _held = socket;
            std::future::pending::<()>().await;
        },
    )
    .await;
    let session = client.connect("m").await.unwrap();
    tokio::time::timeout(PATIENCE, session.close()).await.unwrap();
}
