//! `certreg keygen`: a key for one of the two people who sign, and the request to have it enrolled.

use std::path::{Path, PathBuf};

use super::{
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    keys::{self, Signer},
    out::{self, BOLD, styled},
    source::Source,
};
use crate::{
    domain::{self, RegistryId, SupplierId},
    format::{
        profile,
        v1::{
            self,
            envelope::{Envelope, SignedRequest},
        },
    },
    signing::{Namespace, Role},
};

/// Make a key for the signatory or the official, and ask for its enrolment
///
/// Writes an OpenSSH key (KEY, for its owner only; KEY.pub) and KEY.request.json: a request signed by the key itself,
/// which proves that somebody holds it. Send the request to the Department, never the key.
/// An existing ssh-ed25519 key serves as well: say --existing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg keygen --supplier example-learning --role signatory --registry-id certreg.example --out signatory
  certreg keygen --supplier example-learning --role official --registry https://certreg.example --out official

The passphrase is asked for twice; scripts set CERTREG_PASSPHRASE.
Next: send KEY.request.json to the Department, which enrols it ('certreg authority enrol')")]
pub(crate) struct Keygen {
    /// Whose key
    #[arg(long)]
    pub(super) supplier: SupplierId,
    /// What the key is for: one key, one role
    #[arg(long, value_parser = parse_role, value_name = "signatory|official")]
    pub(super) role: Role,
    /// The id of the registry
    #[arg(long, value_name = "ID", required_unless_present = "registry")]
    pub(super) registry_id: Option<RegistryId>,
    /// Ask the registry (its address, or a clone's folder) for its id
    #[arg(long, value_name = "URL|DIR", conflicts_with = "registry_id")]
    pub(super) registry: Option<String>,
    /// Where to write the key
    #[arg(long, value_name = "KEY")]
    pub(super) out: PathBuf,
    /// Make no key: only the request, for the ssh-ed25519 key that is there
    #[arg(long)]
    pub(super) existing: bool,
    /// The key that the new one takes the place of: it signs the request too
    #[arg(long, value_name = "OLDKEY")]
    pub(super) replaces: Option<PathBuf>,
    /// Write the key without a passphrase
    #[arg(long)]
    pub(super) no_passphrase: bool,
    /// Replace files that are there
    #[arg(long)]
    pub(super) force: bool,
}

/// Reads `signatory` or `official`.
pub(crate) fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "the role is 'signatory' or 'official'".to_owned())
}

impl Keygen {
    pub(super) fn run(self) -> CliResult {
        let how = Write::force(self.force);
        let request_path = files::beside(&self.out, "request.json");
        files::may_write(&request_path, how)?;
        let registry = match (&self.registry_id, &self.registry) {
            (Some(id), _) => id.clone(),
            (None, Some(registry)) => Source::open(registry)?.registry_id()?,
            (None, None) => return Err(CliError::usage("say for which registry: --registry-id ID or --registry URL")),
        };
        let old = self.replaces.as_deref().map(Signer::open).transpose()?;
        let signer = self.signer(how)?;
        let envelope = request(&signer, old.as_ref(), &registry, &self.supplier, self.role)?;
        files::write(&request_path, envelope.print().as_bytes(), how)?;
        self.tell(&signer, old.as_ref(), &registry, &request_path)
    }

    fn signer(&self, how: Write) -> CliResult<Signer> {
        if self.existing {
            return Signer::open(&self.out);
        }
        files::may_write(&self.out, how)?;
        let passphrase = keys::choose_passphrase(self.no_passphrase)?;
        keys::make(&self.out, &self.role.principal(&self.supplier), &passphrase, how).map(Signer::Secret)
    }

    fn tell(&self, signer: &Signer, old: Option<&Signer>, registry: &RegistryId, request: &Path) -> CliResult {
        let mut rows = vec![
            vec![styled(BOLD, "key"), signer.public().fingerprint()],
            vec![styled(BOLD, "for"), format!("{} in {registry}", self.role.principal(&self.supplier))],
            vec![styled(BOLD, "request"), request.display().to_string()],
        ];
        if !self.existing {
            rows.push(vec![styled(BOLD, "private key"), format!("{}   (never send this)", self.out.display())]);
        }
        out::print(out::table(&rows))?;
        if let Some(old) = old {
            out::line(format!("\nThe old key agrees: {} (certreg authority enrol --replaces).", old.public()))?;
        }
        out::line(format!(
            "\n{} send {} to the Department, and read the fingerprint to it over another channel.",
            styled(BOLD, "Next:"),
            request.display()
        ))?;
        Ok(Exit::Done)
    }
}

/// A signed request, in an envelope.
fn request(
    signer: &Signer,
    old: Option<&Signer>,
    registry: &RegistryId,
    supplier: &SupplierId,
    role: Role,
) -> CliResult<Envelope> {
    let request = domain::KeyRequest {
        registry: registry.clone(),
        supplier: supplier.clone(),
        role: role.as_str().to_owned(),
        key: signer.public().line(),
    };
    let document = profile::print(&v1::key_request::write(&request));
    let namespace = Namespace::Enrolment.at(registry);
    let signature = signer.sign(&namespace, &document)?;
    let old_signature = old.map(|old| old.sign(&namespace, &document)).transpose()?;
    let document = String::from_utf8(document).expect("the profile is UTF-8");
    Ok(Envelope { requests: vec![SignedRequest { document, signature, old_signature }], ..Envelope::default() })
}
