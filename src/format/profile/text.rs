//! What a string and a member's name may hold.

use std::collections::BTreeSet;

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Whether the profile refuses the code point: Cc, Cf, Cs, Co, Cn (with the noncharacters), Zl and Zp.
///
/// By the tables of Unicode 15.0, frozen with the profile: a later assignment never makes a signed document
/// valid or invalid. (Normalisation needs no such pin: for assigned code points it never changes, UAX #15 §3.)
pub(super) fn is_refused(c: char) -> bool {
    use GeneralCategory::*;
    // Nearly all of every document. The look-up copies its whole table for each character, which was two thirds of the
    // time that reading a document took.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        get_general_category(c),
        Control | Format | Surrogate | PrivateUse | Unassigned | LineSeparator | ParagraphSeparator
    )
}

/// The refused code points in `text`, each once, as `U+200B, U+00AD`; at most five are named.
pub(super) fn refused_in(text: &str) -> Option<String> {
    // Whole blocks at a time: nearly every text is plain ASCII.
    let is_plain = |block: &[u8]| block.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    if text.as_bytes().chunks(64).all(is_plain) {
        return None;
    }
    let refused: BTreeSet<char> = text.chars().filter(|c| is_refused(*c)).collect();
    let named: Vec<String> = refused.iter().take(5).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    if named.is_empty() { None } else { Some(named.join(", ")) }
}

/// Whether `text` is in Unicode normalisation form C.
pub(super) fn is_composed(text: &str) -> bool {
    text.is_ascii() || is_nfc(text)
}

/// Whether `text` begins or ends with White_Space (the Unicode property, so a no-break space counts).
pub(super) fn is_untrimmed(text: &str) -> bool {
    text.trim().len() != text.len()
}

/// Brings `text` into NFC and takes white space from its ends. (A part of a string in NFC is in NFC.)
pub(super) fn mended(text: &str) -> String {
    text.nfc().collect::<String>().trim().to_owned()
}

/// Whether a member may bear this name: `[a-z][a-z0-9_.-]*`.
pub(super) fn is_member_name(name: &str) -> bool {
    let inner = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(inner)
}

/// `name` as a reference token of a JSON pointer (RFC 6901 §3), safe to show and bounded in length.
///
/// Names inside the profile stand as they are. In others, code points that a terminal could act on are
/// replaced by U+FFFD, and what is longer than 60 characters is cut.
pub(super) fn pointer_token(name: &str) -> String {
    const LONGEST_CHARS: usize = 60;
    let shown = |c: char| if is_refused(c) { char::REPLACEMENT_CHARACTER } else { c };
    let mut token: String = name.chars().take(LONGEST_CHARS).map(shown).collect();
    if name.chars().nth(LONGEST_CHARS).is_some() {
        token.push('…');
    }
    token.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_refused_exactly_where_the_tables_say_control() {
        let by_table = |c: &char| get_general_category(*c) == GeneralCategory::Control;
        let refused: Vec<char> = ('\0'..='\x7f').filter(|c| is_refused(*c)).collect();
        assert_eq!(refused, ('\0'..='\x7f').filter(by_table).collect::<Vec<_>>());
        assert_eq!(refused.len(), 33);
    }
}
