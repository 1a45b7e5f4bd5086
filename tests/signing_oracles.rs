//! Signatures, keys and key files against independent judges: OpenSSH's own programs and the `ssh-key` crate.
//!
//! What we write, they must accept; what we accept, they must accept too. They may accept more.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use certreg::{
    cli::agent::{Agent, AgentError, Identity},
    domain::{Digest, Instant, RegistryId},
    signing::{
        AuthorityFile, AuthorityKey, AuthorityRole, AuthoritySettings, KeyEvent, KeyRing, Namespace, Protection,
        PublicKey, RingKey, Role, SecretKey, SecretKeyError, Sshsig, Window, check_authority_file_signatures,
        check_authority_signature, sshsig,
    },
};
use tempfile::TempDir;

const NAMESPACE: &str = "certification@certreg.example";
const DOCUMENT: &[u8] = "{\n  \"statement\": \"caf\u{e9} \u{2013} yes\"\n}\n".as_bytes();

/// A folder of its own, and OpenSSH's programs run in it without anybody's configuration.
struct Bench(TempDir);

impl Bench {
    fn new() -> Bench {
        Bench(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file in the folder");
        path
    }

    /// A private key file as ssh-keygen wants it: readable by its owner alone.
    fn write_key(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        path
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path()).env_clear().env("HOME", self.0.path()).env("TZ", "Europe/London");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    fn run(&self, program: &str, args: &[&str], input: &[u8]) -> Output {
        feed(self.command(program, args), input)
    }

    /// The output of a program that must succeed.
    fn output(&self, program: &str, args: &[&str], input: &[u8]) -> String {
        let output = self.run(program, args, input);
        assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Whether `ssh-keygen -Y verify` accepts `signature` by `principal` in the key file `ring`.
    fn ssh_keygen_accepts(&self, signature: &str, ring: &Path, who: (&str, &str), at: &str, document: &[u8]) -> bool {
        let (principal, namespace) = who;
        let signature = self.write("judged.sig", signature);
        let args = [
            "-Y",
            "verify",
            "-f",
            text(ring),
            "-I",
            principal,
            "-n",
            namespace,
            "-s",
            text(&signature),
            &format!("-Overify-time={at}"),
        ];
        self.run("ssh-keygen", &args, document).status.success()
    }
}

fn feed(mut command: Command, input: &[u8]) -> Output {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("the program is installed");
    // A program that refuses early closes its input: that is its answer, not an error of ours.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("an end")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in ASCII")
}

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn registry() -> RegistryId {
    "certreg.example".parse().expect("a registry id")
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn ring_key(role: Role, seed: u8, after: &str) -> RingKey {
    RingKey::new(role, secret(seed).public(), Window::new(at(after), None).expect("a window"))
}

/// The ring of `tests/golden/ring`: signatory and official, then another signatory.
fn golden_rings() -> [KeyRing; 2] {
    let keys =
        vec![ring_key(Role::Signatory, 1, "2026-01-05T09:00:00Z"), ring_key(Role::Official, 2, "2026-01-05T09:00:00Z")];
    let first = KeyRing::first(registry(), "acme".parse().expect("an id"), keys).expect("a ring");
    let new = ring_key(Role::Signatory, 3, "2026-06-01T12:00:00Z");
    let second = first.rotate(&secret(1).public(), new, at("2026-07-01T12:00:00Z")).expect("a ring");
    [first, second]
}

fn golden_authority() -> AuthorityFile {
    let key = |role, seed| {
        let window = Window::new(at("2026-01-01T00:00:00Z"), None).expect("a window");
        AuthorityKey::new(role, secret(seed).public(), window)
    };
    let keys = vec![key(AuthorityRole::Root, 11), key(AuthorityRole::Department, 12), key(AuthorityRole::Registry, 13)];
    let settings = AuthoritySettings { policy: Digest::of(b"policy\n"), files: Digest::of(b"files\n"), threshold: 1 };
    AuthorityFile::genesis(registry(), settings, keys).expect("a genesis")
}

fn golden(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

// ---- signatures

#[test]
fn our_signatures_are_byte_identical_with_ssh_keygens() {
    let bench = Bench::new();
    for seed in [1, 2, 3] {
        let key = bench.write_key("key", &secret(seed).to_openssh("test", None).expect("a key file"));
        for document in [&b""[..], b"one line", DOCUMENT, b"a\r\nb\r\n", &[0xa5; 100_000]] {
            let theirs = bench.output("ssh-keygen", &["-Y", "sign", "-f", text(&key), "-n", NAMESPACE], document);
            assert_eq!(sshsig::sign(&secret(seed), NAMESPACE, document), theirs);
        }
    }
}

/// The same signature with the order of the base point added to S: good under RFC 8032's equation, not unique.
fn with_second_s() -> String {
    const L: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = Digest::from_hex(L).expect("32 bytes of hex");
    let mut signature = secret(1).sign_raw(&sshsig::to_be_signed(NAMESPACE, DOCUMENT));
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(order.as_bytes()) {
        let sum = u16::from(*byte) + u16::from(*order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    sshsig::armor(&secret(1).public(), NAMESPACE, &signature)
}

/// The text, and what was done to it.
fn mutations(good: &str) -> Vec<(String, &'static str)> {
    let mut all = vec![
        (good.to_owned(), "nothing"),
        (format!("{good}\n"), "a line end after"),
        (format!("{good}junk\n"), "junk after"),
        (format!("junk\n{good}"), "junk before"),
        (format!("\n{good}"), "a line end before"),
        (good.trim_end().to_owned(), "no last line end"),
        (good.replace('\n', "\r\n"), "CR LF"),
        (good.replacen("\n", "\n\n", 2), "blank lines"),
        (good.replacen("U1NI", "U1 NI", 1), "a space"),
        (good.to_lowercase(), "lower case"),
        (with_second_s(), "S + L"),
        (sshsig::sign(&secret(1), "case@certreg.example", DOCUMENT), "another namespace"),
        (sshsig::sign(&secret(9), NAMESPACE, DOCUMENT), "another key"),
    ];
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    for (columns, what) in [(64, "64 columns"), (76, "76 columns"), (4000, "one line")] {
        let lines: Vec<&str> =
            body.as_bytes().chunks(columns).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
        let (begin, end) = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----");
        all.push((format!("{begin}\n{}\n{end}\n", lines.join("\n")), what));
    }
    // One letter of the base64 at a time: version, key, namespace, reserved, hash, type and signature.
    for place in 0..body.len() {
        let start = good.find('\n').expect("lines") + 1;
        let place = start + place + place / 70;
        let letter = if &good[place..=place] == "A" { "B" } else { "A" };
        all.push((format!("{}{letter}{}", &good[..place], &good[place + 1..]), "one letter"));
    }
    all
}

#[test]
fn what_we_accept_ssh_keygen_and_ssh_key_accept_too() {
    let bench = Bench::new();
    let [ring, _] = golden_rings();
    let file = bench.write("ring", ring.print());
    let good = sshsig::sign(&secret(1), NAMESPACE, DOCUMENT);
    let line = ring.keys()[0].key().line();
    let (mut ours_count, mut theirs_count) = (0, 0);
    for (changed, what) in mutations(&good) {
        let parsed = Sshsig::parse(&changed).and_then(|sig| sig.verify(NAMESPACE, DOCUMENT).map(|()| *sig.key()));
        let ours = parsed.is_ok_and(|key| ring.find(&key).is_some());
        let who = ("signatory@acme", NAMESPACE);
        let ssh_keygen = bench.ssh_keygen_accepts(&changed, &file, who, "20260301120000Z", DOCUMENT);
        let ssh_key = ssh_key::SshSig::from_pem(&changed).is_ok_and(|sig| {
            let key = ssh_key::PublicKey::from_openssh(&line).expect("a key line");
            key.verify(NAMESPACE, DOCUMENT, &sig).is_ok()
        });
        assert!(!ours || (ssh_keygen && ssh_key), "{what}: ssh-keygen {ssh_keygen}, ssh-key {ssh_key}\n{changed}");
        ours_count += usize::from(ours);
        theirs_count += usize::from(ssh_keygen);
    }
    assert_eq!(ours_count, 1, "only the text as it was written");
    assert!(theirs_count > 1, "the strictness is ours: ssh-keygen accepts other texts of the same signature");
}

#[test]
fn another_hash_is_good_for_ssh_keygen_and_not_for_us() {
    let bench = Bench::new();
    let key = bench.write_key("key", &secret(1).to_openssh("test", None).expect("a key file"));
    let args = ["-Y", "sign", "-f", text(&key), "-n", NAMESPACE, "-O", "hashalg=sha256"];
    let signature = bench.output("ssh-keygen", &args, DOCUMENT);
    let ring = bench.write("ring", golden_rings()[0].print());
    let who = ("signatory@acme", NAMESPACE);
    assert!(bench.ssh_keygen_accepts(&signature, &ring, who, "20260301120000Z", DOCUMENT));
    assert_eq!(Sshsig::parse(&signature), Err(certreg::signing::SshsigError::Hash));
}

#[test]
fn signatures_by_other_key_types_are_named() {
    let bench = Bench::new();
    for (key_type, name) in [("rsa", "rsa"), ("ecdsa", "ecdsa")] {
        bench.output("ssh-keygen", &["-q", "-t", key_type, "-N", "", "-f", name], b"");
        let signature = bench.output("ssh-keygen", &["-Y", "sign", "-f", name, "-n", NAMESPACE], DOCUMENT);
        let error = Sshsig::parse(&signature).expect_err(key_type).to_string();
        assert!(error.contains("Ed25519"), "{error}");
    }
}

// ---- key files

#[test]
fn ssh_keygen_takes_our_rings_as_allowed_signers_to_the_second() {
    let bench = Bench::new();
    let [_, ring] = golden_rings();
    let file = bench.write("ring", ring.print());
    let old = sshsig::sign(&secret(1), NAMESPACE, DOCUMENT);
    for (instant, valid) in [
        ("2026-01-05T08:59:59Z", false),
        ("2026-01-05T09:00:00Z", true),
        ("2026-07-01T11:59:59Z", true),
        ("2026-07-01T12:00:00Z", false),
    ] {
        let entry = ring.find(&secret(1).public()).expect("enrolled");
        assert_eq!(entry.is_valid_at(at(instant)), valid, "{instant}");
        let time = at(instant).compact();
        let theirs = bench.ssh_keygen_accepts(&old, &file, ("signatory@acme", NAMESPACE), &time, DOCUMENT);
        assert_eq!(theirs, valid, "{instant}");
    }
    let case = Namespace::Case.at(&registry());
    let stated = sshsig::sign(&secret(2), &case, DOCUMENT);
    let accepted = |signature: &str, who| bench.ssh_keygen_accepts(signature, &file, who, "20260301000000Z", DOCUMENT);
    assert!(!accepted(&stated, ("official@acme", &case)), "the official has no case namespace");
    assert!(!accepted(&old, ("official@acme", NAMESPACE)), "another role's key");
    let namespace = Namespace::Countersignature.at(&registry());
    assert!(accepted(&sshsig::sign(&secret(2), &namespace, DOCUMENT), ("official@acme", &namespace)));
}

#[test]
fn ssh_keygen_takes_the_shortest_window_of_a_compromised_key() {
    let bench = Bench::new();
    let ring = golden_rings()[0].end(&secret(1).public(), at("2020-01-01T00:00:00Z"), KeyEvent::Compromised);
    let file = bench.write("ring", ring.expect("a ring").print());
    let sig = sshsig::sign(&secret(1), NAMESPACE, DOCUMENT);
    let accepted = |time| bench.ssh_keygen_accepts(&sig, &file, ("signatory@acme", NAMESPACE), time, DOCUMENT);
    assert!(accepted("20260105090001Z") && !accepted("20260105090002Z"));
    // The lines after it still count: an empty window would make ssh-keygen drop the whole file.
    let namespace = Namespace::Countersignature.at(&registry());
    let counter = sshsig::sign(&secret(2), &namespace, DOCUMENT);
    assert!(bench.ssh_keygen_accepts(&counter, &file, ("official@acme", &namespace), "20260301000000Z", DOCUMENT));
}

#[test]
fn golden_rings_are_byte_equal_and_chain() {
    let rings = golden_rings();
    for (ring, name) in rings.iter().zip(["ring/1/allowed_signers", "ring/2/allowed_signers"]) {
        let text = golden(name);
        assert_eq!(ring.print(), text, "{name}");
        assert_eq!(KeyRing::parse(&text, &registry()).as_ref(), Ok(ring), "{name}");
    }
    let [first, second] = rings;
    assert_eq!(first.check_follows(None, at("2026-01-05T09:00:00Z")), Ok(()));
    assert_eq!(second.check_follows(Some(&first), at("2026-05-31T00:00:00Z")), Ok(()));
}

#[test]
fn golden_key_files_are_signed_by_their_authorities() {
    let bench = Bench::new();
    let authority = golden_authority();
    let (file, root_signature) = (golden("authority/allowed_signers"), golden("authority/allowed_signers.sig"));
    assert_eq!(authority.print(), file);
    assert_eq!(AuthorityFile::parse(&file, &registry()), Ok(authority.clone()));
    let now = at("2026-05-31T00:00:00Z");
    assert_eq!(authority.check_follows(None, now), Ok(()));
    let signers = check_authority_file_signatures(file.as_bytes(), &[&root_signature], &authority, now);
    assert_eq!(signers.map(|signers| signers.len()), Ok(1));

    let path = bench.write("authority", &file);
    let (role, namespace) = (AuthorityRole::Department, Namespace::Keys);
    for version in ["ring/1/allowed_signers", "ring/2/allowed_signers"] {
        let (ring, signature) = (golden(version), golden(&format!("{version}.sig")));
        let signer = check_authority_signature(ring.as_bytes(), Some(&signature), &authority, role, namespace, now);
        assert_eq!(signer.map(|signer| signer.key), Ok(secret(12).public()), "{version}");
        let who = ("department@certreg.example", "keys@certreg.example");
        assert!(bench.ssh_keygen_accepts(&signature, &path, who, "20260531000000Z", ring.as_bytes()), "{version}");
    }
}

// ---- keys

#[test]
fn fingerprints_and_lines_are_ssh_keygens() {
    let bench = Bench::new();
    bench.output("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "sam@laptop", "-f", "key"], b"");
    let line = fs::read_to_string(bench.path("key.pub")).expect("a public key");
    let key = PublicKey::parse_line(&line).expect("an Ed25519 key");
    assert_eq!(format!("{} sam@laptop\n", key.line()), line);
    let shown = bench.output("ssh-keygen", &["-l", "-f", "key.pub"], b"");
    assert_eq!(shown.split(' ').nth(1), Some(key.fingerprint().as_str()), "{shown}");
}

#[test]
fn ssh_keygen_reads_our_key_files() {
    let bench = Bench::new();
    let protection = Protection { passphrase: "correct horse", salt: *b"sixteen bytes ok" };
    for (protection, passphrase) in [(None, ""), (Some(&protection), "correct horse")] {
        let file = secret(5).to_openssh("acme signatory", protection).expect("a key file");
        let key = bench.write_key("key", &file);
        let line = bench.output("ssh-keygen", &["-y", "-P", passphrase, "-f", text(&key)], b"");
        assert_eq!(line, format!("{} acme signatory\n", secret(5).public().line()));
    }
    assert!(!bench.run("ssh-keygen", &["-y", "-P", "wrong", "-f", "key"], b"").status.success());
}

#[test]
fn we_read_key_files_by_ssh_keygen() {
    let bench = Bench::new();
    for cipher in ["aes256-ctr", "aes256-cbc", "aes128-ctr", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"]
    {
        let name = cipher.replace('@', "-");
        let args = ["-q", "-t", "ed25519", "-N", "correct horse", "-Z", cipher, "-f", &name];
        bench.output("ssh-keygen", &args, b"");
        let file = fs::read_to_string(bench.path(&name)).expect("a key file");
        let public = fs::read_to_string(bench.path(&format!("{name}.pub"))).expect("a public key");
        let read = |passphrase| SecretKey::from_openssh(&file, passphrase);
        let key = read(Some("correct horse")).unwrap_or_else(|error| panic!("{cipher}: {error}"));
        assert_eq!(Ok(key.public()), PublicKey::parse_line(&public), "{cipher}");
        assert_eq!(read(None).expect_err(cipher), SecretKeyError::PassphraseNeeded);
        assert_eq!(read(Some("wrong")).expect_err(cipher), SecretKeyError::WrongPassphrase);
    }
    bench.output("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "plain"], b"");
    let file = fs::read_to_string(bench.path("plain")).expect("a key file");
    assert!(SecretKey::from_openssh(&file, None).is_ok());
    assert!(SecretKey::from_openssh(&file.replace('\n', "\r\n"), None).is_ok(), "as a Windows editor saves it");
    assert!(SecretKey::from_openssh(&file, Some("not needed")).is_ok());
}

#[test]
fn key_files_of_other_kinds_are_named() {
    let bench = Bench::new();
    let made = |args: &[&str], passphrase: &str, name: &str| {
        bench.output("ssh-keygen", &[&["-q", "-N", passphrase, "-f", name], args].concat(), b"");
        SecretKey::from_openssh(&fs::read_to_string(bench.path(name)).expect("a key file"), Some("x")).expect_err(name)
    };
    assert_eq!(made(&["-t", "rsa"], "", "rsa"), SecretKeyError::OtherType);
    assert_eq!(made(&["-t", "ecdsa"], "", "ecdsa"), SecretKeyError::OtherType);
    assert_eq!(made(&["-t", "rsa"], "secret", "rsa-sealed"), SecretKeyError::OtherType);
    assert_eq!(made(&["-t", "ecdsa"], "secret", "ecdsa-sealed"), SecretKeyError::OtherType);
    assert_eq!(made(&["-t", "rsa", "-m", "PEM"], "", "pem"), SecretKeyError::NotOpenSsh);
    assert_eq!(made(&["-t", "rsa", "-m", "PKCS8"], "", "pkcs8"), SecretKeyError::NotOpenSsh);
}

// ---- ssh-agent

/// An ssh-agent of the test's own, ended with it.
struct TestAgent {
    bench: Bench,
    child: Child,
}

impl TestAgent {
    fn start() -> TestAgent {
        let bench = Bench::new();
        let mut command = bench.command("ssh-agent", &["-D", "-a", "agent.sock"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let agent = TestAgent { child: child.expect("ssh-agent is installed"), bench };
        for _ in 0..500 {
            if agent.bench.path("agent.sock").exists() {
                return agent;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("ssh-agent did not open its socket in five seconds");
    }

    fn client(&self) -> Agent {
        Agent::at(&self.bench.path("agent.sock"))
    }

    fn add(&self, key: &Path) {
        let mut command = self.bench.command("ssh-add", &["-q", text(key)]);
        let output = feed_nothing(command.env("SSH_AUTH_SOCK", self.bench.path("agent.sock")));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for TestAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn feed_nothing(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the program is installed")
}

#[test]
fn an_agent_signs_with_the_same_bytes_and_only_with_keys_it_has() {
    let agent = TestAgent::start();
    assert_eq!(agent.client().identities().expect("an empty list"), []);
    let key = agent.bench.write_key("key", &secret(6).to_openssh("acme official", None).expect("a key file"));
    agent.add(&key);
    agent.bench.output("ssh-keygen", &["-q", "-t", "rsa", "-N", "", "-f", "rsa"], b"");
    agent.add(&agent.bench.path("rsa"));

    let expected = Identity { key: secret(6).public(), comment: "acme official".to_owned() };
    assert_eq!(agent.client().identities().expect("a list"), [expected], "the RSA key is left out");
    let signature = agent.client().sign(&secret(6).public(), NAMESPACE, DOCUMENT).expect("a signature");
    assert_eq!(signature, sshsig::sign(&secret(6), NAMESPACE, DOCUMENT));
    let refused = agent.client().sign(&secret(7).public(), NAMESPACE, DOCUMENT);
    assert!(matches!(refused, Err(AgentError::NoSuchKey(key)) if key == secret(7).public()), "{refused:?}");
}

#[test]
fn without_an_agent_the_error_says_how_to_start_one() {
    let nobody = Agent::at(Path::new("/nonexistent/agent.sock"));
    let error = nobody.identities().expect_err("nobody there");
    assert!(matches!(error, AgentError::Connect(_)));
    assert!(error.to_string().contains("ssh-add"), "{error}");
}
