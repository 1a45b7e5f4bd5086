//! `certreg authority root`, `department`, `registry-key`, `policy`, `settings`, `refresh`: what only the root key may
//! change.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    change::{Change, Next},
    enrol::LEAD_SECONDS,
    keyevent::parse_event,
    trust::InForce,
};
use crate::{
    cli::{
        error::{CliError, CliResult},
        files,
    },
    domain::Instant,
    format::paths::{self, RepositoryPath},
    registry::{Clock, genesis},
    signing::{
        AuthorityFile, AuthorityKey, AuthorityRole, AuthoritySettings, KeyEvent, KeyFileError, PublicKey, Window,
    },
};

/// Add or end a root key, or say how many of them must sign
///
/// Root keys sign the list of keys and nothing else. With a threshold above 1, the holders sign one after the other:
/// the first writes the change with --out, the others add theirs with 'certreg authority cosign'.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ssh-keygen -t ed25519 -f ~/second-root
  certreg authority root add ~/second-root.pub --keys ~/department --to https://certreg.example
  certreg authority root threshold 2 --keys ~/department --to https://certreg.example")]
pub(super) struct Root {
    #[command(subcommand)]
    command: RootCommand,
}

/// Add or end a key of the Department
///
/// The Department's keys sign editions, suppliers, key rings, transcriptions and case statements. Add the new key
/// before the old one ends; afterwards it takes the old one's place in the key folder (department, department.pub).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ssh-keygen -t ed25519 -f ~/department/department.new
  certreg authority department add ~/department/department.new.pub --keys ~/department --to https://certreg.example
  certreg authority department end SHA256:… --event compromised --at 2026-10-30T00:00:00Z \\
      --keys ~/department --to https://certreg.example")]
pub(super) struct Department {
    #[command(subcommand)]
    command: KeyCommand,
}

/// Exchange the registry's own key, with which the server signs commits
///
/// In three steps: add the new key; the operator puts it in the place of the old one and restarts the server; end the
/// old key. A server never accepts the end of the key that it runs with: it could never write again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ssh-keygen -t ed25519 -N '' -f DATA/keys/registry.new                  (the operator, on the server)
  certreg authority registry-key add registry.new.pub --keys ~/department --to https://certreg.example
  mv registry.new registry; mv registry.new.pub registry.pub             (the operator, who restarts the server)
  certreg authority registry-key end SHA256:… --event left --keys ~/department --to https://certreg.example")]
