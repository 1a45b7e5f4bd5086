//! `certreg authority edition`: a wording of the checklist, published for good.

use std::path::PathBuf;

use super::{folder::KeyFolder, outcome::Destination};
use crate::{
    cli::{
        editions,
        error::{CliError, CliResult},
        out::{self, BOLD, styled},
    },
    format::v1::envelope::Envelope,
    signing::{AuthorityRole, Namespace},
};

/// Publish an edition of the checklist
///
/// An edition never changes once it is published: certifications sign its digest. FILE may be the id of a built-in
/// edition: dfe-2016-dpa or dfe-2018-gdpr (in this order: the newer one refers to the older).
#[derive(Debug, clap::Args)]
#[command(
    name = "edition",
    after_help = "\
Example:
  certreg authority edition dfe-2016-dpa --keys ~/department --to https://certreg.example"
)]
pub(super) struct PutEdition {
    /// The edition's file, or the id of a built-in one
    file: String,
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    #[command(flatten)]
    destination: Destination,
}

impl PutEdition {
    pub(super) fn run(self) -> CliResult {
        let folder = KeyFolder::open(&self.keys)?;
        let known = editions::named(&self.file)?;
        out::print(out::table(&[
            vec![styled(BOLD, "edition"), format!("{} ({})", known.edition.id, known.edition.name)],
            vec![
                styled(BOLD, "asks"),
                format!(
                    "{} questions, {} support areas",
                    known.edition.questions.len(),
                    known.edition.support_areas.len()
                ),
            ],
            vec![styled(BOLD, "digest"), known.digest.to_string()],
        ]))?;
        let signature = folder.sign(AuthorityRole::Department, Namespace::Editions, &known.bytes)?;
        let document = String::from_utf8(known.bytes).map_err(|_| CliError::no("the edition is no UTF-8 text"))?;
        let envelope = Envelope { document: Some(document), signature: Some(signature), ..Envelope::default() };
        self.destination.deliver(&envelope)
    }
}
