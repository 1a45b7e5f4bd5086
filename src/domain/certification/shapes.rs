//! The outer shapes of links, e-mail addresses and telephone numbers, and words that show.

/// Whether a link is `http` or `https`, with a host and perhaps a port, without user information or spaces.
pub fn is_web_link(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let good_port = port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok());
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && good_port
        && is_host(host)
        && !url.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`'))
}

/// Whether a text is a host name (labels of letters, digits, `-` and `_`) or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    host.len() <= 253 && host.split('.').all(label)
}

/// Whether a text has the outer shape of an e-mail address.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let labels =
        domain.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    !local.is_empty()
        && domain.contains('.')
        && labels
        && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c))
        && text.len() <= 254
}

/// The digits of a telephone number as dialled within the UK, when it is a UK number.
pub(super) fn uk_digits(telephone: &str) -> Option<String> {
    let number = without_extension(telephone).replace("(0)", "");
    let kept: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let national = match kept.strip_prefix("+44").or_else(|| kept.strip_prefix("0044")) {
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None => kept,
    };
    // Ofcom's numbering plan: geographic (01, 02), non-geographic (03, 08, 09), corporate (055, 056), mobile (07).
    let begins = national.starts_with('0')
        && national.as_bytes().get(1).is_some_and(|b| matches!(b, b'1'..=b'3' | b'5' | b'7'..=b'9'));
    let plausible = begins && (10..=11).contains(&national.len()) && !national.contains('+');
    plausible.then_some(national)
}

/// The number before `ext 12`, `x12` or `(option 2)`.
fn without_extension(telephone: &str) -> &str {
    let end = telephone.char_indices().find(|(_, c)| c.is_ascii_alphabetic()).map_or(telephone.len(), |(i, _)| i);
    telephone[..end].trim_end_matches([' ', '(', ',', ';'])
}

/// Whether a text has the outer shape of a telephone number, perhaps with an extension or option.
pub fn is_telephone(text: &str) -> bool {
    let number = without_extension(text);
    let rest = text[number.len()..].trim_matches([' ', '(', ')', ',', ';', '.']).to_ascii_lowercase();
    let named = ["extension", "ext", "x", "option", "opt"].iter().find_map(|word| rest.strip_prefix(word));
    let good_rest =
        rest.is_empty() || named.is_some_and(|rest| rest.trim_matches([' ', '.']).bytes().all(|b| b.is_ascii_digit()));
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let separators = |c: char| " +()-./".contains(c) || matches!(c, '\u{a0}' | '\u{2010}'..='\u{2013}' | '\u{202f}');
    good_rest && (5..=15).contains(&digits) && number.chars().all(|c| c.is_ascii_digit() || separators(c))
}

/// The template's example contact, which some published statements still carry.
pub(super) fn is_template_example(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    text.eq_ignore_ascii_case("J.Smyth@company.com")
        || matches!(digits.as_str(), "44012345678" | "4412345678" | "012345678")
}

/// A letter or digit that shows: the Hangul fillers and the blank Braille pattern count as letters, and are not seen.
pub(super) fn is_visible_letter(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_web_links_without_user_information() {
        for good in [
            "https://example.org",
            "HTTPS://example.org/a?b#c",
            "https://[::1]:8080/x",
            "https://my_files.example.org:443/",
        ] {
            assert!(is_web_link(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "https://",
            "https://user@example.org",
            "ftp://example.org",
            "https://a b",
            "//example.org",
            "https://:80",
            "https://...",
            "https://a:b:c",
            "http://[::1",
            "http://a:99999",
        ] {
            assert!(!is_web_link(bad), "{bad}");
        }
    }

    #[test]
    fn a_uk_number_is_known_in_the_ways_people_write_it() {
        for good in [
            "01274 713425",
            "+44 1274 713425",
            "+44 (0)1274 713425",
            "0161 202 4141",
            "0044 161 202 4141",
            "0161 202 4141 (option 2)",
            "01274 713425 ext 12",
        ] {
            assert!(is_telephone(good), "{good}");
            assert!(uk_digits(good).is_some(), "{good}");
        }
        for bad in
            ["+44 (0) 12345678", "+1 212 555 0100", "999", "12345678901", "0049 30 12345", "0000000000", "0012125550"]
        {
            assert!(uk_digits(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_templates_own_example_is_known() {
        assert!(is_template_example("j.smyth@Company.com"));
        assert!(is_template_example("+44 (0) 12345678"));
        assert!(!is_template_example("+44 (0)1274 713425"));
    }
}
