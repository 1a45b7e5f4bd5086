//! The authority file with what it covers, and key rings with their requests.

use super::{Here, History};
use crate::{
    cli::verify::signed::sentence,
    domain::{Digest, SupplierId},
    format::{
        paths::{self, RepositoryPath, Suffix},
        v1,
    },
    signing::{self, AuthorityFile, KeyEvent, KeyRequest, KeyRing, Namespace, PublicKey, RingKey, Role},
    store::CommittedFile,
};

impl History {
    /// The authority file of this commit: grammar, growth, root signatures, and the files that it covers.
    pub(super) fn authority_file(&mut self, here: &Here<'_>) {
        let path = paths::authority();
        let path = path.as_str();
        self.find_registry(here);
        let (Some(text), Some(registry)) = (here.files.text(path), self.registry.clone()) else {
            return self.fault(here, path, "it is no text, or registry.json does not say whose it is");
        };
        let file = match AuthorityFile::parse(text, &registry) {
            Ok(file) => file,
            Err(error) => return self.fault(here, path, error.to_string()),
        };
        let before = self.authority.take();
        if let Err(error) = file.check_follows(before.as_ref(), here.commit.time) {
            self.fault(here, path, error.to_string());
        }
        let signatures: Vec<&str> = authority_signatures(here).collect();
        let judge = before.as_ref().unwrap_or(&file);
        match signing::check_authority_file_signatures(text.as_bytes(), &signatures, judge, here.commit.time) {
            Ok(signers) => {
                // Whoever writes a first file of his own can list any key in it: only those that signed it count.
                if before.is_none() {
                    self.roots = signers.iter().map(|signer| signer.key).collect();
                }
                for signer in signers {
                    self.accept(here, format!("authority file version {}", file.version()), signer.key, None);
                }
            }
            Err(faults) => self.fault(here, path, sentence(&faults)),
        }
        for changed in here.files.iter().filter(|file| is_covered(file.path.as_str())) {
            self.covered.insert(changed.path.to_string(), changed.digest);
        }
        self.check_covered(here, path, &file);
        self.authority = Some(file);
    }

    /// The registry's id, from the settings of the first commit; it can never change.
    fn find_registry(&mut self, here: &Here<'_>) {
        let path = paths::registry();
        let Some(file) = here.files.get(path.as_str()) else { return };
        match v1::stored(&file.bytes, v1::registry::read) {
            Ok(stored) if self.registry.as_ref().is_some_and(|known| *known != stored.value.registry) => {
                self.fault(here, path.as_str(), "the registry's id has changed, which it never may");
            }
            Ok(stored) => self.registry = Some(stored.value.registry),
            Err(faults) => self.fault(here, path.as_str(), format!("{faults}")),
        }
    }

    fn check_covered(&mut self, here: &Here<'_>, path: &str, file: &AuthorityFile) {
        if self.covered.get("authority/trust-policy") != Some(&file.settings().policy) {
            self.fault(here, path, "it names another trust-policy than the one that is there");
        }
        if self.partial {
            return;
        }
        let lines: String = self
            .covered
            .iter()
            .filter(|(covered, _)| *covered != "authority/trust-policy")
            .map(|(covered, digest)| format!("{}  {covered}\n", digest.hex()))
            .collect();
        if Digest::of(lines.as_bytes()) != file.settings().files {
            self.fault(here, path, "it names other files (registry.json, VERIFY.md, tools) than those that are there");
        }
    }

    /// A file that only a new authority file may change.
    pub(super) fn covered_file(&mut self, here: &Here<'_>, path: &str) {
        if !here.files.has(paths::authority().as_str()) {
            self.fault(here, path, "it was changed without the root key's signature");
        }
    }

    pub(super) fn signature_alone_of_authority(&mut self, here: &Here<'_>, path: &str) {
        if !here.files.has(paths::authority().as_str()) {
            self.fault(here, path, "the signature was replaced without the file that it signs");
        }
    }

