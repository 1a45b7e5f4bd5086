//! Strings of the SSH wire format: a 32-bit big-endian length, then that many bytes (RFC 4251 §5).

/// Appends `bytes` to `out` with their length before them.
///
/// # Panics
/// Never in practice: only above 4 GiB.
pub fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("what is signed or asked for is far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Takes one string off the front of `rest`; `None`, with `rest` unchanged, when it is cut short.
pub fn take_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (string, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(string)
}

/// Base64 with padding, as signed notes have keys and signatures (RFC 4648 §4).
pub fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_reads_back_and_a_short_one_is_none() {
        let mut out = Vec::new();
        put_string(&mut out, b"abc");
        put_string(&mut out, b"");
        assert_eq!(out, b"\0\0\0\x03abc\0\0\0\0");
        let mut rest = out.as_slice();
        assert_eq!(take_string(&mut rest), Some(&b"abc"[..]));
        assert_eq!(take_string(&mut rest), Some(&b""[..]));
        assert_eq!(take_string(&mut rest), None);
        let mut short: &[u8] = b"\xff\xff\xff\xffabc";
        assert_eq!(take_string(&mut short), None);
        assert_eq!(short.len(), 7);
    }
}
