//! The parts of addresses and the parameters that several operations share.

use std::str::FromStr;

use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::Parsed,
    problem::{Failure, Problem},
};
use crate::domain::{AnswerId, CertificationId, Digest, EditionId, ServiceId, SupplierId};

/// A number of a version: 1, 2, 3 …, written without sign or leading zeros, so that each has one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionNumber(pub u32);

/// A number as addresses have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Something else than digits, or a leading zero.
    #[error("a number is written with digits only, without leading zeros")]
    Form,
    /// It has the form of a number, but there is none so large.
    #[error("this number is larger than any that a registry counts to")]
    Size,
}

impl FromStr for VersionNumber {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let written = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if written { text.parse().map(VersionNumber).map_err(|_| NumberError::Size) } else { Err(NumberError::Form) }
    }
}

/// A place in the log, in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence(pub u64);

impl FromStr for Sequence {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits || (text.starts_with('0') && text != "0") {
            return Err(NumberError::Form);
        }
        // Larger numbers cannot be written exactly in JSON everywhere (RFC 8259 §6), nor kept by the index.
        let number = text.parse().ok().filter(|number| *number < 1 << 53);
        number.map(Sequence).ok_or(NumberError::Size)
    }
}

/// A digest in an address: 64 lowercase hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexDigest(pub Digest);

impl FromStr for HexDigest {
    type Err = crate::domain::digest::DigestError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Digest::from_hex(text).map(HexDigest)
    }
}

/// A supplier.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SupplierPath {
    /// Who certifies.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-learning")]
    pub supplier: Parsed<SupplierId>,
}

/// A certification.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CertificationPath {
    /// Who certifies.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-learning")]
    pub supplier: Parsed<SupplierId>,
    /// Which service of theirs.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-cloud")]
    pub service: Parsed<ServiceId>,
}

impl CertificationPath {
    /// The certification's id.
    pub fn id(self) -> CertificationId {
        CertificationId::new(self.supplier.0, self.service.0)
    }
}

/// One version of a certification.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct VersionPath {
    /// Who certifies.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-learning")]
    pub supplier: Parsed<SupplierId>,
    /// Which service of theirs.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-cloud")]
    pub service: Parsed<ServiceId>,
    /// Which version: 1, 2, 3 …
    #[param(value_type = u32, minimum = 1, example = 1)]
    pub version: Parsed<VersionNumber>,
}

impl VersionPath {
    /// The certification's id and the version's number.
    pub fn parts(self) -> (CertificationId, u32) {
        (CertificationId::new(self.supplier.0, self.service.0), self.version.0.0)
    }
}

/// One signature of a version.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SignaturePath {
    /// Who certifies.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-learning")]
    pub supplier: Parsed<SupplierId>,
    /// Which service of theirs.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-cloud")]
    pub service: Parsed<ServiceId>,
    /// Which version: 1, 2, 3 …
    #[param(value_type = u32, minimum = 1, example = 1)]
    pub version: Parsed<VersionNumber>,
    /// `signatory`, `official`, or `department` (transcriptions).
    #[param(pattern = "^[a-z]{1,20}$", example = "signatory")]
    pub role: String,
}

/// One answer of a certification.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AnswerPath {
    /// Who certifies.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-learning")]
    pub supplier: Parsed<SupplierId>,
    /// Which service of theirs.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "example-cloud")]
    pub service: Parsed<ServiceId>,
    /// A question (`q5.7`) or a support area (`s3.4`).
    #[param(value_type = String, pattern = "^[qs][1-9][0-9]?\\.[1-9][0-9]?$", example = "q5.7")]
    pub question: Parsed<AnswerId>,
}

/// An edition.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct EditionPath {
    /// Which wording.
    #[param(value_type = String, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40, example = "dfe-2018-gdpr")]
    pub edition: Parsed<EditionId>,
}

/// Something by its digest.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DigestPath {
    /// SHA-256 of the exact bytes.
    #[param(value_type = String, pattern = "^[0-9a-f]{64}$", example = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    pub digest: Parsed<HexDigest>,
}

/// One commit.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SequencePath {
    /// Its place in the log; the genesis is 0.
    #[param(value_type = u64, maximum = 9007199254740991u64, example = 1)]
    pub sequence: Parsed<Sequence>,
}

/// The state at an instant.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// A day (its end in London) or an instant; the current state without it.
    #[param(example = "2025-09-04")]
    pub as_of: Option<String>,
}

/// How many on a page.
///
/// # Errors
/// 400 outside 1 to `most`.
pub fn page_size(limit: Option<u32>, usual: u32, most: u32) -> Result<usize, Failure> {
    let limit = limit.unwrap_or(usual);
    if (1..=most).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(Problem::new("bad-parameter", format!("'limit' is a number from 1 to {most}.")).into())
    }
}

/// A text of a parameter that has a bound.
///
/// # Errors
/// 400 for a longer one.
pub fn bounded(name: &str, text: Option<String>, most_characters: usize) -> Result<Option<String>, Failure> {
    if text.as_ref().is_some_and(|text| text.chars().count() > most_characters) {
        let detail = format!("'{name}' has at most {most_characters} characters.");
        return Err(Problem::new("bad-parameter", detail).into());
    }
    Ok(text)
}

/// Reads an opaque cursor that [`write_cursor`] wrote.
///
/// # Errors
/// 400 for anything else.
pub fn read_cursor<T: FromStr>(cursor: Option<&str>) -> Result<Option<T>, Failure> {
    let Some(cursor) = cursor else { return Ok(None) };
    let unusable = || {
        let detail = "'cursor' is not one that this registry gave: begin again without it.";
        Failure::from(Problem::new("bad-parameter", detail))
    };
    let bytes = unhex(cursor).ok_or_else(unusable)?;
    let text = String::from_utf8(bytes).map_err(|_| unusable())?;
    text.parse().map(Some).map_err(|_| unusable())
}

/// Writes where the next page begins, as text that needs no escaping in an address.
pub fn write_cursor(place: &str) -> String {
    place.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2)
        || digits.len() > 400
        || !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_one_address() {
        assert_eq!("12".parse(), Ok(VersionNumber(12)));
        for text in ["", "0", "01", "+1", "-1", "1.0", " 1", "١"] {
            assert_eq!(text.parse::<VersionNumber>(), Err(NumberError::Form), "{text}");
        }
        assert_eq!("99999999999".parse::<VersionNumber>(), Err(NumberError::Size));
        assert_eq!("0".parse(), Ok(Sequence(0)));
        for text in ["", "00", "+0"] {
            assert_eq!(text.parse::<Sequence>(), Err(NumberError::Form), "{text}");
        }
        for text in ["9007199254740992", "99999999999999999999999"] {
            assert_eq!(text.parse::<Sequence>(), Err(NumberError::Size), "{text}");
        }
    }

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let id: CertificationId = "example-learning/example-cloud".parse().unwrap();
        assert_eq!(read_cursor(Some(&write_cursor(&id.to_string()))).ok(), Some(Some(id)));
        for bad in ["", "zz", "0", "ff", "6162"] {
            assert!(read_cursor::<CertificationId>(Some(bad)).is_err(), "{bad}");
        }
    }
}
