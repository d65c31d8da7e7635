//! How a stream ends: what is said on the socket, and what is noted.

use phony_audio::frame::ulaw_ms;

use super::session::{End, Live, Outcome};
use crate::calls::runner::Flow;

impl Live<'_> {
    /// Says goodbye as fits the end. The text is for the stream's own callback.
    pub(super) async fn close(mut self, end: End) -> (Outcome, Option<String>) {
        let now = self.now();
        let (left, _) = self.playout.clear();
        self.hearing.over(&self.runner.call, now, &left);
        let mut code = None;
        let mut error = None;
        let ended = match &end {
            End::Closed(closed) => {
                code = *closed;
                if closed.is_some_and(|code| code != 1000) {
                    error = Some((31921, format!("the agent closed with {}", closed.unwrap_or(0))));
                }
                "agent"
            }
            End::Broken { code, message } => {
                error = Some((*code, message.clone()));
                "broken"
            }
            End::Killed { .. } => {
                error = Some((31903, "connection lost on demand".to_owned()));
                "broken"
            }
            End::Left(Flow::End("caller")) => "caller",
            End::Left(_) => "api",
        };
        let at_ms = self.runner.call.since_start(now);
        self.count(|report| {
            report.ended = Some(ended);
            report.close_code = code;
            report.closed_at_ms = Some(at_ms);
            report.unplayed_ms = ulaw_ms(left.len());
        });
        if let Some((code, message)) = &error {
            self.trouble(*code, message.clone());
        }
        let error = error.map(|(code, message)| format!("{code}: {message}"));
        let outcome = match end {
            End::Left(flow) => {
                if self.line.no_stop {
                    self.out.kill(false).await;
                } else {
                    let mut writer = std::mem::take(&mut self.writer);
                    let stop = writer.stop(&self.ids());
                    // An agent that is gone already needs no goodbye.
                    self.out.jitter(None, now);
                    let _ = self.out.flush(now).await;
                    if self.out.send(stop).await.is_ok() {
                        self.out.goodbye().await;
                    }
                }
                return (Outcome::Left(flow), error);
            }
            End::Closed(_) => {
                self.out.finish().await;
                Outcome::Over
            }
            End::Killed { mid_frame } => {
                self.out.kill(mid_frame).await;
                Outcome::Over
            }
            End::Broken { code: 31924, .. } => {
                self.out.goodbye().await;
                Outcome::Over
            }
            End::Broken { .. } => Outcome::Over,
        };
        (outcome, error)
    }
}
