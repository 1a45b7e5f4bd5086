//! Keys on disk and in the agent: made, kept apart from others' eyes, used to sign.

use std::{
    env, fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    agent::Agent,
    error::{CliError, CliResult},
    files::{self, Write},
};
use crate::signing::{self, Protection, PublicKey, SecretKey, SecretKeyError};

/// Where scripts put a passphrase; people are asked.
pub(crate) const PASSPHRASE_VARIABLE: &str = "CERTREG_PASSPHRASE";

/// How often a person may mistype a passphrase.
const TRIES: u32 = 3;

/// Something that can sign: a key in ssh-agent, which never comes into this program, or one read from its file.
pub(crate) enum Signer {
    /// In the agent.
    Agent(Agent, PublicKey),
    /// From a file.
    Secret(SecretKey),
}

impl Signer {
    /// The key at `path`: a `.pub` file whose private half is in ssh-agent, or a private key file. The agent is
    /// asked first either way, so that nobody types a passphrase without need.
    ///
    /// # Errors
    /// Unreachable when the file or the agent cannot be read; no when it is no key, or others may read it.
    pub(crate) fn open(path: &Path) -> CliResult<Signer> {
        let bytes = files::read(path)?;
        if bytes.starts_with(b"ssh-") {
            return Signer::of_public(path, &files::into_text(bytes, path)?);
        }
        files::check_private(path)?;
        if let Some(key) = public_beside(path)
            && let Some(agent) = agent_with(&key)
        {
            return Ok(Signer::Agent(agent, key));
        }
        let text = Zeroizing::new(files::into_text(bytes, path)?);
        read_secret(&text, path).map(Signer::Secret)
    }

    fn of_public(path: &Path, line: &str) -> CliResult<Signer> {
        let key = PublicKey::parse_line(line).map_err(|error| CliError::no(format!("{}: {error}", path.display())))?;
        if let Some(agent) = agent_with(&key) {
            return Ok(Signer::Agent(agent, key));
        }
        let private = path.with_extension("");
        if path.extension().is_some_and(|ending| ending == "pub") && private.exists() {
            return Signer::open(&private);
        }
        Err(CliError::no(format!(
            "the key {key} is not in ssh-agent, and its private half is not beside {}",
            path.display()
        ))
        .next("Add it with 'ssh-add KEY', or give the private key file to --key."))
    }

    /// The public half.
    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Signer::Agent(_, key) => *key,
            Signer::Secret(key) => key.public(),
        }
    }

    /// Where the private half is, for people.
    pub(crate) fn place(&self) -> &'static str {
        match self {
            Signer::Agent(..) => "in ssh-agent",
            Signer::Secret(_) => "from its file",
        }
    }

    /// Signs, and gives the armoured text that ssh-keygen would write.
    ///
    /// # Errors
    /// Unreachable when the agent does not sign.
    pub(crate) fn sign(&self, namespace: &str, message: &[u8]) -> CliResult<String> {
        match self {
            Signer::Agent(agent, key) => {
                agent.sign(key, namespace, message).map_err(|error| CliError::unreachable(error.to_string()))
            }
            Signer::Secret(key) => Ok(signing::sign(key, namespace, message)),
        }
    }
}

/// The agent, if there is one and it holds `key`.
fn agent_with(key: &PublicKey) -> Option<Agent> {
    let agent = Agent::from_env().ok()?;
    let holds = agent.identities().ok()?.iter().any(|identity| identity.key == *key);
    holds.then_some(agent)
}

/// The public half beside a private key file, if it is there and readable.
fn public_beside(path: &Path) -> Option<PublicKey> {
    PublicKey::parse_line(&fs::read_to_string(files::beside(path, "pub")).ok()?).ok()
}

/// Reads a private key file, asking for the passphrase if it has one.
///
/// # Errors
/// As [`Signer::open`].
pub(crate) fn read_secret_file(path: &Path) -> CliResult<SecretKey> {
    files::check_private(path)?;
    read_secret(&Zeroizing::new(files::read_text(path)?), path)
}

