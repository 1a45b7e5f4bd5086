//! The pages in a real Chromium, as people meet them: `cargo test --features browser`.
//!
//! The scripts in `tests/browser` look and click; this starts a registry for them. Screenshots and PDFs stay in
//! `target/browser`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use certreg::{
    domain::Code,
    format::v1::{self, envelope::Envelope},
    registry::workbench::signing_page,
    signing::{KeyRequest, Namespace, Protection, PublicKey, Role},
};
use common::{
    cases::by_department,
    registry::{CERTIFICATION, MadeUp, REGISTRY, answer, bytes, official, parse, question, signatory, signed},
};

/// The longest that all of it may take.
const TIME_LIMIT: Duration = Duration::from_secs(660);

/// A process with everything that it starts: all of it ends with the test, also where the test fails.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-9", "--", &format!("-{}", self.0.id())])
            .stderr(std::process::Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

impl Group {
    /// Waits for its end; `None` when that takes too long.
    fn succeeds(&mut self) -> Option<bool> {
        let begun = Instant::now();
        while begun.elapsed() < TIME_LIMIT {
            if let Some(status) = self.0.try_wait().unwrap() {
                return Some(status.success());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        None
    }
}

/// A registry with something of everything that pages show.
fn registry() -> MadeUp {
    let made = MadeUp::new();
    made.history();
    let mut mail = made.draft_of("example-learning/example-mail", 1);
    mail.service_name = "Example Mail".to_owned();
    // Words without a place to break: nothing may become wider than the screen for them.
    let long = ["w".repeat(10_000), "https://example.org/".repeat(40)];
    mail.responses.insert(question("q3.2"), answer(Code::Amber, &long.each_ref().map(String::as_str)));
    mail.responses.insert(question("q5.7"), answer(Code::Black, &["We keep nothing at rest."]));
    made.publish(&mail);
    made.transcribe("silent-supplier/old-service");
    made.state(by_department(&made.challenge("2025-02-15")));
    made
}

fn chromium() -> String {
    let given = std::env::var("CHROMIUM").ok();
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(str::to_owned);
    let found = given.into_iter().chain(usual).find(|path| Path::new(path).exists());
    found.expect("No Chromium: install it (apt-get install chromium), or name it in CHROMIUM.")
}

/// Runs a script of `tests/browser/` against a server of `made`, with these settings beside the usual ones.
async fn run(script: &str, made: &MadeUp, settings: &[(&str, &Path)]) {
    // Two browsers at once would only be slow enough to run into limits.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ALONE.lock().await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    assert!(
        here.join("node_modules/axe-core/axe.min.js").exists(),
        "axe-core and playwright-core are missing: npm ci --prefix tests/browser"
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(certreg::server::serve(made.registry.clone(), listener, std::future::pending()));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browser");
    let mut command = Command::new("node");
    command.arg(here.join(script)).env("BASE", base).env("OUT", &out).env("CHROMIUM", chromium()).process_group(0);
    command.envs(settings.iter().copied());
    let succeeded = tokio::task::spawn_blocking(move || Group(command.spawn().expect("node runs")).succeeds());
    assert_eq!(succeeded.await.unwrap(), Some(true), "see the lines above and {}", out.display());
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_all_kinds_can_read_and_use_the_pages() {
    run("pages.mjs", &registry(), &[]).await;
}

/// Where the official finds what the officer hands over, and each their key.
fn hand_over(made: &MadeUp, folder: &Path) {
    let mut draft = made.next();
    draft.responses.insert(question("q5.7"), answer(Code::Amber, &["Data is kept for 14 days and then deleted."]));
    let document = bytes(&draft);
    let envelope = Envelope {
        signature: Some(signed(&signatory(1), Namespace::Certification, &document)),
        document: Some(String::from_utf8(document).unwrap()),
        ..Envelope::default()
    };
    write(folder.join("handover.json"), envelope.print());
    keys(folder);
    write(folder.join("sign.html"), signing_page());
}

/// The key files of signatory and official.
fn keys(folder: &Path) {
    let protection = Protection { passphrase: "four words and a café", salt: [7; 16] };
    for (name, key) in [("signatory", signatory(1)), ("official", official(1))] {
        write(folder.join(name), &*key.to_openssh(name, Some(&protection)).unwrap());
    }
}

fn write(path: PathBuf, content: impl AsRef<[u8]>) {
    std::fs::write(path, content).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn suppliers_people_can_sign_in_the_browser_what_ssh_keygen_verifies() {
    let made = MadeUp::new();
    made.history();
    let folder = tempfile::tempdir().unwrap();
    hand_over(&made, folder.path());
    let page = folder.path().join("sign.html");
    for script in ["signing.mjs", "official.mjs"] {
        run(script, &made, &[("FILES", folder.path()), ("PAGE", &page)]).await;
    }

    assert_eq!(made.registry.certification(&parse(CERTIFICATION)).unwrap().current.publication.version, 4);
    let request = std::fs::read(folder.path().join("made.request.json")).unwrap();
    let request = Envelope::parse(&request).unwrap().requests.remove(0);
    let asked = v1::stored(request.document.as_bytes(), v1::key_request::read).unwrap().value;
    assert_eq!(asked.supplier.as_str(), "acme");
    let asked = KeyRequest {
        document: request.document.as_bytes(),
        key: PublicKey::parse_line(&asked.key).unwrap(),
        role: Role::parse(&asked.role).unwrap(),
    };
    asked.check_own_signature(Some(&request.signature), &parse(REGISTRY)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compliance_officer_gets_from_a_form_to_a_published_version() {
    let made = MadeUp::new();
    made.history();
    let folder = tempfile::tempdir().unwrap();
    keys(folder.path());
    let certreg = Path::new(env!("CARGO_BIN_EXE_certreg"));
    run("workbench.mjs", &made, &[("FILES", folder.path()), ("CERTREG", certreg)]).await;
    let published = made.registry.certification(&parse("example-learning/example-notes")).unwrap();
    assert_eq!(published.current.publication.version, 1);
}
