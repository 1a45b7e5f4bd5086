//! E-mail addresses and telephone numbers in running text.

/// E-mail addresses in a text, each once, as printed.
pub(super) fn emails(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let is_apart = |c: char| c.is_whitespace() || "<>()[],;:\"“”".contains(c);
    for word in text.split(is_apart).filter(|word| word.contains('@')) {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_address = word
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'));
        if is_address && !is_known(&found, word) {
            found.push(word.to_owned());
        }
    }
    found
}

fn is_known(found: &[String], word: &str) -> bool {
    found.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// UK telephone numbers in a text, each once, as printed: `0` or `+`, then nine to fourteen digits in groups.
pub(super) fn telephones(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        if at >= skip_to && matches!(c, '0' | '+') && !before.is_alphanumeric() && !"/.-_%=".contains(before) {
            let number = number_at(&text[at..]);
            let digits = number.chars().filter(char::is_ascii_digit).count();
            skip_to = at + number.len();
            if (10..=14).contains(&digits) && !found.iter().any(|known| digits_of(known) == digits_of(number)) {
                found.push(number.to_owned());
            }
        }
        before = c;
    }
    found
}

fn number_at(text: &str) -> &str {
    let sign = |c: char| c.is_ascii_digit() || "+ ()-".contains(c);
    let length = text.find(|c| !sign(c)).unwrap_or(text.len()).min(40);
    text.get(..length).unwrap_or_default().trim_end_matches(|c: char| !c.is_ascii_digit())
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a mailbox bears a person's name: `john@…` beside John Stowe.
pub(super) fn bears(email: &str, name: &str) -> bool {
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    let names: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let initials: String = names.iter().filter_map(|name| name.chars().next()).collect();
    let is_initials = initials.chars().count() > 1 && local == initials;
    is_initials || names.iter().any(|name| name.chars().count() > 2 && local.contains(name.as_str()))
}

/// The example that the form's template prints, which is nobody's contact.
pub(super) fn is_template_example(text: &str) -> bool {
    text.eq_ignore_ascii_case("J.Smyth@company.com")
        || matches!(digits_of(text).as_str(), "44012345678" | "4412345678" | "012345678")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_are_found_as_printed() {
        let text = "Write to support@example.org (or SUPPORT@example.org) or call +44 (0)1274 713425, 24/7/365, \
                    see https://example.org/articles/0123456789012 or 0161 496 0000.";
        assert_eq!(emails(text), ["support@example.org"]);
        assert_eq!(telephones(text), ["+44 (0)1274 713425", "0161 496 0000"]);
        assert!(telephones("from 08:30 to 17:30 in 2016, 030 days").is_empty());
    }

    #[test]
    fn a_mailbox_with_a_persons_name_is_known() {
        assert!(bears("john@example.org", "John Stowe"));
        assert!(bears("j.stowe@example.org", "John Stowe"));
        assert!(bears("js@example.org", "John Stowe"));
        assert!(!bears("hello@example.org", "John Stowe"));
    }
}