    /// A supplier's ring: grammar, growth, the Department's signature, and the requests of new keys.
    pub(super) fn ring(&mut self, here: &Here<'_>, id: &SupplierId, file: &CommittedFile) {
        let path = file.path.as_str();
        let (Some(text), Some(registry)) = (here.files.text(path), self.registry.clone()) else {
            return self.fault(here, path, "it is no text");
        };
        let ring = match KeyRing::parse(text, &registry) {
            Ok(ring) => ring,
            Err(error) => return self.fault(here, path, error.to_string()),
        };
        if ring.supplier() != id {
            self.fault(here, path, format!("it is the ring of {}", ring.supplier()));
        }
        if !self.suppliers.contains_key(id) {
            self.fault(here, path, "its supplier is not registered");
        }
        let before = self.rings.remove(id);
        if let Err(error) = ring.check_follows(before.as_ref(), here.commit.time) {
            self.fault(here, path, error.to_string());
        }
        self.departments(here, file, Namespace::Keys, format!("the key ring of {id}, version {}", ring.version()));
        for line in ring.keys_since(before.as_ref()) {
            if let Err(sentence) = request_of(here, id, line, &ring, before.as_ref()) {
                self.fault(here, path, format!("the {} key {}: {sentence}", line.role(), line.key()));
            }
        }
        self.requests_without_use(here, path, ring.keys_since(before.as_ref()), id);
        self.rings.insert(id.clone(), ring);
    }

    /// A request comes with the ring that enrols its key, or not at all.
    fn requests_without_use(&mut self, here: &Here<'_>, ring: &str, new: &[RingKey], id: &SupplierId) {
        let folder = ring.replace("allowed_signers", "keys/");
        let of = |line: &RingKey| paths::key_request(id, line.role().as_str(), &line.key().short_hex());
        let awaited: Vec<_> = new.iter().map(of).collect();
        for file in here.files.iter().filter(|file| file.path.as_str().starts_with(&folder)) {
            let belongs = |request: &RepositoryPath| {
                let rest = file.path.as_str().strip_prefix(request.as_str());
                rest.is_some_and(|rest| matches!(rest, "" | ".sig" | ".oldsig"))
            };
            if !awaited.iter().any(belongs) {
                self.fault(here, file.path.as_str(), "it belongs to no key that the ring beside it enrols");
            }
        }
    }
}

/// Whether the authority file names the digest of this file.
fn is_covered(path: &str) -> bool {
    matches!(path, "registry.json" | "VERIFY.md" | "authority/trust-policy") || path.starts_with("tools/")
}

fn authority_signatures<'c>(here: &'c Here<'_>) -> impl Iterator<Item = &'c str> {
    (1..).map_while(|number| {
        let number = if number == 1 { String::new() } else { number.to_string() };
        here.files.text(&format!("{}.sig{number}", paths::authority()))
    })
}

/// A new key's request: there, of this key and role, signed by the key itself, and at a rotation by the old one.
fn request_of(
    here: &Here<'_>,
    id: &SupplierId,
    line: &RingKey,
    ring: &KeyRing,
    before: Option<&KeyRing>,
) -> Result<(), String> {
    let path = paths::key_request(id, line.role().as_str(), &line.key().short_hex());
    let file = here.files.get(path.as_str()).ok_or("its request is missing")?;
    let stored = v1::stored(&file.bytes, v1::key_request::read).map_err(|faults| faults.to_string())?;
    let request = stored.value;
    let (role, key) = (Role::parse(&request.role), PublicKey::parse_line(&request.key).ok());
    let whose = (&request.supplier, &request.registry);
    if (role, key) != (Some(line.role()), Some(*line.key()))
        || whose != (id, ring.registry())
        || request.key != line.key().line()
    {
        return Err("its request asks for something else".to_owned());
    }
    let asked = KeyRequest { document: &file.bytes, key: *line.key(), role: line.role() };
    let own = here.files.signature(path.as_str(), Suffix::Sig);
    asked.check_own_signature(own, ring.registry()).map_err(|faults| sentence(&faults))?;
    let old = here.files.signature(path.as_str(), Suffix::OldSig);
    match (ring.event() == KeyEvent::Rotate, before) {
        (true, Some(before)) => {
            asked.check_old_signature(old, before, here.commit.time).map(drop).map_err(|faults| sentence(&faults))
        }
        _ if old.is_some() => Err("its request carries an old key's signature, which only a rotation does".to_owned()),
        _ => Ok(()),
    }
}
