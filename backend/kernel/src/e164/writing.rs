//! How numbers are written: signs of other keyboards, and how many digits a country has.

use phonenumber::metadata::DATABASE;

use super::InvalidNumber;

/// The zeros of the digits that people write numbers with, besides ours.
const ZEROS: [char; 12] = [
    '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
    '\u{ce6}', '\u{d66}', '\u{ff10}',
];

/// The text in signs that every reader knows. Marks that telephones put around a number when it is copied are left out.
pub(super) fn plain(text: &str) -> String {
    let text: String = text.chars().filter_map(sign).collect();
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let name = ["callto:", "whatsapp:", "sms:"]
        .into_iter()
        .find(|name| lower.starts_with(name));
    name.map_or(text, |name| &text[name.len()..]).trim().to_owned()
}

fn sign(c: char) -> Option<char> {
    let digit = ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero))?;
        char::from_digit(value, 10)
    });
    match c {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => Some('-'),
        '\u{ff0b}' => Some('+'),
        _ => Some(digit.unwrap_or(c)),
    }
}

/// Whether telephones behind a country code have so many digits.
pub(super) fn check_length(code: u16, digits: usize) -> Result<(), InvalidNumber> {
    let (mut shortest, mut longest) = (usize::MAX, 0);
    for region in DATABASE.by_code(&code).unwrap_or_default() {
        let kinds = region.descriptors();
        let lines = [
            kinds.fixed_line(),
            kinds.mobile(),
            kinds.toll_free(),
            kinds.premium_rate(),
            kinds.shared_cost(),
            kinds.personal_number(),
            kinds.voip(),
            kinds.pager(),
        ];
        for length in lines
            .into_iter()
            .flatten()
            .flat_map(|kind| kind.possible_length())
        {
            shortest = shortest.min(usize::from(*length));
            longest = longest.max(usize::from(*length));
        }
        // Numbers of companies may be short inside of a country only.
        for length in kinds.uan().into_iter().flat_map(|kind| kind.possible_length()) {
            longest = longest.max(usize::from(*length));
        }
    }
    match digits {
        // Nothing is known of this one.
        _ if longest == 0 => Ok(()),
        _ if digits < shortest => Err(InvalidNumber::TooShort),
        _ if digits > longest => Err(InvalidNumber::TooLong),
        _ => Ok(()),
    }
}
