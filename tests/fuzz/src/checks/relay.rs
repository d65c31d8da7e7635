//! Messages of the ConversationRelay socket.

use phony_carriers::twilio::relay::{FromCarrier, Handoff, ToCarrier};

/// What was read is read again from its own writing; orders to the carrier come back as they were.
pub fn relay(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    if let Ok(message) = FromCarrier::parse(text)
        && !matches!(message, FromCarrier::Unknown { .. })
    {
        let message = comparable(message);
        let written = serde_json::to_string(&message).unwrap_or_default();
        assert_eq!(FromCarrier::parse(&written), Ok(message), "{written}");
    }
    if let Ok(order) = serde_json::from_str::<ToCarrier>(text) {
        let frame = order.to_frame();
        assert_eq!(
            serde_json::from_str::<ToCarrier>(&frame).ok(),
            Some(order),
            "{frame}"
        );
    }
    if let Some(press) = ToCarrier::digits(text) {
        assert!(text.bytes().all(|key| b"0123456789w#*".contains(&key)));
        assert!(press.to_frame().starts_with(r#"{"type":"sendDigits","digits":""#));
    }
    if let Ok(handoff) = serde_json::from_str::<Handoff>(text) {
        let ToCarrier::End { handoff_data } = ToCarrier::end(&handoff) else {
            unreachable!()
        };
        let back = handoff_data.and_then(|text| serde_json::from_str(&text).ok());
        assert_eq!(back, Some(handoff));
    }
    let frame = ToCarrier::token(text, true).to_frame();
    assert_eq!(
        serde_json::from_str(&frame).ok(),
        Some(ToCarrier::token(text, true))
    );
}

/// Without parameters that are not ours: numbers with a point do not come back to the last bit.
fn comparable(message: FromCarrier) -> FromCarrier {
    match message {
        FromCarrier::Setup(mut setup) => {
            setup.custom_parameters.retain(|_, value| value.is_string());
            FromCarrier::Setup(setup)
        }
        other => other,
    }
}
