//! `certreg person`: the record of a named person, kept out of documents so that the person can be forgotten.

use std::path::PathBuf;

use super::{
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    keys,
    out::{self, BOLD, styled},
};
use crate::{
    domain::{Digest, Person},
    format::{profile, v1},
};

/// Make the record of a person that documents name by digest
///
/// Documents in Git cannot forget, so they carry a digest and a job title only. The record itself travels beside the
/// document, is kept apart, and can be erased. Name it X.person.json beside the document and 'certreg publish' finds
/// it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg person --name 'Chris Example' --email chris@example.org --out chris.person.json

Next: write the digest into 'person' of signatory, official or contact.")]
pub(crate) struct MakePerson {
    /// Full name
    #[arg(long)]
    name: String,
    /// The person's own address (role mailboxes belong into the document)
    #[arg(long)]
    email: Option<String>,
    /// The person's own number
    #[arg(long)]
    telephone: Option<String>,
    /// Where to write the record
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl MakePerson {
    pub(super) fn run(self) -> CliResult {
        let person = new_person(self.name, self.email, self.telephone)?;
        let bytes = profile::print(&v1::person::write(&person));
        files::write(&self.out, &bytes, Write::force(self.force))?;
        out::line(Digest::of(&bytes).to_string())?;
        out::tell(format!(
            "Wrote {}.\n{} write the digest into the document, as 'person' of signatory, official or contact.",
            self.out.display(),
            styled(BOLD, "Next:")
        ));
        Ok(Exit::Done)
    }
}

/// A record with a fresh salt: without it, anybody could guess a name and compare digests.
///
/// # Errors
/// No when a part cannot stand in a document.
pub(crate) fn new_person(name: String, email: Option<String>, telephone: Option<String>) -> CliResult<Person> {
    let salt = Digest::of(&keys::random::<32>()?).hex();
    let person = Person { email, name, salt, telephone };
    let bytes = profile::print(&v1::person::write(&person));
    profile::parse(&bytes).map_err(|faults| CliError::faulty("the record cannot be written like this", &faults))?;
    Ok(person)
}
