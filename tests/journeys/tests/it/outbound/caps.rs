//! Caps hold however many ask at once.

use futures_util::future::join_all;
use serde_json::json;

use super::Desk;

#[tokio::test]
async fn toll_fraud_of_a_hundred_calls_at_once_a_cap_of_fifty_lets_fifty_through() {
    let desk = Desk::new().await;
    let cancel_all = async |ids: &[String]| {
        for id in ids {
            let path = format!("/v1/calls/{id}/cancel");
            for _ in 0..100 {
                if desk.acme.admin.send("POST", &path, &[], None).await.status == 200 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    };
    for n in 0..100 {
        let to = format!("+1415555{:04}", 3_000 + n);
        desk.telephone(json!({ "number": to, "answerer": "no_answer" }))
            .await;
    }
    let counted = async || {
        let mut admin = desk.product.admin_connection().await;
        let counted: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM phony.calls WHERE ended_at IS NULL OR dialed_at IS NOT NULL",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        usize::try_from(counted).unwrap()
    };
    for (cap, code) in [
        (json!({ "concurrent_calls": 50 }), "concurrency_limit"),
        (
            json!({ "concurrent_calls": 100, "daily_calls": 50 }),
            "blocked_daily_calls",
        ),
    ] {
        let _ = desk.policy(cap).await;
        // Those of the round before that were dialled are calls of this day.
        let before = counted().await;
        let orders = (0..100).map(|n| {
            let to = format!("+1415555{:04}", 3_000 + n);
            let desk = &desk;
            async move {
                desk.insist(&json!({ "to": to, "answer_timeout_seconds": 600 }))
                    .await
            }
        });
        let answers = join_all(orders).await;
        let ids: Vec<String> = answers
            .iter()
            .filter(|answer| answer.status == 201)
            .map(|answer| answer["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(ids.len() + before, 50, "{code}: {before} from before");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(
                (answer.status, answer["code"].as_str()),
                (429, Some(code)),
                "{}",
                answer.text
            );
        }
        // Most of them were never dialled, which is no call of the day.
        cancel_all(&ids).await;
    }
}
