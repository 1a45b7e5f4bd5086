//! A document with what travels beside it: signatures and person records, as files or in one envelope.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    error::{CliError, CliResult},
    files::{self, Write},
    kind::Kind,
};
use crate::{
    domain::{Digest, Draft, Person},
    format::{
        profile,
        v1::{
            self,
            envelope::{Envelope, PersonRecord},
        },
    },
    signing::Role,
};

/// What was found under a file's name.
pub(crate) struct Bundle {
    /// The file that was named.
    pub path: PathBuf,
    /// The document's exact bytes.
    pub document: Vec<u8>,
    /// The first signature.
    pub signature: Option<String>,
    /// The official's.
    pub countersignature: Option<String>,
    /// The envelope that the parts came in, if it was one.
    pub envelope: Option<Envelope>,
}

impl Bundle {
    /// Reads `path`: an envelope, or a document with its signatures beside it.
    ///
    /// # Errors
    /// Unreachable when a file cannot be read; no when it is neither.
    pub(crate) fn open(path: &Path) -> CliResult<Bundle> {
        let bytes = files::read(path)?;
        match Kind::of(&bytes) {
            Kind::Envelope => Bundle::of_envelope(path, &bytes),
            Kind::Utf16 => files::into_text(bytes, path).and(Err(CliError::no("this is UTF-16"))),
            Kind::Signature | Kind::PublicKey | Kind::PrivateKey | Kind::Person => {
                let message = format!("{} is {}, not a document", path.display(), Kind::of(&bytes).in_words());
                Err(CliError::no(message).next("Name the document; signatures beside it are found by themselves."))
            }
            _ => Ok(Bundle {
                signature: signature_beside(path, Role::Signatory)?,
                countersignature: signature_beside(path, Role::Official)?,
                document: bytes,
                path: path.to_owned(),
                envelope: None,
            }),
        }
    }

    fn of_envelope(path: &Path, bytes: &[u8]) -> CliResult<Bundle> {
        let envelope = Envelope::parse(bytes)
            .map_err(|faults| CliError::faulty(format!("{} cannot be read", path.display()), &faults))?;
        let Some(document) = envelope.document.clone() else {
            return Err(CliError::no(format!("the envelope {} holds no document", path.display())));
        };
        Ok(Bundle {
            path: path.to_owned(),
            document: document.into_bytes(),
            signature: envelope.signature.clone(),
            countersignature: envelope.countersignature.clone(),
            envelope: Some(envelope),
        })
    }

    /// The digest of the document.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.document)
    }

    /// The person records at hand, by digest: from the envelope, from the `named` files, and from every
    /// `*.people.json` and `*.person.json` in the document's folder.
    ///
    /// # Errors
    /// No when a named file holds no person record.
    pub(crate) fn people(&self, named: &[PathBuf]) -> CliResult<BTreeMap<Digest, Person>> {
        let mut people = BTreeMap::new();
        let mut add = |person: Person| people.insert(v1::person::digest(&person), person);
        for record in self.envelope.iter().flat_map(|envelope| &envelope.people) {
            add(person_of(record));
        }
        for path in named {
            read_people(path)?.into_iter().for_each(|person| drop(add(person)));
        }
        for path in records_in(self.path.parent().unwrap_or(Path::new(""))) {
            // Somebody else's record in the folder is not the document's business.
            read_people(&path).unwrap_or_default().into_iter().for_each(|person| drop(add(person)));
        }
        Ok(people)
    }

    /// Everything as one envelope, with the person records that the document names.
    ///
    /// # Errors
    /// As [`Bundle::people`]; no when the document is no text.
    pub(crate) fn to_envelope(&self, named: &[PathBuf]) -> CliResult<Envelope> {
        let document = files::into_text(self.document.clone(), &self.path)?;
        let wanted = self.draft().map(|draft| draft.persons()).unwrap_or_default();
        let people = self.people(named)?.into_iter().filter(|(digest, _)| wanted.contains(digest));
        Ok(Envelope {
            document: Some(document),
            signature: self.signature.clone(),
            countersignature: self.countersignature.clone(),
            people: people.map(|(_, person)| record_of(person)).collect(),
            requests: self.envelope.as_ref().map(|envelope| envelope.requests.clone()).unwrap_or_default(),
            ..Envelope::default()
        })
    }

    /// The document as a certification, if it is one that can be read.
    pub(crate) fn draft(&self) -> Option<Draft> {
        v1::stored(&self.document, v1::certification::read).ok().map(|stored| stored.value)
    }

    /// Puts a signature where it belongs: into the envelope, or beside the document.
    ///
    /// Gives the name of the file that was written.
    ///
    /// # Errors
    /// No when there is another signature already that may not be replaced.
    pub(crate) fn keep_signature(&mut self, role: Role, text: &str, how: Write) -> CliResult<PathBuf> {
        let Some(envelope) = &mut self.envelope else {
            let path = files::beside(&self.path, suffix(role));
            let how =
                if files::read_if_there(&path)?.as_deref() == Some(text.as_bytes()) { Write::Replace } else { how };
            files::write(&path, text.as_bytes(), how)?;
            return Ok(path);
        };
        let place = match role {
            Role::Signatory => &mut envelope.signature,
            Role::Official => &mut envelope.countersignature,
        };
        if how == Write::New && place.as_deref().is_some_and(|held| held != text) {
            let message = format!("the envelope {} holds a signature of the {role} already", self.path.display());
            return Err(CliError::no(message).next("Say --force to replace it."));
        }
        *place = Some(text.to_owned());
        files::write(&self.path, envelope.print().as_bytes(), Write::Replace)?;
        Ok(self.path.clone())
    }
}

