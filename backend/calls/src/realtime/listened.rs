//! What those who listen hear of a realtime call. The carrier's frames, which come all the time, are its clock.

use super::wire::RealtimeWire;
use crate::socket::StreamSocket;

impl<S: StreamSocket> RealtimeWire<S> {
    /// Time of the call.
    pub(super) fn call_ms(&self) -> u64 {
        u64::try_from(self.answered.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Lets those who listen hear the caller's next sound and what the caller has heard meanwhile.
    pub(super) fn tell_listeners(&mut self, carrier_ms: u64, base64: &str) {
        if let Some(on) = self.listeners.look() {
            self.bridge.playout.listen(on);
        }
        if !self.listeners.is_open() {
            return;
        }
        let (now_ms, call_ms) = (self.now_ms(), self.call_ms());
        self.listeners.carried(call_ms, true, carrier_ms, base64);
        self.heard.clear();
        self.bridge.playout.hear(now_ms, &mut self.heard);
        self.listeners.agent(call_ms, &self.heard);
        self.listeners.rest(call_ms);
    }
}
