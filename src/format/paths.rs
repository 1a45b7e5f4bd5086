//! Where each thing lies in the repository. Paths are built from checked ids only.

use std::fmt;

use crate::domain::{CertificationId, EditionId, ServiceId, SupplierId};

/// A path in the repository, made of checked parts: `[A-Za-z0-9._/-]+`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryPath(String);

impl RepositoryPath {
    /// The path as text, without a leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the file beside this one with `.suffix` added, for example its signature.
    pub fn with_suffix(&self, suffix: Suffix) -> RepositoryPath {
        RepositoryPath(format!("{}.{}", self.0, suffix.as_str()))
    }

    /// Reads a path such as a listing gives it.
    ///
    /// # Errors
    /// [`PathError`] for anything outside `[A-Za-z0-9._/-]`, empty, `.` and `..` segments, any spelling of `.git`,
    /// more than 200 bytes.
    pub fn parse(text: &str) -> Result<RepositoryPath, PathError> {
        let good_bytes = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'-'));
        // A final dot or a device's name would break a clone on Windows.
        let good_segment = |s: &str| !s.is_empty() && !s.ends_with('.') && !is_git_folder(s) && !is_device(s);
        let good = good_bytes && text.len() <= 200 && text.split('/').all(good_segment);
        if good { Ok(RepositoryPath(text.to_owned())) } else { Err(PathError) }
    }

    /// The folder names and, last, the file's name.
    pub fn segments(&self) -> Vec<&str> {
        self.0.split('/').collect()
    }
}

/// A text is not a path that the repository may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a path has at most 200 letters, digits and ._-/, no empty part, and no part '.', '..', '.git' or '.gitmodules'; rename the file"
)]
pub struct PathError;

/// Names that Windows keeps for devices, with or without an ending.
fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered =
        |prefix| stem.strip_prefix(prefix).is_some_and(|n: &str| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// Names that Git itself guards, in any case: `.git`, `.gitmodules` and the short names of Windows.
fn is_git_folder(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    lower == ".git" || lower == ".gitmodules" || lower.starts_with("git~")
}

impl fmt::Display for RepositoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for RepositoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What may stand beside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suffix {
    /// The first signature.
    Sig,
    /// The official's signature.
    Countersig,
    /// The signature of the key that a rotation replaces.
    OldSig,
}

impl Suffix {
    /// `sig`, `countersig` or `oldsig`.
    pub fn as_str(self) -> &'static str {
        match self {
            Suffix::Sig => "sig",
            Suffix::Countersig => "countersig",
            Suffix::OldSig => "oldsig",
        }
    }
}

/// What lies at a path, read back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `registry.json`.
    Registry,
    /// `authority/allowed_signers`.
    Authority,
    /// `editions/<edition>.json`.
    Edition(EditionId),
    /// `supplier.json` of a supplier.
    Supplier(SupplierId),
    /// The supplier's `allowed_signers`.
    Ring(SupplierId),
    /// The current document of a certification.
    Document(CertificationId),
    /// A signature beside one of the above.
    Signature(Box<Place>, Suffix),
    /// Anything else: the guide, scripts, key requests, case statements.
    Other,
}

/// `registry.json`.
pub fn registry() -> RepositoryPath {
    RepositoryPath("registry.json".into())
}

/// `authority/allowed_signers`.
pub fn authority() -> RepositoryPath {
    RepositoryPath("authority/allowed_signers".into())
}

/// `authority/trust-policy`.
pub fn trust_policy() -> RepositoryPath {
    RepositoryPath("authority/trust-policy".into())
}

/// `editions/<edition>.json`.
pub fn edition(id: &EditionId) -> RepositoryPath {
    RepositoryPath(format!("editions/{id}.json"))
}

fn supplier_folder(id: &SupplierId) -> String {
    format!("suppliers/{}/{id}", id.prefix())
}

/// `suppliers/<xx>/<supplier>/supplier.json`.
pub fn supplier(id: &SupplierId) -> RepositoryPath {
    RepositoryPath(format!("{}/supplier.json", supplier_folder(id)))
}

/// `suppliers/<xx>/<supplier>/allowed_signers`.
pub fn ring(id: &SupplierId) -> RepositoryPath {
    RepositoryPath(format!("{}/allowed_signers", supplier_folder(id)))
}

