//! A clone in the hands of somebody who can write anything into it, also with the registry's own key; and the
//! scripts run on it.

#![allow(dead_code, clippy::unwrap_used, reason = "a test may panic")]

pub mod packs;
pub mod scene;

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use certreg::{
    domain::Instant,
    signing::{self, Namespace},
};
use tempfile::TempDir;

use crate::common::fixture::{Fixture, REGISTRY, ROOT, instant, key};

/// The scripts as they are in the sources, whatever the clone itself holds.
pub const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/registry/tools");

/// A commit to be made: by default like the registry's own.
pub struct Forged<'a> {
    pub at: &'a str,
    pub signer: u8,
    /// More header lines between committer and signature.
    pub headers: &'a str,
    /// Further parents.
    pub parents: &'a [String],
}

impl Default for Forged<'_> {
    fn default() -> Self {
        Forged { at: "2025-01-01T00:00:00Z", signer: REGISTRY, headers: "", parents: &[] }
    }
}

/// A clone of a registry's repository.
pub struct Copy {
    folder: TempDir,
    registry: String,
}

impl Copy {
    pub fn of(fixture: &Fixture) -> Copy {
        Copy::with(fixture, &[])
    }

    /// The same with options of 'git clone'.
    pub fn with(fixture: &Fixture, options: &[&str]) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let copy = Copy { folder, registry: fixture.id.to_string() };
        let url = format!("file://{}", fixture.data.join("registry.git").display());
        let mut command = copy.command("git", ".");
        command.args(["clone", "--quiet", "--branch", "main"]).args(options).args([&url, "copy"]);
        let output = command.output();
        assert!(output.unwrap().status.success());
        copy
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("copy")
    }

    /// A stock program without anybody's settings, in a distant time zone.
    pub fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path().join(folder)).env_clear().env("HOME", self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("TZ", "America/New_York");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git", "copy").args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// A file's bytes in a commit.
    pub fn bytes(&self, commit: &str, path: &str) -> Vec<u8> {
        let output = self.command("git", "copy").args(["cat-file", "blob", &format!("{commit}:{path}")]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{commit}:{path}");
        output.stdout
    }

    pub fn text(&self, commit: &str, path: &str) -> String {
        String::from_utf8(self.bytes(commit, path)).unwrap()
    }

    /// Writes a file into the work tree; the next commit takes it along.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> &Copy {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
        self
    }

    pub fn remove(&self, path: &str) -> &Copy {
        fs::remove_file(self.path().join(path)).unwrap();
        self
    }

    /// Puts a file back as it was in `commit`.
    pub fn put_back(&self, commit: &str, path: &str) -> &Copy {
        self.write(path, self.bytes(commit, path))
    }

    /// The commits that changed `path`, oldest first.
    pub fn steps(&self, path: &str) -> Vec<String> {
        self.git(&["rev-list", "--reverse", "main", "--", path]).lines().map(str::to_owned).collect()
    }

    /// A signature with the key of this seed.
    pub fn sign(&self, seed: u8, namespace: Namespace, bytes: impl AsRef<[u8]>) -> String {
        signing::sign(&key(seed), &namespace.at(&self.registry.parse().unwrap()), bytes.as_ref())
    }

    /// Writes a file and beside it a signature with the key of this seed.
    pub fn write_signed(&self, path: &str, bytes: impl AsRef<[u8]>, seed: u8, namespace: Namespace) -> &Copy {
        self.write(&format!("{path}.sig"), self.sign(seed, namespace, &bytes)).write(path, bytes)
    }

    /// Commits the work tree as the registry would.
    pub fn commit(&self) -> String {
        self.commit_as(&Forged::default())
    }

    pub fn commit_as(&self, forged: &Forged<'_>) -> String {
        self.git(&["add", "--all"]);
        let tree = self.git(&["write-tree"]);
        let parents = [self.git(&["rev-parse", "main"])].into_iter().chain(forged.parents.iter().cloned());
        let commit = self.commit_object(&tree, &parents.collect::<Vec<_>>(), forged);
        self.git(&["update-ref", "refs/heads/main", &commit]);
        commit
    }

    /// Makes the work tree the first commit of another history.
    pub fn begin_again(&self, at: &str) -> String {
        self.git(&["add", "--all"]);
        let tree = self.git(&["write-tree"]);
        let commit = self.commit_object(&tree, &[], &Forged { at, ..Forged::default() });
        self.git(&["update-ref", "refs/heads/main", &commit]);
        commit
    }

    pub fn commit_object(&self, tree: &str, parents: &[String], forged: &Forged<'_>) -> String {
        let seconds = forged.at.parse::<Instant>().unwrap_or_else(|_| instant(forged.at)).unix_seconds();
        let who = format!("certreg <registry@{}> {seconds} +0000", self.registry);
        let parents: String = parents.iter().map(|parent| format!("parent {parent}\n")).collect();
        let headers = format!("tree {tree}\n{parents}author {who}\ncommitter {who}\n{}", forged.headers);
        let message = "\nNothing to see here\n";
        let signature = signing::sign(&key(forged.signer), "git", format!("{headers}{message}").as_bytes());
        let folded = signature.trim_end().replace('\n', "\n ");
        self.object("commit", format!("{headers}gpgsig {folded}\n{message}").as_bytes())
    }

    pub fn object(&self, kind: &str, bytes: &[u8]) -> String {
        let mut command = self.command("git", "copy");
        command.args(["hash-object", "--literally", "-t", kind, "-w", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// A file beside the clone that only its owner may read.
    pub fn secret(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    /// What a program makes of its input.
    pub fn feed(&self, mut command: Command, input: &[u8]) -> String {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a script under dash; gives the exit code and what was printed.
    pub fn run(&self, script: &str, arguments: &[&str]) -> (i32, String) {
        self.run_under("dash", script, arguments)
    }

    /// Runs a script under dash and under bash, which must say the same.
    pub fn run_under_both(&self, script: &str, arguments: &[&str]) -> (i32, String) {
        let (dash, bash) = (self.run(script, arguments), self.run_under("bash", script, arguments));
        assert_eq!(dash, bash, "{script} {arguments:?}");
        dash
    }

    fn run_under(&self, shell: &str, script: &str, arguments: &[&str]) -> (i32, String) {
        let script = format!("{TOOLS}/{script}");
        let output = self.command(shell, "copy").arg(script).args(arguments).output().unwrap();
        let said = said(&output);
        let plain = |c: char| c == '\n' || (' '..='~').contains(&c);
        assert!(said.chars().all(plain), "nothing that a terminal would obey: {said:?}");
        (output.status.code().unwrap(), said)
    }

    /// What `certreg verify` says of the whole clone.
    pub fn program(&self) -> (i32, String) {
        let mut command = self.command(env!("CARGO_BIN_EXE_certreg"), ".");
        let output = command.args(["verify", "copy", "--root", &root()]).output().unwrap();
        (output.status.code().unwrap(), said(&output))
    }

    /// What a script finds bad the program finds, too.
    fn agreed(&self, (code, found): (i32, String)) -> (i32, String) {
        if code == 1 {
            let (theirs, words) = self.program();
            assert_eq!(theirs, 1, "the script: {found}\nthe program: {words}");
        }
        (code, found)
    }

    pub fn authority(&self) -> (i32, String) {
        self.agreed(self.run("authority.sh", &[&root()]))
    }

    pub fn commits(&self) -> (i32, String) {
        self.agreed(self.run("commits.sh", &[&root()]))
    }

    /// Everything, by the scripts and by the program, which must agree.
    pub fn verify_all(&self) -> (i32, String) {
        let (code, found) = self.run_under_both("verify-all.sh", &[&root()]);
        let (theirs, words) = self.program();
        assert_eq!(theirs == 1, code == 1, "the script: {found}\nthe program: {words}");
        if code != 1 {
            assert_eq!(words.contains("unsound:"), found.contains("UNSAFE now"), "{found}\n{words}");
        }
        (code, found)
    }

    pub fn as_of(&self, certification: &str, day: &str) -> (i32, String) {
        let (supplier, service) = certification.split_once('/').unwrap();
        self.agreed(self.run("as-of.sh", &[&root(), supplier, service, day]))
    }
}

/// The fingerprint that is known from outside.
pub fn root() -> String {
    key(ROOT).public().fingerprint()
}

/// Standard output and error. A script that falls over its own feet says so on the latter.
fn said(output: &Output) -> String {
    String::from_utf8([output.stdout.as_slice(), output.stderr.as_slice()].concat()).unwrap()
}

/// Expects something BAD that names `why`.
#[track_caller]
pub fn expect_bad((code, said): (i32, String), why: &str) -> String {
    assert!(code == 1 && said.lines().any(|line| line.starts_with("BAD: ") && line.contains(why)), "{code} {said}");
    said
}

/// Expects that everything holds.
#[track_caller]
pub fn expect_good((code, said): (i32, String)) -> String {
    assert!(code == 0 && !said.contains("BAD") && !said.contains("UNSAFE"), "{code} {said}");
    said
}
