//! Who presses keys for the agent's side: a menu that answers is served once, by the model or by what was ordered for it.

/// The id of the actor of what was ordered beforehand.
pub const STANDING_ORDER: &str = "system";

/// Keys of two of them within this time are an answer to the same menu, whichever heard it first.
const SAME_MENU_MS: u64 = 4_000;

/// Who pressed keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presser {
    /// The model, on what it has heard.
    Model,
    /// What was ordered for a menu before the call.
    Order,
}

/// The last keys of the two.
#[derive(Debug, Default)]
pub(super) struct Pressing(Option<(Presser, u64)>);

impl Pressing {
    /// Whether it is this one's turn: the other has not just pressed. Notes it if so.
    pub(super) fn claim(&mut self, who: Presser, now_ms: u64) -> bool {
        let other = |(last, at): (Presser, u64)| last != who && now_ms < at + SAME_MENU_MS;
        if self.0.is_some_and(other) {
            return false;
        }
        self.0 = Some((who, now_ms));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_is_served_by_one_of_the_two() {
        let mut pressing = Pressing::default();
        assert!(pressing.claim(Presser::Model, 0));
        assert!(pressing.claim(Presser::Model, 500), "its own next key");
        assert!(!pressing.claim(Presser::Order, 1_000));
        assert!(pressing.claim(Presser::Order, 4_500), "another menu");
        assert!(!pressing.claim(Presser::Model, 5_000));
        assert!(pressing.claim(Presser::Model, 8_500));
    }
}
