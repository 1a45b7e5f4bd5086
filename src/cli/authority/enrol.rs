//! `certreg authority enrol`: keys of a supplier, from its signed requests.

use std::path::{Path, PathBuf};

use super::{folder::KeyFolder, outcome::Destination, trust};
use crate::{
    cli::{
        error::{CliError, CliResult},
        files,
        out::{self, BOLD, styled},
        source::Source,
    },
    domain::{Instant, RegistryId, SupplierId},
    format::v1::{
        self,
        envelope::{Envelope, SignedRequest},
    },
    registry::Clock,
    signing::{AuthorityRole, KeyRequest, KeyRing, Namespace, PublicKey, RingKey, Role, Window},
};

/// How long from now a key may sign, by default: time to sign the ring and send it.
pub(super) const LEAD_SECONDS: i64 = 60;
/// How long an old key serves beside its successor, by default: thirty days.
const OVERLAP_SECONDS: i64 = 30 * 24 * 3600;

/// Enrol a supplier's keys from its signed requests
///
/// Looks up the supplier's ring in force, checks each request (the key signed it itself), shows whose keys they are,
/// appends them, signs the ring with the Department's key and sends it with the requests. Compare the fingerprints
/// with the supplier over another channel first. With --replaces, the one request's key takes the place of an old
/// one, which must have signed the request too ('certreg keygen --replaces').
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority enrol signatory.request.json official.request.json \\
      --registry https://certreg.example --keys ~/department --to https://certreg.example")]
pub(super) struct Enrol {
    /// Files KEY.request.json
    #[arg(required = true, value_name = "REQUEST")]
    requests: Vec<PathBuf>,
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Where to look up the ring in force (default: --to)
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    /// From when the keys may sign, like 2026-11-02T09:30:00Z (default: a minute from now)
    #[arg(long, value_name = "INSTANT")]
    valid_after: Option<Instant>,
    /// The fingerprint (SHA256:…) of the key that the new one takes the place of
    #[arg(long, value_name = "FINGERPRINT")]
    replaces: Option<String>,
    /// Until when the old key may sign (default: thirty days after the new one begins)
    #[arg(long, value_name = "INSTANT", requires = "replaces")]
    old_until: Option<Instant>,
    #[command(flatten)]
    destination: Destination,
}

/// A request that proved itself.
struct Proven {
    signed: SignedRequest,
    supplier: SupplierId,
    role: Role,
    key: PublicKey,
}

impl Enrol {
    pub(super) fn run(self) -> CliResult {
        let folder = KeyFolder::open(&self.keys)?;
        let mut proven = Vec::new();
        for path in &self.requests {
            proven.extend(read_requests(path, folder.registry())?);
        }
        let Some(supplier) = proven.first().map(|first| first.supplier.clone()) else {
            return Err(CliError::no("the files hold no key request"));
        };
        if proven.iter().any(|request| request.supplier != supplier) {
            return Err(CliError::no("the requests are of different suppliers").next("Enrol one supplier at a time."));
        }
        let source = match &self.registry {
            Some(text) => Source::open(text)?,
            None => Source::Remote(self.destination.remote()?.ok_or_else(|| {
                CliError::usage("say where to look up the ring in force: --registry URL or --registry DIR")
            })?),
        };
        if source.registry_id()? != *folder.registry() {
            return Err(CliError::no(format!("these keys sign for {}, not for that registry", folder.registry())));
        }
        let valid_after = self.valid_after.unwrap_or_else(|| Clock::System.now().plus_seconds(LEAD_SECONDS));
        let current = trust::ring(&source, &folder, &supplier)?;
        let ring = self.next_ring(current.as_ref(), &proven, folder.registry(), valid_after)?;
        ring.check_follows(current.as_ref(), Clock::System.now()).map_err(|error| {
            let refused = CliError::no(format!("the ring cannot grow like this: {error}"));
            match self.replaces {
                Some(_) => refused.next("A key that has ended cannot hand over: leave --replaces out then."),
                None => refused,
            }
        })?;
        show(&proven, &ring, valid_after)?;
        let document = ring.print();
        let signature = folder.sign(AuthorityRole::Department, Namespace::Keys, document.as_bytes())?;
        let requests = proven.into_iter().map(|request| request.signed).collect();
        let envelope =
            Envelope { document: Some(document), signature: Some(signature), requests, ..Envelope::default() };
        self.destination.deliver(&envelope)
    }

