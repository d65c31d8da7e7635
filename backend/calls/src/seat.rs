//! The place of a call among those that run on this instance.

use phony_kernel::CallId;

use crate::calls::Calls;
use crate::handle::CallHandle;

/// A call's place among those that run; given up when the run ends, however it ends.
pub(crate) struct Seat {
    calls: Calls,
    call: CallId,
    run: u64,
}

impl Seat {
    pub(crate) fn take(calls: &Calls, run: u64, handle: CallHandle) -> Self {
        let call = handle.call;
        calls.0.live.lock().insert(call, (run, handle));
        metrics::gauge!("phony_calls_active").set(calls.active() as f64);
        Self {
            calls: calls.clone(),
            call,
            run,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut live = self.calls.0.live.lock();
        // The next socket of the same call may sit here already.
        if live.get(&self.call).is_some_and(|(run, _)| *run == self.run) {
            live.remove(&self.call);
        }
        metrics::gauge!("phony_calls_active").set(live.len() as f64);
    }
}
