//! The pages in a real Chromium, as people meet them: `cargo test --features browser`.
//!
//! `tests/browser/pages.mjs` looks and clicks; this starts a registry for it. Screenshots and PDFs stay in
//! `target/browser`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use certreg::domain::Code;
use common::{
    cases::by_department,
    registry::{MadeUp, answer, question},
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

#[tokio::test(flavor = "multi_thread")]
async fn people_of_all_kinds_can_read_and_use_the_pages() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    assert!(
        here.join("node_modules/axe-core/axe.min.js").exists(),
        "axe-core and playwright-core are missing: npm ci --prefix tests/browser"
    );
    let made = registry();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(certreg::server::serve(made.registry.clone(), listener, std::future::pending()));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browser");
    let mut command = Command::new("node");
    command.arg(here.join("pages.mjs")).env("BASE", base).env("OUT", &out).env("CHROMIUM", chromium()).process_group(0);
    let succeeded = tokio::task::spawn_blocking(move || Group(command.spawn().expect("node runs")).succeeds());
    assert_eq!(succeeded.await.unwrap(), Some(true), "see the lines above and {}", out.display());
    server.abort();
}