    fn next_ring(
        &self,
        current: Option<&KeyRing>,
        proven: &[Proven],
        registry: &RegistryId,
        valid_after: Instant,
    ) -> CliResult<KeyRing> {
        let window = Window::new(valid_after, None).map_err(|error| CliError::usage(error.to_string()))?;
        let keys: Vec<RingKey> = proven.iter().map(|request| RingKey::new(request.role, request.key, window)).collect();
        let ring = match (current, &self.replaces) {
            (None, Some(_)) => return Err(CliError::no("the supplier has no keys that could be replaced")),
            (None, None) => KeyRing::first(registry.clone(), proven[0].supplier.clone(), keys),
            (Some(ring), None) => ring.enrol(&keys),
            (Some(ring), Some(fingerprint)) => {
                let [new] = keys.as_slice() else {
                    return Err(CliError::usage("with --replaces, give exactly one request"));
                };
                let old = find(ring, fingerprint)?;
                let end = self.old_until.unwrap_or_else(|| valid_after.plus_seconds(OVERLAP_SECONDS));
                ring.rotate(&old, *new, end.plus_seconds(1))
            }
        };
        ring.map_err(|error| CliError::no(format!("the ring cannot grow like this: {error}")))
    }
}

/// The key of a ring with this fingerprint.
///
/// # Errors
/// No, listing those that there are.
pub(super) fn find(ring: &KeyRing, fingerprint: &str) -> CliResult<PublicKey> {
    let found = ring.keys().iter().find(|line| line.key().fingerprint() == fingerprint);
    found.map(|line| *line.key()).ok_or_else(|| {
        let known: Vec<String> =
            ring.keys().iter().map(|line| format!("{} ({})", line.key().fingerprint(), line.role())).collect();
        CliError::no(format!("the ring of {} has no key {fingerprint}", ring.supplier()))
            .next(format!("It has {}.", known.join(", ")))
    })
}

fn show(proven: &[Proven], ring: &KeyRing, valid_after: Instant) -> CliResult<()> {
    let mut rows =
        vec![vec![styled(BOLD, "ring"), format!("{} version {} ({})", ring.supplier(), ring.version(), ring.event())]];
    for request in proven {
        rows.push(vec![styled(BOLD, request.role.as_str()), request.key.fingerprint()]);
    }
    rows.push(vec![styled(BOLD, "valid from"), valid_after.to_string()]);
    out::print(out::table(&rows))
}

fn read_requests(path: &Path, registry: &RegistryId) -> CliResult<Vec<Proven>> {
    let envelope = Envelope::parse(&files::read(path)?)
        .map_err(|faults| CliError::faulty(format!("{} cannot be read", path.display()), &faults))?;
    if envelope.requests.is_empty() {
        return Err(CliError::no(format!("{} holds no key request", path.display()))
            .next("The supplier sends the file KEY.request.json that 'certreg keygen' wrote."));
    }
    envelope.requests.into_iter().map(|signed| prove(signed, path, registry)).collect()
}

fn prove(signed: SignedRequest, path: &Path, registry: &RegistryId) -> CliResult<Proven> {
    let wrong = |detail: String| CliError::no(format!("the request in {}: {detail}", path.display()));
    let stored = v1::stored(signed.document.as_bytes(), v1::key_request::read)
        .map_err(|faults| CliError::faulty(format!("the request in {}", path.display()), &faults))?;
    let request = stored.value;
    if request.registry != *registry {
        return Err(wrong(format!("it is for {}, not for {registry}", request.registry)));
    }
    let role = Role::parse(&request.role).ok_or_else(|| wrong("its role is neither signatory nor official".into()))?;
    let key = PublicKey::parse_line(&request.key).map_err(|error| wrong(error.to_string()))?;
    let checked = KeyRequest { document: signed.document.as_bytes(), key, role };
    checked
        .check_own_signature(Some(&signed.signature), registry)
        .map_err(|faults| wrong(faults.first().map(ToString::to_string).unwrap_or_default()))?;
    Ok(Proven { supplier: request.supplier, role, key, signed })
}
