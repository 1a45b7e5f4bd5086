//! `certreg authority supplier`: the Department's word on who a supplier is.

use std::path::PathBuf;

use super::{folder::KeyFolder, outcome::Destination};
use crate::{
    cli::{
        error::{CliError, CliResult},
        out::{self, BOLD, styled},
        source::{Record, Source},
    },
    domain::{Digest, Supplier, SupplierId},
    format::{profile, v1, v1::envelope::Envelope},
    signing::{AuthorityRole, Namespace},
};

/// Register a supplier, or replace what is said of it
///
/// The record counts up and names the one before, so that an old one cannot be put back. With --to (or --registry)
/// the one in force is looked up; off line, from the second version on, say --version and --previous.
#[derive(Debug, clap::Args)]
#[command(
    name = "supplier",
    after_help = "\
Example:
  certreg authority supplier example-learning --name 'Example Learning Ltd' --company-number 01234567 \\
      --website https://example.org --keys ~/department --to https://certreg.example

Next: certreg authority enrol, with the supplier's key requests"
)]
pub(super) struct PutSupplier {
    /// The supplier's id: lowercase letters, digits, hyphens; it never changes
    supplier: SupplierId,
    /// The legal name; again for each trading name
    #[arg(long = "name", required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The number at Companies House
    #[arg(long, value_name = "NUMBER")]
    company_number: Option<String>,
    /// The supplier's web site
    #[arg(long, value_name = "URL")]
    website: Option<String>,
    /// The supplier is one person, who signs alone; shown everywhere
    #[arg(long)]
    single_signatory: bool,
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Where to look up the record in force (default: --to)
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    /// The number of this record, when working off line
    #[arg(long, requires = "previous", conflicts_with = "registry")]
    version: Option<u32>,
    /// The digest of the record in force, when working off line
    #[arg(long, value_name = "DIGEST", requires = "version")]
    previous: Option<Digest>,
    #[command(flatten)]
    destination: Destination,
}

impl PutSupplier {
    pub(super) fn run(self) -> CliResult {
        let folder = KeyFolder::open(&self.keys)?;
        let source = match &self.registry {
            Some(text) => Some(Source::open(text)?),
            None => self.destination.remote()?.map(Source::Remote),
        };
        let in_force = source.map(|source| source.supplier(&self.supplier)).transpose()?.flatten();
        let (version, previous) = match (self.version, &in_force) {
            (Some(version), _) => (version, self.previous),
            (None, Some(Record { version, digest, .. })) => (version + 1, Some(*digest)),
            (None, None) => (1, None),
        };
        let supplier = Supplier {
            registry: folder.registry().clone(),
            supplier: self.supplier,
            version,
            previous,
            names: self.names,
            company_number: self.company_number,
            website: self.website,
            single_signatory: self.single_signatory,
        };
        let document = profile::print(&v1::supplier::write(&supplier));
        v1::stored(&document, v1::supplier::read)
            .map_err(|faults| CliError::faulty("the record cannot be written like this", &faults))?;
        out::print(out::table(&[
            vec![styled(BOLD, "supplier"), format!("{} ({})", supplier.supplier, supplier.names.join(", "))],
            vec![styled(BOLD, "record"), format!("version {version}")],
        ]))?;
        let signature = folder.sign(AuthorityRole::Department, Namespace::Keys, &document)?;
        let document = String::from_utf8(document).expect("the profile is UTF-8");
        let envelope = Envelope { document: Some(document), signature: Some(signature), ..Envelope::default() };
        self.destination.deliver(&envelope)
    }
}
