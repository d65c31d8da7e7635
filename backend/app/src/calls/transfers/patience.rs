//! Trying again what will be possible in a moment: a caller who waits is not turned away because a connection was short.

use std::future::Future;
use std::time::Duration;

use phony_kernel::{Kind, Result};

const TRIES: u32 = 5;
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Does it until it is done or refused; what is only unavailable is tried a few times more.
///
/// # Errors
/// The last one.
pub(super) async fn patiently<T, F: Future<Output = Result<T>>>(mut act: impl FnMut() -> F) -> Result<T> {
    for _ in 1..TRIES {
        match act().await {
            Err(error) if error.kind() == Kind::Unavailable => tokio::time::sleep(AGAIN_AFTER).await,
            done => return done,
        }
    }
    act().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use phony_kernel::Error;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_short_for_a_moment_is_tried_again_and_a_refusal_is_not() {
        let tried = Cell::new(0);
        let busy = |until: u32, kind: Kind| {
            let tried = &tried;
            tried.set(0);
            patiently(move || async move {
                tried.set(tried.get() + 1);
                if tried.get() < until {
                    return Err(Error::new(kind, "busy", "busy"));
                }
                Ok(tried.get())
            })
        };
        assert_eq!(busy(3, Kind::Unavailable).await.unwrap(), 3);
        assert_eq!(
            busy(99, Kind::Unavailable).await.unwrap_err().kind(),
            Kind::Unavailable
        );
        assert_eq!(tried.get(), TRIES);
        assert_eq!(
            busy(99, Kind::Forbidden).await.unwrap_err().kind(),
            Kind::Forbidden
        );
        assert_eq!(tried.get(), 1);
    }
}