fn read_secret(text: &str, path: &Path) -> CliResult<SecretKey> {
    let named = |error: SecretKeyError| CliError::no(format!("{}: {error}", path.display()));
    match SecretKey::from_openssh(text, None) {
        Err(SecretKeyError::PassphraseNeeded) => {}
        read => return read.map_err(named),
    }
    let given = env::var(PASSPHRASE_VARIABLE).ok().map(Zeroizing::new);
    if let Some(passphrase) = given {
        return SecretKey::from_openssh(text, Some(&passphrase)).map_err(named);
    }
    for _ in 1..TRIES {
        let passphrase = ask(&format!("Passphrase for {}: ", path.display()))?;
        match SecretKey::from_openssh(text, Some(&passphrase)) {
            Err(SecretKeyError::WrongPassphrase) => super::out::tell("The passphrase is wrong; try again."),
            read => return read.map_err(named),
        }
    }
    let passphrase = ask(&format!("Passphrase for {}: ", path.display()))?;
    SecretKey::from_openssh(text, Some(&passphrase)).map_err(named)
}

fn ask(prompt: &str) -> CliResult<Zeroizing<String>> {
    if !io::stderr().is_terminal() && !io::stdin().is_terminal() {
        return Err(CliError::unreachable("a passphrase is needed, and there is nobody to ask")
            .next(format!("Set {PASSPHRASE_VARIABLE}, use ssh-agent, or run this on a terminal.")));
    }
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|error| CliError::unreachable(format!("cannot ask for the passphrase: {error}")))
}

/// How a new private key file is protected.
pub(crate) enum NewPassphrase {
    /// In the clear, on purpose.
    None,
    /// Encrypted.
    Some(Zeroizing<String>),
}

/// Chooses the passphrase of new keys: none if so wished, from the environment, or asked for twice.
///
/// # Errors
/// Usage when the two differ or are empty; unreachable when there is nobody to ask.
pub(crate) fn choose_passphrase(none: bool) -> CliResult<NewPassphrase> {
    if none {
        return Ok(NewPassphrase::None);
    }
    let passphrase = match env::var(PASSPHRASE_VARIABLE) {
        Ok(given) => Zeroizing::new(given),
        Err(_) => {
            let first = ask("New passphrase: ")?;
            if *first != *ask("The same again: ")? {
                return Err(CliError::usage("the two passphrases differ").next("Try again."));
            }
            first
        }
    };
    if passphrase.is_empty() {
        let next = "Choose one, or say --no-passphrase if the key shall lie on the disk in the clear.";
        return Err(CliError::usage("the passphrase is empty").next(next));
    }
    Ok(NewPassphrase::Some(passphrase))
}

/// Fresh random bytes.
///
/// # Errors
/// Unreachable when the system has none.
pub(crate) fn random<const N: usize>() -> CliResult<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| CliError::unreachable(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

/// Makes a key and writes `path` (0600) and `path.pub`; the comment is for `ssh-add -l`.
///
/// # Errors
/// No when one of the files is there and may not be replaced; unreachable when they cannot be written.
pub(crate) fn make(path: &Path, comment: &str, passphrase: &NewPassphrase, how: Write) -> CliResult<SecretKey> {
    let public = files::beside(path, "pub");
    files::may_write(path, how)?;
    files::may_write(&public, how)?;
    let key = SecretKey::from_seed(&Zeroizing::new(random::<32>()?));
    let protection = match passphrase {
        NewPassphrase::None => None,
        NewPassphrase::Some(passphrase) => Some(Protection { passphrase, salt: random()? }),
    };
    let text = key.to_openssh(comment, protection.as_ref()).map_err(|error| CliError::no(error.to_string()))?;
    files::write_secret(path, text.as_bytes(), how)?;
    files::write(&public, format!("{} {comment}\n", key.public().line()).as_bytes(), how)?;
    Ok(key)
}

/// The name of a public key file beside its private one.
pub(crate) fn public_path(path: &Path) -> PathBuf {
    files::beside(path, "pub")
}
