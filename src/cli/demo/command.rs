//! The command itself: build what is absent, serve, and say what to try.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{DemoError, build, ends_at, is_built, open};
use crate::{
    cli::{
        DEFAULT_LISTEN,
        error::{CliError, CliResult},
        out::{self, BOLD, DIM, YELLOW, styled},
        serve,
    },
    registry::{Clock, Registry},
    signing::AuthorityRole,
};

/// Build a registry to try everything on, and serve it
///
/// Two published statements as transcriptions, and a made-up supplier with a history of three years. Its dates are
/// simulated; its signatures are real, by keys made on the spot, so that you can play every part: supplier,
/// Department, school, integrator, verifier. Run it again to go on with what is there.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg demo
  certreg demo --data /tmp/demo --listen 127.0.0.1:9000

Next: the commands that it prints")]
pub(crate) struct Demo {
    /// The folder of the demo: absent, empty, or a demo's
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    listen: SocketAddr,
}

impl Demo {
    pub(in crate::cli) fn run(self) -> CliResult {
        // The port first: whoever asks while the demo is built waits instead of being turned away.
        let listener = serve::listen(self.listen, false)?;
        if !is_built(&self.data)? {
            out::tell(format!("Building a demonstration registry in {} …", self.data.display()));
            drop(build(&self.data, &mut |event| out::tell(format!("  {}", styled(DIM, event))))?);
        }
        let registry = open(&self.data, Clock::System)?;
        if registry.clock().now() < ends_at() {
            out::tell(format!(
                "{} this machine's clock shows a day before the demo's last one ({}): reading works, publishing is refused",
                styled(YELLOW, "note:"),
                ends_at().day_in_london().in_words()
            ));
        }
        let address = listener.local_addr().map_err(|error| CliError::unreachable(error.to_string()))?;
        let welcome = what_to_try(&registry, &self.data, address);
        serve::serve(registry, listener, || out::print(welcome))
    }
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Registry(error) => error.into(),
            DemoError::Occupied(_) | DemoError::OtherRegistry(..) => CliError::no(error.to_string()),
            error => CliError::unreachable(error.to_string()),
        }
    }
}

/// How this program is called from here: by its bare name where the search path finds it, else by its path.
fn own_name() -> PathBuf {
    let Ok(program) = std::env::current_exe() else { return "certreg".into() };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let same = |folder: PathBuf| {
        folder.join("certreg").canonicalize().is_ok_and(|found| Some(found) == program.canonicalize().ok())
    };
    if std::env::split_paths(&folders).any(same) {
        return "certreg".into();
    }
    let here = std::env::current_dir().unwrap_or_default();
    program.strip_prefix(&here).map_or_else(|_| program.clone(), Path::to_owned)
}

/// The fingerprint that everything leads back to; a real registry's authority publishes it elsewhere.
fn root_fingerprint(registry: &Registry) -> String {
    let authority = registry.authority();
    let root = authority.keys().iter().find(|line| line.role() == AuthorityRole::Root);
    root.map(|line| line.key().fingerprint()).unwrap_or_default()
}

/// Commands to copy, a part a block.
fn what_to_try(registry: &Registry, data: &Path, address: SocketAddr) -> String {
    let base = format!("http://{address}");
    let cloud = "example-learning/example-cloud";
    let v1 = format!("{base}/v1/certifications/{cloud}");
    let absolute = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let at = |below: &str| quoted(&absolute.join(below));
    let certreg = quoted(&own_name());
    let root = root_fingerprint(registry);
    let parts = [
        (
            "A school: what changed since we signed up?",
            vec![
                format!("{certreg} since {cloud}@2024-01-10 --registry {base}"),
                format!("curl '{base}/v1/reports/since.md?item={cloud}@2024-01-10'"),
                format!("{v1}/diff.html?from=8&to=9"),
            ],
        ),
        (
            "A supplier: publish the next version, signed by two people; and the same unsigned, which is refused",
            vec![
                format!("{certreg} publish {} --to {base} --dry-run", at("demo-try/update.json")),
                format!("{certreg} publish {} --to {base}", at("demo-try/update.json")),
                format!(
                    "curl -H 'Content-Type: application/json' --data-binary @{} {v1}/versions",
                    at("demo-try/unsigned-envelope.json")
                ),
            ],
        ),
        (
            "An integrator: everything that happened, from the beginning",
            vec![format!("curl '{base}/v1/changes?after=0'"), format!("{base}/docs/")],
        ),
        (
            "Somebody who trusts none of this: check it with git and ssh-keygen alone (VERIFY.md says how)",
            vec![
                format!("git clone --branch main {} copy", at("registry.git")),
                format!("(cd copy && sh tools/as-of.sh {root} example-learning example-cloud 2025-09-04)"),
                format!("ssh-keygen -lf {}      (the root key that all trust leads back to)", at("demo-keys/root.pub")),
            ],
        ),
    ];
    let settings = registry.settings();
    let mut text = format!(
        "\n{} ({}) is served at {}\nSimulated dates; the example supplier is made up. The keys in {} let you play every \
         part.\n",
        settings.name,
        settings.registry,
        styled(BOLD, format!("{base}/")),
        at("demo-keys"),
    );
    for (title, commands) in parts {
        text.push_str(&format!("\n{}\n", styled(BOLD, title)));
        text.extend(commands.iter().map(|command| format!("  {command}\n")));
    }
    text.push_str("\nCtrl-C stops it; run it again to go on with what is there.\n");
    text
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_the_shell() {
        for path in ["/tmp/demo", "/tmp/my demo", "/tmp/it's $HOME"] {
            let script = format!("printf %s {}", quoted(Path::new(path)));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), path);
        }
    }
}
