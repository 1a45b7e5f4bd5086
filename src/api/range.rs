//! The headers `Range` and `If-Range` (RFC 9110 §14): one range of bytes, so that a download can go on.

use axum::http::{HeaderMap, header};

/// What part of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// All of it.
    Whole,
    /// From the first byte to the last one, inclusive.
    Part(u64, u64),
    /// None that the file has.
    Unsatisfiable,
}

/// What `headers` ask of a file of `length` bytes whose strong validator is `tag`.
///
/// What is not one well-formed range of bytes is taken as not said, as the standard allows; so is a range of a file
/// that has changed since (`If-Range`).
pub fn requested(headers: &HeaderMap, length: u64, tag: &str) -> Range {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|given| given.trim() != tag) {
        return Range::Whole;
    }
    let Some((first, last)) =
        text(header::RANGE).and_then(|range| range.trim().strip_prefix("bytes=")?.trim().split_once('-'))
    else {
        return Range::Whole;
    };
    let number =
        |text: &str| (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u64>());
    let (first, last) = match (number(first), number(last), first.is_empty(), last.is_empty()) {
        (Some(Ok(first)), Some(Ok(last)), ..) if first <= last => (first, last),
        (Some(Ok(first)), None, _, true) => (first, u64::MAX),
        (None, Some(Ok(0)), true, _) => return Range::Unsatisfiable,
        (None, Some(Ok(suffix)), true, _) => (length.saturating_sub(suffix), u64::MAX),
        _ => return Range::Whole,
    };
    if first >= length { Range::Unsatisfiable } else { Range::Part(first, last.min(length - 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"sha256-ab\"";

    fn asked(pairs: &[(header::HeaderName, &str)]) -> Range {
        let pairs = pairs.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value")));
        requested(&pairs.collect(), 100, TAG)
    }

    #[test]
    fn one_range_is_read_as_the_standard_says() {
        for (range, expected) in [
            ("bytes=0-0", Range::Part(0, 0)),
            ("bytes=10-19", Range::Part(10, 19)),
            ("bytes=90-", Range::Part(90, 99)),
            ("bytes=90-500", Range::Part(90, 99)),
            ("bytes=-10", Range::Part(90, 99)),
            ("bytes=-500", Range::Part(0, 99)),
            ("bytes=100-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=20-10", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("bytes=1-99999999999999999999", Range::Whole),
            ("lines=1-2", Range::Whole),
        ] {
            assert_eq!(asked(&[(header::RANGE, range)]), expected, "{range}");
        }
        assert_eq!(asked(&[]), Range::Whole);
    }

    #[test]
    fn a_range_of_a_file_that_has_changed_is_not_given() {
        let range = (header::RANGE, "bytes=10-19");
        assert_eq!(asked(&[range.clone(), (header::IF_RANGE, TAG)]), Range::Part(10, 19));
        for other in ["\"sha256-cd\"", "W/\"sha256-ab\"", "Sat, 29 Oct 1994 19:43:31 GMT"] {
            assert_eq!(asked(&[range.clone(), (header::IF_RANGE, other)]), Range::Whole, "{other}");
        }
    }

    #[test]
    fn an_empty_file_has_no_ranges() {
        let headers = [(header::RANGE, "bytes=0-".parse().expect("a value"))].into_iter().collect();
        assert_eq!(requested(&headers, 0, TAG), Range::Unsatisfiable);
    }
}