/// `suppliers/<xx>/<supplier>/keys/<role>-<16 hex>.json`.
pub fn key_request(id: &SupplierId, role: &str, short_hex: &str) -> RepositoryPath {
    RepositoryPath(format!("{}/keys/{role}-{short_hex}.json", supplier_folder(id)))
}

/// `suppliers/<xx>/<supplier>/<service>.json`: the current document.
pub fn document(id: &CertificationId) -> RepositoryPath {
    RepositoryPath(format!("{}/{}.json", supplier_folder(&id.supplier), id.service))
}

/// `suppliers/<xx>/<supplier>/<service>.case/00001.json`, or `supplier.case/` for the whole supplier.
pub fn case_statement(supplier: &SupplierId, service: Option<&ServiceId>, seq: u32) -> RepositoryPath {
    // No service is called 'supplier': that id is reserved.
    let folder = service.map_or("supplier", ServiceId::as_str);
    RepositoryPath(format!("{}/{folder}.case/{seq:05}.json", supplier_folder(supplier)))
}

/// Says what lies at a path of the repository.
pub fn place(path: &str) -> Place {
    for suffix in [Suffix::Countersig, Suffix::OldSig, Suffix::Sig] {
        if let Some(base) = path.strip_suffix(suffix.as_str()).and_then(|p| p.strip_suffix('.')) {
            return match unsigned_place(base) {
                Place::Other => Place::Other,
                signed => Place::Signature(Box::new(signed), suffix),
            };
        }
    }
    unsigned_place(path)
}

/// The place of what is no signature: nothing signs a signature.
fn unsigned_place(path: &str) -> Place {
    let segments: Vec<&str> = path.split('/').collect();
    let known = match segments.as_slice() {
        ["registry.json"] => Some(Place::Registry),
        ["authority", "allowed_signers"] => Some(Place::Authority),
        ["editions", file] => file.strip_suffix(".json").and_then(|id| id.parse().ok()).map(Place::Edition),
        ["suppliers", prefix, id, file] => match id.parse::<SupplierId>() {
            Ok(id) if id.prefix() == *prefix => supplier_place(id, file),
            _ => None,
        },
        _ => None,
    };
    known.unwrap_or(Place::Other)
}

fn supplier_place(supplier: SupplierId, file: &str) -> Option<Place> {
    match file {
        "supplier.json" => Some(Place::Supplier(supplier)),
        "allowed_signers" => Some(Place::Ring(supplier)),
        _ => {
            let service = file.strip_suffix(".json")?.parse().ok()?;
            Some(Place::Document(CertificationId { supplier, service }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_reads_back_as_what_it_was_made_for() {
        let id: CertificationId = "acme/lms".parse().expect("an id");
        let made = document(&id);
        assert_eq!(made.as_str(), "suppliers/ac/acme/lms.json");
        assert_eq!(place(made.as_str()), Place::Document(id.clone()));
        let sig = made.with_suffix(Suffix::Countersig);
        assert_eq!(place(sig.as_str()), Place::Signature(Box::new(Place::Document(id.clone())), Suffix::Countersig));
        assert_eq!(place(sig.with_suffix(Suffix::Sig).as_str()), Place::Other, "nothing signs a signature");
        assert_eq!(place(&format!("registry.json{}", ".sig".repeat(100_000))), Place::Other);
        assert_eq!(place(supplier(&id.supplier).as_str()), Place::Supplier(id.supplier.clone()));
        assert_eq!(place(ring(&id.supplier).as_str()), Place::Ring(id.supplier.clone()));
        assert_eq!(place("suppliers/zz/acme/lms.json"), Place::Other);
        assert_eq!(place("tools/verify.sh"), Place::Other);
    }

    #[test]
    fn paths_that_could_escape_or_confuse_git_are_refused() {
        for bad in [
            "",
            "/a",
            "a//b",
            "a/../b",
            "a/.git/b",
            "a/.GIT",
            "a:b",
            "a\\b",
            "a\nb",
            "a b",
            ".gitmodules",
            "git~1/a",
            "tools/con.sh",
            "tools/a.",
        ] {
            assert_eq!(RepositoryPath::parse(bad), Err(PathError), "{bad:?}");
        }
        assert!(RepositoryPath::parse(".gitattributes").is_ok());
    }
}
