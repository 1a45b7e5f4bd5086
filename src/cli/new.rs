//! `certreg new`: a blank draft of an edition.

use std::path::PathBuf;

use super::{
    editions,
    error::{CliResult, Exit},
    files::{self, Write},
    out::{self, BOLD, styled},
};
use crate::{
    domain::{RegistryId, ServiceId, SupplierId},
    format::{
        draft::{self, Names},
        profile,
    },
};

/// Make a blank draft of a certification
///
/// Every question of the edition stands where its answer goes, as 'TODO: …'; 'certreg check' refuses the draft until
/// all of it is written. Works without a connection.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg new --edition dfe-2018-gdpr --registry-id certreg.example \\
      --supplier example-learning --service example-cloud --out cert.json

Next: fill it in, then certreg check cert.json")]
pub(crate) struct New {
    /// The wording to answer: dfe-2016-dpa, dfe-2018-gdpr, or an edition's file
    #[arg(long)]
    edition: String,
    /// The registry that it is for
    #[arg(long, value_name = "ID", default_value = "certreg.example")]
    registry_id: RegistryId,
    /// Your id as a supplier there
    #[arg(long, default_value = "your-supplier-id")]
    supplier: SupplierId,
    /// The id of the service
    #[arg(long, default_value = "your-service-id")]
    service: ServiceId,
    /// Your legal name
    #[arg(long, value_name = "NAME")]
    supplier_name: Option<String>,
    /// The name of the service
    #[arg(long, value_name = "NAME")]
    service_name: Option<String>,
    /// Where to write it (default: stdout)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl New {
    pub(super) fn run(self) -> CliResult {
        let known = editions::named(&self.edition)?;
        let names = Names {
            registry: self.registry_id,
            supplier: self.supplier,
            service: self.service,
            supplier_name: self.supplier_name,
            service_name: self.service_name,
        };
        let bytes = profile::print(&draft::blank(&known.edition, known.digest, names));
        deliver(&bytes, self.out.as_deref(), self.force)
    }
}

/// Writes a draft to a file or to stdout, and says what comes next.
///
/// # Errors
/// As [`files::write`].
pub(super) fn deliver(bytes: &[u8], out: Option<&std::path::Path>, force: bool) -> CliResult {
    match out {
        None => out::bytes(bytes)?,
        Some(path) => {
            files::write(path, bytes, Write::force(force))?;
            let holes = String::from_utf8_lossy(bytes).matches("\"TODO: ").count();
            let what = if holes == 0 { String::new() } else { format!(" ({holes} places to fill in)") };
            out::tell(format!(
                "Wrote {}{what}.\n{} edit it, then certreg check {}",
                path.display(),
                styled(BOLD, "Next:"),
                path.display()
            ));
        }
    }
    Ok(Exit::Done)
}
