//! `certreg witness`: cosigning the checkpoints of a registry's log, so that nobody can be shown a history of their
//! own.

mod keygen;
mod serve;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{
    error::{CliError, CliResult, Exit},
    files, keys,
    out::{self, BOLD, styled},
};
use crate::{
    log::{Policy, SignatureType, VerifierKey},
    signing::{PublicKey, SecretKey},
    witness::{Memory, MemoryError, Witness as Judge},
};

/// Where it listens if nobody says otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:8090";

/// Be a witness of a registry's log: cosign its checkpoints, and refuse a second history
///
/// A witness remembers one checkpoint of each log. It cosigns a newer one only when the log proves that the newer tree
/// begins with the one it remembers, and never takes it back. A registry that shows some readers another history than
/// others gets no cosignature for one of the two. Run it on a machine that the registry's operator does not control:
/// that is what it is worth. It keeps a few hundred bytes and needs no copy of the registry.
/// Any log that speaks c2sp.org/tlog-witness can ask it, at POST URL/add-checkpoint.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Example:
  certreg witness keygen --name witness.school.example/w1 --out w1
  certreg witness --key w1 --policy registry/authority/trust-policy --data /srv/witness

--policy takes the logs of a trust policy: the file authority/trust-policy of a clone. The folder --data is the
witness's memory: never delete it, never run two copies of it, never put an older one back.

Next: send the line that 'keygen' printed to the authority behind the registry, which adds it to the trust policy")]
pub(crate) struct Witness {
    #[command(subcommand)]
    command: Option<Command>,
    /// The private key, made by 'certreg witness keygen'; KEY.vkey beside it says its name
    #[arg(long, value_name = "KEY", required = true)]
    key: Option<PathBuf>,
    /// A log to watch: its verifier key, NAME+HASH+KEY; may be repeated
    #[arg(long, value_name = "VKEY", required_unless_present = "policy")]
    log: Vec<VerifierKey>,
    /// Watch the logs of this trust policy; may be repeated
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// The folder in which it remembers
    #[arg(long, value_name = "DIR", required = true)]
    data: Option<PathBuf>,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    public: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Keygen(keygen::Keygen),
}

impl Witness {
    pub(super) fn run(self) -> CliResult {
        match &self.command {
            Some(Command::Keygen(command)) => command.run(),
            None => self.serve(),
        }
    }

    fn serve(&self) -> CliResult {
        let (Some(key), Some(data)) = (&self.key, &self.data) else {
            return Err(CliError::usage("say which key (--key KEY) and where to remember (--data DIR)"));
        };
        let logs = self.logs()?;
        let secret = keys::read_secret_file(key)?;
        let own = own_key(key, &secret.public())?;
        let listener = super::serve::listen(self.listen, self.public)?;
        let judge = Judge::new(own, &logs, Memory::open(data)?)?;
        let address = listener.local_addr().map_err(|error| CliError::unreachable(error.to_string()))?;
        let introduction = introduction(&judge, &format!("http://{address}"));
        serve::serve(judge, secret, listener, || out::line(introduction))
    }

    /// The logs to watch, each once.
    fn logs(&self) -> CliResult<Vec<VerifierKey>> {
        let mut logs: Vec<VerifierKey> = self.log.clone();
        for path in &self.policy {
            let policy = Policy::parse(&files::read_text(path)?);
            let policy = policy.map_err(|error| CliError::no(format!("{}: {error}", path.display())))?;
            logs.extend(policy.logs().iter().map(|log| log.key.clone()));
        }
        logs.sort();
        logs.dedup();
        if let Some(other) = logs.iter().find(|log| log.signature_type() != SignatureType::Note) {
            return Err(CliError::usage(format!("{} is a witness's key, not a log's", other.name())));
        }
        if let Some(pair) = logs.windows(2).find(|pair| pair[0].name() == pair[1].name()) {
            let message = format!("two different keys are given for the log {}", pair[0].name());
            return Err(CliError::usage(message).next("Watch one of them: the one in the registry's trust policy."));
        }
        if logs.is_empty() {
            return Err(CliError::no("the trust policy names no log, so there is nothing to watch"));
        }
        Ok(logs)
    }
}

/// The verifier key beside a private key file, which must belong to it.
fn own_key(path: &Path, public: &PublicKey) -> CliResult<VerifierKey> {
    let beside = files::beside(path, "vkey");
    let text = files::read_text(&beside)
        .map_err(|error| error.next("Make both with 'certreg witness keygen', or put KEY.vkey back."))?;
    let key: VerifierKey =
        text.trim_end().parse().map_err(|error| CliError::no(format!("{}: {error}", beside.display())))?;
    if key.key_bytes() != public.as_bytes() || key.signature_type() != SignatureType::Cosignature {
        let message = format!("{} does not belong to the key {}", beside.display(), path.display());
        return Err(CliError::no(message).next("Make a pair with 'certreg witness keygen'."));
    }
    Ok(key)
}

/// Signs with the witness's key.
fn signer(secret: &SecretKey) -> impl Fn(&[u8]) -> [u8; 64] + '_ {
    |bytes| secret.sign_raw(bytes)
}

fn introduction(judge: &Judge, base: &str) -> String {
    let watched = judge.logs().into_iter().map(|(origin, size)| {
        let known = if size == 0 { "nothing cosigned yet".to_owned() } else { format!("cosigned up to size {size}") };
        vec![format!("  {origin}"), known]
    });
    format!(
        "{} listens at {} and watches\n{}",
        judge.key().name(),
        styled(BOLD, base),
        out::table(&watched.collect::<Vec<_>>()).trim_end()
    )
}

impl From<MemoryError> for CliError {
    fn from(error: MemoryError) -> Self {
        CliError::new(Exit::Unreachable, error.to_string())
    }
}
