//! Which kind of file somebody holds: told from its first bytes and its member `format`, never from its name.

use serde_json::Value;

use super::files;
use crate::format::v1;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Certification,
    Edition,
    Supplier,
    KeyRequest,
    Registry,
    Case,
    Person,
    People,
    Envelope,
    Ring,
    Authority,
    Signature,
    PublicKey,
    PrivateKey,
    /// Text in UTF-16.
    Utf16,
    /// JSON of no known shape, or nothing that is known.
    Unknown,
}

impl Kind {
    /// What `bytes` are.
    pub(crate) fn of(bytes: &[u8]) -> Kind {
        if files::is_utf16(bytes) {
            return Kind::Utf16;
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let by_beginning = [
            ("-----BEGIN SSH SIGNATURE-----", Kind::Signature),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", Kind::PrivateKey),
            ("# certreg allowed_signers/v1 supplier=", Kind::Ring),
            ("# certreg allowed_signers/v1 authority=", Kind::Authority),
            ("ssh-", Kind::PublicKey),
        ];
        by_beginning
            .iter()
            .find_map(|(beginning, kind)| text.starts_with(beginning).then_some(*kind))
            .unwrap_or_else(|| Kind::of_json(text))
    }

    fn of_json(text: &str) -> Kind {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            // Broken JSON can still say what it was meant to be.
            return if text.contains(v1::certification::FORMAT) { Kind::Certification } else { Kind::Unknown };
        };
        let has = |name: &str| value.get(name).is_some();
        match value.get("format").and_then(Value::as_str) {
            Some(v1::certification::FORMAT) => Kind::Certification,
            Some(v1::edition::FORMAT) => Kind::Edition,
            Some(v1::supplier::FORMAT) => Kind::Supplier,
            Some(v1::key_request::FORMAT) => Kind::KeyRequest,
            Some(v1::registry::FORMAT) => Kind::Registry,
            Some(v1::case::FORMAT) => Kind::Case,
            None if has("name") && has("salt") => Kind::Person,
            None if has("document") || has("requests") || has("signature") => Kind::Envelope,
            // A draft in the making may lack its format.
            None if has("responses") => Kind::Certification,
            None if value.is_array() => Kind::People,
            _ => Kind::Unknown,
        }
    }

    /// For a sentence, for example `a certification`.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Kind::Certification => "a certification",
            Kind::Edition => "an edition of the checklist",
            Kind::Supplier => "a supplier record",
            Kind::KeyRequest => "a key request",
            Kind::Registry => "a registry's settings",
            Kind::Case => "a case statement",
            Kind::Person => "a person record",
            Kind::People => "a list of person records",
            Kind::Envelope => "an envelope",
            Kind::Ring => "a supplier's key ring",
            Kind::Authority => "an authority file",
            Kind::Signature => "a signature",
            Kind::PublicKey => "a public key",
            Kind::PrivateKey => "a private key",
            Kind::Utf16 => "text in UTF-16",
            Kind::Unknown => "no file that certreg knows",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_what_it_says() {
        for (bytes, kind) in [
            (&b"{\"format\": \"certreg/certification@1\"}"[..], Kind::Certification),
            (b"{\"format\": \"certreg/certification@1\",}", Kind::Certification),
            (b"{\"document\": \"x\"}", Kind::Envelope),
            (b"{\"name\": \"A\", \"salt\": \"00\"}", Kind::Person),
            (b"# certreg allowed_signers/v1 supplier=acme version=1", Kind::Ring),
            (b"-----BEGIN SSH SIGNATURE-----\n", Kind::Signature),
            (b"\xff\xfe-\0-\0", Kind::Utf16),
            (b"-\0-\0", Kind::Utf16),
            (b"", Kind::Unknown),
            (b"{\"format\": \"certreg/certification@2\"}", Kind::Unknown),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