/// `sig` or `countersig`.
pub(crate) fn suffix(role: Role) -> &'static str {
    match role {
        Role::Signatory => "sig",
        Role::Official => "countersig",
    }
}

/// The signature beside a document; for the official also under the name that ssh-keygen gives it on Windows, where
/// a copy `X.countersign.json` is signed.
///
/// # Errors
/// Unreachable when it cannot be read; no when it is UTF-16.
pub(crate) fn signature_beside(path: &Path, role: Role) -> CliResult<Option<String>> {
    let usual = files::beside(path, suffix(role));
    if let Some(bytes) = files::read_if_there(&usual)? {
        return files::into_text(bytes, &usual).map(Some);
    }
    if role == Role::Signatory {
        return Ok(None);
    }
    let copy = path.with_extension("countersign.json");
    let signature = files::beside(&copy, "sig");
    let Some(bytes) = files::read_if_there(&signature)? else { return Ok(None) };
    if files::read_if_there(&copy)?.is_some_and(|copied| fs::read(path).is_ok_and(|document| copied != document)) {
        let message = format!("{} is not a copy of {}", copy.display(), path.display());
        return Err(CliError::no(message)
            .next("Copy the document again and sign the copy: the official would have signed something else."));
    }
    files::into_text(bytes, &signature).map(Some)
}

fn records_in(folder: &Path) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    let is_record = |path: &PathBuf| {
        path.to_str().is_some_and(|name| name.ends_with(".person.json") || name.ends_with(".people.json"))
    };
    let mut paths: Vec<PathBuf> = listing.filter_map(|entry| Some(entry.ok()?.path())).filter(is_record).collect();
    paths.sort();
    paths
}

/// Reads a person record, or a list of them.
///
/// # Errors
/// No when it is neither.
pub(crate) fn read_people(path: &Path) -> CliResult<Vec<Person>> {
    let bytes = files::read(path)?;
    let wrong = |detail: String| {
        CliError::no(format!("{} holds no person records: {detail}", path.display()))
            .next("Make one with 'certreg person --name … --out FILE'.")
    };
    let records = match Kind::of(&bytes) {
        Kind::People => serde_json::from_slice::<Vec<PersonRecord>>(&bytes),
        _ => serde_json::from_slice::<PersonRecord>(&bytes).map(|record| vec![record]),
    };
    let records = records.map_err(|error| wrong(error.to_string()))?;
    let checked = |record: &PersonRecord| {
        let node = profile::parse(&record.bytes()).and_then(v1::person::read);
        node.map_err(|faults| wrong(faults.to_string()))
    };
    records.iter().map(checked).collect()
}

fn person_of(record: &PersonRecord) -> Person {
    Person {
        email: record.email.clone(),
        name: record.name.clone(),
        salt: record.salt.clone(),
        telephone: record.telephone.clone(),
    }
}

/// A person as a record that travels in an envelope.
pub(crate) fn record_of(person: Person) -> PersonRecord {
    PersonRecord { email: person.email, name: person.name, salt: person.salt, telephone: person.telephone }
}
