//! A desk to work at: a folder of its own, the built program, and nothing of the user's environment.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};

pub struct Desk {
    folder: tempfile::TempDir,
    pub agent: Option<String>,
}

/// What a command did.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    fn of(output: Output) -> Done {
        Done {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("stdout is text"),
            err: String::from_utf8(output.stderr).expect("stderr is text"),
        }
    }

    #[track_caller]
    pub fn ok(self) -> Done {
        self.ends(0)
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Done {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Done {
        let all = format!("{}{}", self.out, self.err);
        assert!(all.contains(words), "'{words}' is missing in:\n{all}");
        self
    }
}

impl Desk {
    pub fn new() -> Desk {
        Desk { folder: tempfile::tempdir().expect("a folder"), agent: None }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program with nothing of the user's environment but where programs are.
    pub fn program(&self, name: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(name);
        command.current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path()).env("TZ", "UTC");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
        if let Some(socket) = &self.agent {
            command.env("SSH_AUTH_SOCK", socket);
        }
        command
    }

    pub fn certreg(&self, arguments: &str) -> Done {
        self.with(&[], arguments)
    }

    /// The same with variables of the environment. Arguments are split at spaces.
    pub fn with(&self, variables: &[(&str, &str)], arguments: &str) -> Done {
        let mut command = self.program(env!("CARGO_BIN_EXE_certreg"));
        command.envs(variables.iter().copied()).args(arguments.split_whitespace());
        Done::of(command.output().expect("the program runs"))
    }

    /// Another program; its arguments are split at spaces.
    #[track_caller]
    pub fn run(&self, line: &str) -> Done {
        let mut words = line.split_whitespace();
        let mut command = self.program(words.next().expect("a program"));
        Done::of(command.args(words).output().expect("the program runs"))
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a text file")
    }

    /// A file as the registry in `data` has it now.
    pub fn read_git(&self, path: &str) -> String {
        self.run(&format!("git -C data/registry.git cat-file blob main:{path}")).ok().out
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).expect("JSON")
    }

    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub fn seed(name: &str) -> String {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name).display().to_string()
    }

    /// Two people of the supplier, as records beside the documents.
    pub fn people(&self) -> [String; 2] {
        ["Ann Example", "Bob Example"].map(|name| {
            let file = format!("{}.person.json", name.split(' ').next().expect("a word").to_lowercase());
            let mut command = self.program(env!("CARGO_BIN_EXE_certreg"));
            command.args(["person", "--name", name, "--out", &file]);
            Done::of(command.output().expect("the program runs")).ok().out.trim().to_owned()
        })
    }

    /// A finished first version in `name`.
    pub fn finished(&self, name: &str, people: &[String; 2]) {
        let arguments = "new --edition dfe-2016-dpa --registry-id certreg.example --supplier acme --service lms --out";
        self.certreg(&format!("{arguments} {name}")).ok();
        self.edit(name, |document| complete(document, people));
    }

    /// Changes a document and brings it back into its form.
    pub fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut document = self.json(name);
        change(&mut document);
        self.write(name, document.to_string());
        self.certreg(&format!("fmt {name}")).ok();
    }

    /// A registry in `data`, with the Department's keys in `dep`.
    pub fn registry(&self) {
        let init = "init --registry-id certreg.example --name Register --data data";
        self.certreg(init).ok().says("authority admit");
        self.certreg("authority init --registry-id certreg.example --keys dep --no-passphrase").ok();
        self.certreg("authority admit data/genesis --keys dep").ok();
        self.certreg(init).ok().says("root key");
    }

    pub fn serve(&self) -> Server {
        self.serve_from("data")
    }

    /// The same from another folder.
    pub fn serve_from(&self, data: &str) -> Server {
        let mut command = self.program(env!("CARGO_BIN_EXE_certreg"));
        command.args(["serve", "--data", data, "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("what it says");
        let url = line.split_whitespace().last().expect("an address").to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Server { child, url }
    }

    /// Editions, supplier acme and its two keys, by the Department's commands.
    pub fn enrol(&self, url: &str) {
        for edition in ["dfe-2016-dpa", "dfe-2018-gdpr"] {
            self.certreg(&format!("authority edition {edition} --keys dep --to {url}")).ok();
        }
        self.certreg(&format!("authority supplier acme --name Acme --keys dep --to {url}")).ok();
        for role in ["signatory", "official"] {
            self.certreg(&format!(
                "keygen --supplier acme --role {role} --registry {url} --out {role} --no-passphrase"
            ))
            .ok();
        }
        let soon = self.run("date -u -d +2seconds +%Y-%m-%dT%H:%M:%SZ").ok().out;
        let enrol = "authority enrol signatory.request.json official.request.json --keys dep";
        self.certreg(&format!("{enrol} --to {url} --valid-after {soon}")).ok();
        std::thread::sleep(std::time::Duration::from_millis(2100));
    }

    pub fn sign(&self, name: &str) {
        for role in ["signatory", "official"] {
            self.certreg(&format!("sign {name} --role {role} --key {role}")).ok();
        }
    }
}

/// Fills every hole of a blank draft.
pub fn complete(document: &mut Value, people: &[String; 2]) {
    document["supplier_name"] = json!("Acme Ltd");
    document["service_name"] = json!("Acme Learning");
    document["completed_on"] = json!("2026-01-05");
    document["contact"] = json!({"email": "privacy@acme.example", "telephone": "01632 960001"});
    document["signatory"] = json!({"person": people[0], "title": "Data Protection Lead"});
    document["official"] = json!({"person": people[1], "title": "Director"});
    for promise in members(&mut document["commitments"]) {
        *promise = json!(true);
    }
    for response in members(&mut document["responses"]) {
        *response = json!({"code": "green", "statement": ["Yes, by contract and by technical measures."]});
    }
    for support in members(&mut document["support"]) {
        *support = json!({"statement": ["We help by telephone, for 60 days."]});
    }
    let contact = json!([{"email": "help@acme.example", "telephone": "01632 960002"}]);
    document["support"]["s3.1"]["contacts"] = contact;
}

fn members(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().expect("an object").values_mut()
}

/// A running registry, stopped at the end.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    /// Asks it to stop, as Ctrl-C does, and gives its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        self.child.wait().expect("it stops").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
