//! `certreg witness keygen`: a witness's key, and the line that makes it count.

use std::path::PathBuf;

use crate::{
    cli::{
        error::{CliError, CliResult, Exit},
        files::{self, Write},
        keys::{self, NewPassphrase},
        out::{self, BOLD, styled},
    },
    log::{SignatureType, VerifierKey},
};

/// Make a witness's key, and print the line for the trust policy
///
/// Writes an OpenSSH key (KEY, for its owner only; KEY.pub) and KEY.vkey, the verifier key that others need. The key
/// has no passphrase unless you ask for one, because a witness starts by itself. Use it for nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg witness keygen --name witness.school.example/w1 --out w1 --url https://witness.school.example

Next: certreg witness --key w1 --policy registry/authority/trust-policy --data /srv/witness")]
pub(super) struct Keygen {
    /// What the witness is called, for ever: an address without 'https://', of a domain that is yours
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where to write the key
    #[arg(long, value_name = "KEY")]
    out: PathBuf,
    /// Where the registry will ask it (goes into the printed line)
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Protect the key with a passphrase; each start asks for it
    #[arg(long)]
    passphrase: bool,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

impl Keygen {
    pub(super) fn run(&self) -> CliResult {
        let how = Write::force(self.force);
        let beside = files::beside(&self.out, "vkey");
        files::may_write(&beside, how)?;
        self.check_words()?;
        let passphrase = if self.passphrase { keys::choose_passphrase(false)? } else { NewPassphrase::None };
        let secret = keys::make(&self.out, &format!("witness {}", self.name), &passphrase, how)?;
        let key = VerifierKey::new(&self.name, SignatureType::Cosignature, secret.public().as_bytes())
            .map_err(|error| CliError::usage(error.to_string()))?;
        files::write(&beside, format!("{key}\n").as_bytes(), how)?;
        out::print(out::table(&[
            vec![styled(BOLD, "verifier key"), key.to_string()],
            vec![styled(BOLD, "private key"), format!("{}   (never send this)", self.out.display())],
        ]))?;
        let url = self.url.as_ref().map_or(String::new(), |url| format!(" {url}"));
        out::line(format!(
            "\n{} start it with 'certreg witness --key {} …', and send this line to the authority behind the\nregistry, \
             for its trust policy (the second word is a name of its own choice):\nwitness {} {key}{url}",
            styled(BOLD, "Next:"),
            self.out.display(),
            short_name(&self.name),
        ))?;
        Ok(Exit::Done)
    }

    /// Refuses a name or address that could not stand in a trust policy, before a key is made.
    fn check_words(&self) -> CliResult<()> {
        let good = |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control());
        if !good(&self.name) || self.name.contains('+') {
            return Err(CliError::usage(format!("'{}' cannot be a witness's name", self.name))
                .next("Take an address without 'https://', spaces and plus signs, like witness.school.example/w1."));
        }
        let is_address = |url: &String| good(url) && super::super::remote::is_address(url);
        if self.url.as_ref().is_some_and(|url| !is_address(url)) {
            return Err(CliError::usage("the address of a witness begins with https:// or http://"));
        }
        Ok(())
    }
}

/// A word for the policy: the name's first label.
fn short_name(name: &str) -> &str {
    let short = name.split(['.', '/']).next().unwrap_or(name);
    if short.is_empty() || short == "none" { name } else { short }
}
