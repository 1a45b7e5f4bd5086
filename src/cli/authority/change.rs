//! How the authority file changes: looked up, shown, signed by root keys, sent with the files that changed with it.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    folder::KeyFolder,
    outcome::Destination,
    trust::{self, InForce},
};
use crate::{
    cli::{
        check::count,
        error::{CliError, CliResult, Exit},
        files::{self, Write},
        keys::Signer,
        out::{self, BOLD, styled},
        source::Source,
    },
    format::{paths::RepositoryPath, v1::envelope::Envelope},
    registry::Clock,
    signing::{AuthorityFile, AuthorityRole, Namespace},
};

/// What every change of the authority file needs.
#[derive(Debug, clap::Args)]
pub(super) struct Change {
    /// The Department's key folder, with the root key
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Where to look up the authority file in force (default: --to)
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    /// A further root key that signs too; again for each
    #[arg(long = "root-key", value_name = "KEY")]
    root_keys: Vec<PathBuf>,
    /// The fingerprint of the root key with which the registry began, where it is not the one in --keys
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
    #[command(flatten)]
    destination: Destination,
}

/// The next authority file, with the covered files that differ.
pub(super) struct Next {
    pub file: AuthorityFile,
    pub files: BTreeMap<RepositoryPath, Vec<u8>>,
}

/// A change on its way to be signed.
pub(super) struct Opened {
    pub folder: KeyFolder,
    pub in_force: InForce,
}

impl Change {
    /// Makes the next file with `next`, shows what it changes, signs it and sends it.
    ///
    /// # Errors
    /// The registry's refusal; no when the file may not follow the one in force.
    pub(super) fn run(self, next: impl FnOnce(&InForce) -> CliResult<Next>) -> CliResult {
        let opened = self.open()?;
        let next = next(&opened.in_force)?;
        self.sign_and_deliver(&opened, &next, Vec::new())
    }

    /// Looks up what is in force.
    ///
    /// # Errors
    /// As [`trust::authority`].
    pub(super) fn open(&self) -> CliResult<Opened> {
        let folder = KeyFolder::open(&self.keys)?;
        let source = match (&self.registry, self.destination.remote()?) {
            (Some(text), _) => Source::open(text)?,
            (None, Some(remote)) => Source::Remote(remote),
            (None, None) => {
                return Err(CliError::usage(
                    "say where to look up the authority file in force: --registry URL or --registry DIR",
                ));
            }
        };
        let in_force = trust::authority(&source, &folder, self.root.as_deref())?;
        Ok(Opened { folder, in_force })
    }

    /// Adds signatures to those there are, and sends or writes everything.
    ///
    /// # Errors
    /// As [`Change::run`].
    pub(super) fn sign_and_deliver(&self, opened: &Opened, next: &Next, mut signatures: Vec<String>) -> CliResult {
        let Opened { folder, in_force } = opened;
        next.file
            .check_follows(Some(&in_force.file), Clock::System.now())
            .map_err(|error| CliError::no(format!("the authority file cannot change like this: {error}")))?;
        if !next.file.has_lasting_roots() {
            let message = "fewer root keys would be without an end than the threshold asks for: nobody could ever sign \
                           the next authority file";
            return Err(CliError::no(message).next("Add a root key, or lower the threshold, first."));
        }
        show(in_force, next)?;
        let document = next.file.print();
        signatures.push(folder.sign(AuthorityRole::Root, Namespace::Root, document.as_bytes())?);
        for path in &self.root_keys {
            signatures.push(Signer::open(path)?.sign(&Namespace::Root.at(folder.registry()), document.as_bytes())?);
        }
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let files = next.files.iter().map(|(path, bytes)| (path.to_string(), text(bytes))).collect();
        let missing = (in_force.file.settings().threshold as usize).saturating_sub(signatures.len());
        let envelope = Envelope { document: Some(document), signatures, files, ..Envelope::default() };
        if missing == 0 { self.destination.deliver(&envelope) } else { self.hand_on(&envelope, missing) }
    }

    /// Writes what others still have to sign.
    fn hand_on(&self, envelope: &Envelope, missing: usize) -> CliResult {
        let missing = count(missing, "more signature");
        let Some(path) = self.destination.file() else {
            return Err(CliError::no(format!("root keys must give {missing} before it can be sent"))
                .next("Sign with --root-key KEY too, or write it with --out FILE for the next holder of a root key."));
        };
        files::write(path, envelope.print().as_bytes(), Write::New)?;
        out::line(format!(
            "Signed: {}\n{} root keys must give {missing}: certreg authority cosign {} --keys DIR --registry URL --to URL",
            path.display(),
            styled(BOLD, "Next:"),
            path.display()
        ))?;
        Ok(Exit::Done)
    }
}

/// What is about to be signed, against what is in force.
fn show(in_force: &InForce, next: &Next) -> CliResult<()> {
    let row = |label: &str, text: String| vec![styled(BOLD, label), text];
    let (old, new) = (&in_force.file, &next.file);
    let mut rows = vec![row("authority file", format!("version {} ({})", new.version(), new.change()))];
    for line in new.keys() {
        let window = line.window();
        let key = format!("{} {}", line.role(), line.key().fingerprint());
        match (old.find(line.key()), window.valid_before()) {
            (None, _) => rows.push(row("new key", format!("{key}, valid from {}", window.valid_after()))),
            (Some(before), Some(end)) if before.window() != window => {
                rows.push(row("ends", format!("{key}, may sign until {end}")));
            }
            _ => {}
        }
    }
    if old.settings().threshold != new.settings().threshold {
        let (before, after) = (old.settings().threshold, new.settings().threshold);
        rows.push(row("threshold", format!("{before}, from now on {after}")));
    }
    rows.extend(next.files.keys().map(|path| row("file", path.to_string())));
    out::print(out::table(&rows))
}
