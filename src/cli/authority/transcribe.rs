//! `certreg authority transcribe`: a published, unsigned statement, carried into the registry.

use std::path::PathBuf;

use super::{folder::KeyFolder, outcome::Destination};
use crate::{
    cli::{
        bundle::Bundle,
        check,
        error::{CliError, CliResult},
        files::{self, Write},
        out::{self, BOLD, styled},
    },
    format::{profile, v1},
    signing::{AuthorityRole, Namespace},
};

/// Publish a transcription of a supplier's published statement
///
/// DRAFT comes from 'certreg import', looked through by a person. It is brought into its one written form, checked,
/// signed with the Department's key and published, marked everywhere as not signed by the supplier. Records of the
/// persons it names are taken from DRAFT.people.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg import statement.txt --supplier example-learning --service example-cloud \\
      --registry-id certreg.example --out draft.json
  certreg authority transcribe draft.json --keys ~/department --to https://certreg.example")]
pub(super) struct Transcribe {
    /// The draft
    draft: PathBuf,
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Further files with person records
    #[arg(long, value_name = "FILE", num_args = 1..)]
    people: Vec<PathBuf>,
    #[command(flatten)]
    destination: Destination,
}

impl Transcribe {
    pub(super) fn run(self) -> CliResult {
        let folder = KeyFolder::open(&self.keys)?;
        let name = self.draft.display();
        let faulty = |faults| CliError::faulty(format!("{name} cannot be transcribed as it is"), &faults);
        let node = profile::parse_lenient(&files::read(&self.draft)?).map_err(faulty)?;
        let draft = v1::certification::read(node.clone()).map_err(faulty)?;
        if !draft.is_transcription() {
            return Err(CliError::no(format!(
                "{name} is not a transcription: its change.kind is '{}'",
                draft.change.kind.as_str()
            ))
            .next("A supplier's own version is signed by its own people: 'certreg sign'."));
        }
        if draft.registry != *folder.registry() {
            let message = format!("the draft is for {}, and these keys sign for {}", draft.registry, folder.registry());
            return Err(CliError::no(message).next("Correct its member 'registry'."));
        }
        let document = profile::print(&node);
        files::write(&self.draft, &document, Write::Replace)?;
        let mut bundle = Bundle::open(&self.draft)?;
        let people = bundle.people(&self.people)?;
        check::certification(&document, &check::Context { people: &people, ..check::Context::offline() })
            .refuse_faults(&name.to_string())?;
        out::print(out::table(&[
            vec![styled(BOLD, "transcription"), format!("{} version {}", draft.certification_id(), draft.version)],
            vec![styled(BOLD, "of"), format!("{}: {}", draft.supplier_name, draft.service_name)],
            vec![styled(BOLD, "digest"), bundle.digest().to_string()],
        ]))?;
        let signature = folder.sign(AuthorityRole::Department, Namespace::Transcription, &document)?;
        files::write(&files::beside(&self.draft, "sig"), signature.as_bytes(), Write::Replace)?;
        bundle.signature = Some(signature);
        bundle.countersignature = None;
        self.destination.deliver(&bundle.to_envelope(&self.people)?)
    }
}
