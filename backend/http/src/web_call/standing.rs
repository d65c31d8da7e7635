//! Whether the person at a call's socket may still be there: asked every two seconds.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use actix_web::web;
use phony_app::identity::RIGHTS_CHANGED;
use phony_app::{App, Principal};
use phony_kernel::{Kind, Result};
use tokio::time::{Interval, MissedTickBehavior, interval};

const RECHECK_EVERY: Duration = Duration::from_secs(2);

type Asking = Pin<Box<dyn Future<Output = Result<()>>>>;

/// What became of the rights of whoever holds the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    /// They have others: come back with a new ticket, if those give one.
    Changed,
    /// They are signed out, removed, or their company is closed.
    Gone,
}

/// Looks after who holds one socket.
pub(crate) struct Standing {
    app: web::Data<App>,
    who: Principal,
    every: Interval,
    asking: Option<Asking>,
}

impl Standing {
    pub(crate) fn of(app: web::Data<App>, who: Principal) -> Self {
        let mut every = interval(RECHECK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            app,
            who,
            every,
            asking: None,
        }
    }

    /// Waits until the rights are not what they were. Safe to drop and ask again.
    pub(crate) async fn lapsed(&mut self) -> Lapse {
        loop {
            tokio::select! {
                // A slow answer holds nothing up; it is asked for once at a time.
                _ = self.every.tick(), if self.asking.is_none() => {
                    let (app, who) = (self.app.clone(), self.who.clone());
                    self.asking = Some(Box::pin(async move { app.identity.recheck(&who).await }));
                }
                standing = answered(&mut self.asking) => {
                    self.asking = None;
                    if let Some(lapse) = verdict(&standing) {
                        return lapse;
                    }
                }
            }
        }
    }
}

async fn answered(asking: &mut Option<Asking>) -> Result<()> {
    match asking {
        Some(asking) => asking.await,
        None => pending().await,
    }
}

/// What could not be found out just now is no refusal; it is asked again in two seconds.
fn verdict(standing: &Result<()>) -> Option<Lapse> {
    let error = standing.as_ref().err()?;
    match error.kind() {
        _ if error.code() == RIGHTS_CHANGED => Some(Lapse::Changed),
        Kind::Unauthenticated | Kind::Forbidden | Kind::NotFound => Some(Lapse::Gone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phony_kernel::Error;

    #[test]
    fn only_a_refusal_ends_a_call() {
        assert_eq!(verdict(&Ok(())), None);
        assert_eq!(verdict(&Err(Error::unauthenticated())), Some(Lapse::Gone));
        let changed = Error::new(Kind::Forbidden, RIGHTS_CHANGED, "");
        assert_eq!(verdict(&Err(changed)), Some(Lapse::Changed));
        assert_eq!(
            verdict(&Err(Error::unavailable(std::io::Error::other("away")))),
            None
        );
    }
}