pub(super) struct RegistryKey {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RootCommand {
    Add(Add),
    End(End),
    Threshold(Threshold),
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    Add(Add),
    End(End),
}

/// Add a key
#[derive(Debug, clap::Args)]
struct Add {
    /// The public key: an OpenSSH file KEY.pub (ssh-ed25519)
    #[arg(value_name = "PUBLICKEY")]
    key: PathBuf,
    /// From when it may sign, like 2026-11-02T09:30:00Z (default: a minute from now)
    #[arg(long, value_name = "INSTANT")]
    valid_after: Option<Instant>,
    #[command(flatten)]
    change: Change,
}

/// End a key: its holder left, it is lost, or somebody else may have it
#[derive(Debug, clap::Args)]
struct End {
    /// The key's fingerprint, as 'ssh-keygen -l' shows it
    #[arg(value_name = "FINGERPRINT")]
    key: String,
    /// What happened
    #[arg(long, value_parser = parse_event, value_name = "left|lost|compromised")]
    event: KeyEvent,
    /// The first second at which the key may not sign any more (default: now)
    #[arg(long, value_name = "INSTANT")]
    at: Option<Instant>,
    #[command(flatten)]
    change: Change,
}

/// Say how many different root keys must sign the next change
#[derive(Debug, clap::Args)]
struct Threshold {
    /// At least 1, and no more than there are root keys
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    number: u32,
    #[command(flatten)]
    change: Change,
}

/// Put another trust policy in force: log, witnesses, quorum
///
/// FILE is a trust policy (c2sp.org/tlog-policy). Readers require as many witnesses as its quorum says.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  curl -s https://certreg.example/v1/authority | jq -r '.files[\"authority/trust-policy\"]' > policy
  certreg authority policy policy --keys ~/department --to https://certreg.example")]
pub(super) struct Policy {
    /// The policy
    file: PathBuf,
    #[command(flatten)]
    change: Change,
}

/// Put other settings in force: names, licence, freshness
///
/// FILE is the next registry.json. The registry's id never changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority settings registry.json --keys ~/department --to https://certreg.example")]
pub(super) struct Settings {
    /// The settings
    file: PathBuf,
    #[command(flatten)]
    change: Change,
}

/// Replace guide and scripts (VERIFY.md, tools) by those of this version of certreg
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority refresh --keys ~/department --to https://certreg.example

Read what changed before you sign it: the scripts are what people check this registry with.")]
pub(super) struct Refresh {
    #[command(flatten)]
    change: Change,
}

impl Root {
    pub(super) fn run(self) -> CliResult {
        match self.command {
            RootCommand::Add(add) => add.run(AuthorityRole::Root),
            RootCommand::End(end) => end.run(AuthorityRole::Root),
            RootCommand::Threshold(Threshold { number, change }) => change.run(|in_force| {
                if in_force.file.settings().threshold == number {
                    return Err(CliError::no(format!("the threshold is {number} already")));
                }
                next(in_force, BTreeMap::new(), number, AuthorityFile::with_settings)
            }),
        }
    }
}

impl Department {
    pub(super) fn run(self) -> CliResult {
        self.command.run(AuthorityRole::Department)
    }
}

impl RegistryKey {
    pub(super) fn run(self) -> CliResult {
        self.command.run(AuthorityRole::Registry)
    }
}

impl KeyCommand {
    fn run(self, role: AuthorityRole) -> CliResult {
        match self {
            KeyCommand::Add(add) => add.run(role),
            KeyCommand::End(end) => end.run(role),
        }
    }
}

impl Add {
    fn run(self, role: AuthorityRole) -> CliResult {
        let key = read_public(&self.key)?;
        let from = self.valid_after.unwrap_or_else(|| Clock::System.now().plus_seconds(LEAD_SECONDS));
        let window = Window::new(from, None).map_err(|error| CliError::usage(error.to_string()))?;
        self.change.run(|in_force| {
            unchanged(in_force, |file, settings| file.enrol(settings, &[AuthorityKey::new(role, key, window)]))
        })
    }
}

impl End {
    fn run(self, role: AuthorityRole) -> CliResult {
        let at = self.at.unwrap_or_else(|| Clock::System.now());
        let (fingerprint, event) = (self.key, self.event);
        self.change.run(|in_force| {
            let mut of_role = in_force.file.keys().iter().filter(|line| line.role() == role);
            let line = of_role.clone().find(|line| line.key().fingerprint() == fingerprint).ok_or_else(|| {
                let known: Vec<String> = of_role.by_ref().map(|line| line.key().fingerprint()).collect();
                CliError::no(format!("there is no {role} key {fingerprint}"))
                    .next(format!("There is {}.", known.join(", ")))
            })?;
            let key = *line.key();
            unchanged(in_force, |file, settings| file.end(settings, &key, at, event))
        })
    }
}

impl Policy {
    pub(super) fn run(self) -> CliResult {
        let policy = files::read_text(&self.file)?.into_bytes();
        self.change.run(|in_force| with_files(in_force, [(paths::trust_policy(), policy)].into()))
    }
}

impl Settings {
    pub(super) fn run(self) -> CliResult {
        let settings = files::read_text(&self.file)?.into_bytes();
        self.change.run(|in_force| with_files(in_force, [(paths::registry(), settings)].into()))
    }
}

impl Refresh {
    pub(super) fn run(self) -> CliResult {
        self.change.run(|in_force| {
            let files = genesis::guide_and_tools(in_force.file.registry());
            with_files(in_force, files.into_iter().collect())
        })
    }
}

/// The next file with these covered files and the same keys.
fn with_files(in_force: &InForce, mut files: BTreeMap<RepositoryPath, Vec<u8>>) -> CliResult<Next> {
    files.retain(|path, bytes| in_force.files.get(path) != Some(bytes));
    if files.is_empty() {
        return Err(CliError::no("exactly these files are in force already"));
    }
    let threshold = in_force.file.settings().threshold;
    next(in_force, files, threshold, AuthorityFile::with_settings)
}

/// The next file with other keys and the same covered files.
fn unchanged(
    in_force: &InForce,
    grow: impl FnOnce(&AuthorityFile, AuthoritySettings) -> Result<AuthorityFile, KeyFileError>,
) -> CliResult<Next> {
    next(in_force, BTreeMap::new(), in_force.file.settings().threshold, grow)
}

fn next(
    in_force: &InForce,
    files: BTreeMap<RepositoryPath, Vec<u8>>,
    threshold: u32,
    grow: impl FnOnce(&AuthorityFile, AuthoritySettings) -> Result<AuthorityFile, KeyFileError>,
) -> CliResult<Next> {
    let settings = in_force.settings(&files, threshold);
    let file = grow(&in_force.file, settings)
        .map_err(|error| CliError::no(format!("the authority file cannot change like this: {error}")))?;
    Ok(Next { file, files })
}

fn read_public(path: &Path) -> CliResult<PublicKey> {
    let text = files::read_text(path)?;
    if text.starts_with("-----BEGIN") {
        let message = format!("{} is a private key, which never leaves its owner", path.display());
        return Err(CliError::no(message).next("Give the public half, the file that ends in .pub."));
    }
    PublicKey::parse_line(&text).map_err(|error| CliError::no(format!("{}: {error}", path.display())))
}
