//! The carrier's error codes with the status and the words they usually come with, so that a test can have any of them by
//! its code alone. What the simulator finds out by itself says more in its own place.

/// Status and words of a code. One that is not known is a bad request.
pub(crate) fn of(code: u32) -> (u16, &'static str) {
    CODES
        .iter()
        .find(|(known, ..)| *known == code)
        .map_or((400, "Refused on demand"), |(_, status, words)| (*status, words))
}

/// Code, status, words; by code.
const CODES: &[(u32, u16, &str)] = &[
    (10_001, 401, "Account is not active"),
    (10_002, 400, "Trial account does not support this feature"),
    (10_004, 429, "Call concurrency limit exceeded"),
    (13_223, 400, "Dial: Invalid phone number format"),
    (13_224, 400, "Dial: Invalid phone number"),
    (13_225, 400, "Dial: Forbidden phone number"),
    (13_227, 400, "Dial: No international permission"),
    (13_247, 400, "Dial: Invalid callerId value"),
    (16_020, 400, "The conference is full"),
    (16_021, 400, "Too many conferences at the same time"),
    (16_022, 400, "The conference does not exist or is over"),
    (16_023, 400, "The participant label is too long"),
    (16_025, 400, "The participant label is in use"),
    (16_026, 400, "The participant label is not valid"),
    (16_027, 400, "The participant to coach is on hold"),
    (16_028, 400, "The participant to coach is not in the conference"),
    (16_108, 400, "Too many recordings of this call at the same time"),
    (20_001, 400, "Unknown parameter"),
    (20_002, 400, "Invalid FriendlyName"),
    (20_003, 401, "Authentication Error - invalid username"),
    (20_004, 405, "Method not allowed"),
    (20_005, 403, "Account not active"),
    (20_006, 403, "Access Denied"),
    (
        20_008,
        403,
        "Resource not accessible with Test Account Credentials",
    ),
    (20_009, 409, "Cannot delete this resource before it is finished"),
    (20_403, 403, "Forbidden"),
    (20_404, 404, "The requested resource was not found"),
    (20_409, 409, "Conflict"),
    (20_429, 429, "Too Many Requests"),
    (20_500, 500, "Internal Server Error"),
    (20_503, 503, "Service Unavailable"),
    (21_201, 400, "No 'To' number specified"),
    (21_203, 400, "International calling not enabled"),
    (21_205, 400, "Url is not a valid URL"),
    (21_206, 400, "Invalid SendDigits"),
    (21_208, 400, "Invalid Timeout"),
    (21_209, 400, "Method is not a valid method"),
    (
        21_210,
        400,
        "The source phone number provided is not yet verified for your account.",
    ),
    (21_211, 400, "The 'To' number is not a valid phone number."),
    (21_212, 400, "The 'From' number is not a valid phone number."),
    (21_213, 400, "No 'From' number specified"),
    (21_214, 400, "The 'To' number cannot be reached."),
    (
        21_215,
        400,
        "Account not authorized to call this number. Perhaps you need to enable some international permissions.",
    ),
    (21_216, 400, "Account not allowed to call this number."),
    (21_217, 400, "The phone number does not appear to be valid."),
    (21_218, 400, "Invalid ApplicationSid"),
    (
        21_219,
        400,
        "The number is unverified. Trial accounts may only make calls to verified numbers.",
    ),
    (21_220, 400, "Call is not in-progress. Cannot redirect."),
    (21_234, 400, "Invalid MachineDetection"),
    (21_262, 400, "Invalid machine detection setting"),
    (21_263, 400, "Machine detection settings cannot be used together"),
    (21_402, 400, "Invalid URL"),
    (21_404, 400, "Trial accounts are allowed only one phone number"),
    (
        21_408,
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    ),
    (21_420, 400, "ApplicationSid is not accessible"),
    (21_421, 400, "The phone number is not valid"),
    (21_422, 400, "The phone number is not available"),
    (
        21_450,
        400,
        "The phone number is already verified for your account",
    ),
    (21_451, 400, "The area code is not valid"),
    (21_452, 400, "No phone numbers found in this area code"),
    (
        21_453,
        400,
        "The phone number is already verified for another account",
    ),
    (21_470, 400, "The phone number cannot be transferred"),
    (21_471, 400, "Account does not exist"),
    (21_472, 400, "Account is not active"),
    (21_473, 400, "Account is not a subaccount of yours"),
    (21_474, 400, "Only the parent account can transfer phone numbers"),
    (21_475, 400, "Invalid account status"),
    (21_476, 400, "The parent account is suspended"),
    (21_477, 400, "The status of the parent account cannot be changed"),
    (21_478, 400, "A closed account cannot be used"),
    (21_479, 400, "A closed account cannot be changed"),
    (21_480, 400, "Too many subaccounts"),
    (21_481, 400, "Invalid PageToken"),
    (21_502, 400, "Invalid method"),
    (21_601, 400, "The phone number is not a valid SMS-capable number"),
    (21_602, 400, "Message body is required"),
    (21_603, 400, "A 'From' phone number is required"),
    (21_604, 400, "A 'To' phone number is required"),
    (21_605, 400, "Message body is longer than 160 characters"),
    (
        21_606,
        400,
        "The 'From' phone number is not a valid, message-capable number",
    ),
    (
        21_608,
        400,
        "The number is unverified. Trial accounts may only message verified numbers.",
    ),
    (21_610, 400, "Attempt to send to unsubscribed recipient"),
    (
        21_611,
        400,
        "The 'From' number has too many messages in its queue",
    ),
    (21_614, 400, "'To' number is not a valid mobile number"),
    (21_615, 400, "The phone number requires an address"),
    (21_617, 400, "Message body exceeds the 1600 character limit"),
    (21_631, 400, "The phone number requires a local address"),
    (21_649, 400, "The phone number requires a bundle"),
    (21_650, 400, "The phone number requires an identity document"),
    (
        21_651,
        400,
        "The identity document is not valid for this phone number",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_in_order() {
        assert!(CODES.is_sorted_by(|one, other| one.0 < other.0));
        assert!(
            CODES
                .iter()
                .all(|(_, status, words)| (400..600).contains(status) && !words.is_empty())
        );
        assert_eq!(of(21_649).0, 400);
        assert_eq!(of(1).0, 400);
    }
}
