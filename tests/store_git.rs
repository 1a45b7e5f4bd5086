//! The repository under stock tools: whatever the store writes, `git` and `ssh-keygen` must be content with.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use certreg::{
    domain::{ids::RegistryId, time::Instant},
    store::{Appended, Entry, RepositoryPath, Snapshot, Store},
};
use ssh_key::{HashAlg, LineEnding, PrivateKey, private::Ed25519Keypair};

/// Runs git with the user's and the machine's configuration shut out.
fn git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("HOME", "/nonexistent")]);
    command.envs([("LC_ALL", "C"), ("TZ", "UTC"), ("GIT_PAGER", "cat")]);
    command.envs([("GIT_AUTHOR_DATE", "1800000000 +0000"), ("GIT_COMMITTER_DATE", "1800000000 +0000")]);
    command.current_dir(folder).args(arguments).output().expect("git is installed")
}

/// Runs git, which must succeed, and gives what it printed.
fn git_text(folder: &Path, arguments: &[&str]) -> String {
    let output = git(folder, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {told}");
    String::from_utf8(output.stdout).expect("git prints text here")
}

/// An object in a pack.
struct Packed {
    kind: String,
    bytes: u64,
    /// How many steps of differences lie between it and an object that is whole.
    depth: u64,
}

/// What lies in each pack, as git tells it.
fn packed(git_folder: &Path) -> Vec<Vec<Packed>> {
    let files = fs::read_dir(git_folder.join("objects/pack")).expect("packs");
    let indexes =
        files.map(|file| file.expect("a file").path()).filter(|path| path.extension() == Some("idx".as_ref()));
    let objects = |index: PathBuf| {
        let told = git_text(git_folder, &["verify-pack", "-v", &index.display().to_string()]);
        // id, kind, bytes, bytes in the pack, offset, and for deltas the depth and the base; then a summary
        let objects = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let objects = objects.filter(|words| ["blob", "tree", "commit"].contains(words.get(1).unwrap_or(&"")));
        let depth = |words: &[&str]| words.get(5).map_or(0, |depth| number(depth));
        objects.map(|it| Packed { kind: it[1].to_owned(), bytes: number(it[3]), depth: depth(&it) }).collect()
    };
    indexes.map(objects).collect()
}

/// The registry's key, the same in every run.
fn key() -> PrivateKey {
    Ed25519Keypair::from_seed(&[7; 32]).into()
}

fn sign(commit: &[u8]) -> String {
    let signature = key().sign("git", HashAlg::Sha512, commit).expect("a signature");
    signature.to_pem(LineEnding::LF).expect("armour")
}

fn registry() -> RegistryId {
    "certreg.example".parse().expect("a registry id")
}

fn instant(seconds: i64) -> Instant {
    "2026-11-02T09:30:00Z".parse::<Instant>().expect("an instant").plus_seconds(seconds)
}

fn entry(seconds: i64, message: &str, files: &[(&str, &str)]) -> Entry {
    let path = |name: &str| RepositoryPath::parse(name).expect("a path");
    let files = files.iter().map(|(name, text)| (path(name), text.as_bytes().to_vec().into())).collect();
    Entry { files, message: message.to_owned(), time: instant(seconds) }
}

/// A history with everything in it: single commits, a pack, replaced files, names that sort in a trap.
fn history() -> Vec<Vec<Entry>> {
    let version = |n: i64| {
        let (file, text) =
            (format!("suppliers/ex/example-{}/cloud.json", n % 7), format!("{{\n  \"version\": {n}\n}}\n"));
        entry(1_000 + n, &format!("Publish version {n}"), &[(&file, &text), (&format!("{file}.sig"), &text)])
    };
    vec![
        vec![entry(0, "Begin the registry", &[(".gitattributes", "* -text\n"), ("registry.json", "{}\n")])],
        vec![
            entry(10, "Names in a trap", &[("a/x", "1\n"), ("a.b", "1\n"), ("a0", "1\n"), ("a-", "1\n")]),
            entry(10, "The same second\n\nWith a body: \u{e9}, \u{1f512}.", &[("a/y", "2\n"), ("a.b", "2\n")]),
        ],
        (0..40).map(version).collect(),
        vec![entry(2_000, "One more", &[("a0", "3\n"), ("a/z/deep/file", "3\n")])],
    ]
}

fn registry_in(data: &Path) -> (Store, Vec<Appended>) {
    let mut store = Store::init(data, &registry()).expect("an empty folder");
    let append = |group: Vec<Entry>| store.append(&group, &sign).expect("appended");
    let appended = history().into_iter().flat_map(append).collect();
    (store, appended)
}

fn all(store: &Store) -> Vec<Appended> {
    store.replay(None).map(|commit| commit.expect("sound").appended()).collect()
}

#[test]
fn a_clone_has_every_file_and_fsck_finds_no_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = registry_in(&folder.path().join("data"));
    let told = git(store.repository_path(), &["fsck", "--full", "--strict"]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).trim(), "");

    let url = store.repository_path().to_str().expect("a plain path").to_owned();
    git_text(folder.path(), &["clone", "-q", &format!("file://{url}"), "clone"]);
    let clone = folder.path().join("clone");
    for (path, _) in store.list_at_head("").expect("sound") {
        let read = store.read_at_head(&path).expect("sound").expect("there");
        assert_eq!(fs::read(clone.join(path.as_str())).expect("in the clone"), read, "{path}");
    }
    let listed = git_text(&clone, &["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(listed.lines().count(), store.list_at_head("").expect("sound").len());
    assert_eq!(git_text(&clone, &["ls-tree", "-r", "--format=%(objectmode)", "main"]).replace("100644\n", ""), "");
    assert_eq!(git_text(&clone, &["ls-tree", "--name-only", "main", "a-", "a.b", "a", "a0"]), "a-\na.b\na\na0\n");
    let log = git_text(&clone, &["log", "-p", "--", "suppliers/ex/example-3/cloud.json"]);
    assert!(log.contains("-  \"version\": 31\n+  \"version\": 38\n"), "{log}");
    assert_eq!(git_text(&clone, &["status", "--porcelain"]), "");
}

#[test]
fn replay_tells_what_git_log_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_in(&folder.path().join("data"));
    assert_eq!(all(&store), appended);

    let mut told = String::new();
    for (place, commit) in store.replay(None).enumerate() {
        let commit = commit.expect("sound");
        assert_eq!(commit.sequence, place as u64);
        told += &format!("{} {}\n{}\n", commit.commit, commit.time, commit.message.lines().next().expect("a line"));
        commit.files.iter().for_each(|file| told += &format!("{} {}\n", file.path, file.object));
    }
    let format = "--format=%H %cd%n%s";
    let log = git_text(
        store.repository_path(),
        &[
            "log",
            "--reverse",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--date=format-local:%Y-%m-%dT%H:%M:%SZ",
            format,
            "main",
        ],
    );
    // A raw line is `:100644 100644 old new M<tab>path`; none may delete, or change a mode.
    let simpler = |line: &str| match line.strip_prefix(':') {
        Some(raw) => {
            let (state, path) = raw.split_once('\t').expect("a raw line");
            let fields: Vec<_> = state.split(' ').collect();
            assert!(["A", "M"].contains(&fields[4]) && fields[1] == "100644", "{line}");
            format!("{path} {}\n", fields[3])
        }
        None => format!("{line}\n"),
    };
    let log: String = log.lines().filter(|line| !line.is_empty()).map(simpler).collect();
    assert_eq!(told, log);
    let parents = git_text(store.repository_path(), &["log", "--format=%P", "main"]);
    assert!(parents.lines().all(|line| line.len() <= 40), "linear");
}

#[test]
fn digests_of_a_leaf_are_those_of_sha256sum() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_in(&folder.path().join("data"));
    let last = appended.last().expect("a commit");
    let listing: String = last.files.iter().map(|file| format!("{}  {}\n", file.digest.hex(), file.path)).collect();
    let url = store.repository_path().to_str().expect("a plain path").to_owned();
    git_text(folder.path(), &["clone", "-q", &url, "clone"]);
    fs::write(folder.path().join("leaf"), listing).expect("written");
    let check = Command::new("sha256sum").args(["-c", "../leaf"]).current_dir(folder.path().join("clone")).output();
    let check = check.expect("coreutils are installed");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
}

#[test]
fn git_verifies_every_commit_and_refuses_another_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_in(&folder.path().join("data"));
    let ring = |file: &str, key: &PrivateKey| {
        let public = key.public_key().to_openssh().expect("a public key");
        let path = folder.path().join(file);
        fs::write(&path, format!("registry@certreg.example namespaces=\"git\" {public}\n")).expect("written");
        format!("gpg.ssh.allowedSignersFile={}", path.display())
    };
    let right = ring("allowed_signers", &key());
    let wrong = ring("others", &Ed25519Keypair::from_seed(&[8; 32]).into());
    let ids: Vec<String> = appended.iter().map(|commit| commit.commit.to_string()).collect();
    let verify = |ring: &str| {
        let mut arguments = vec!["-c", ring, "verify-commit"];
        arguments.extend(ids.iter().map(String::as_str));
        git(store.repository_path(), &arguments)
    };
    let told = verify(&right);
    let text = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{text}");
    let good = "Good \"git\" signature for registry@certreg.example";
    assert_eq!(text.matches(good).count(), appended.len(), "{text}");
    assert!(!verify(&wrong).status.success());
}

#[test]
fn commits_have_the_headers_of_the_design_and_libgit2_writes_the_same_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_in(&folder.path().join("data"));
    let raw = git_text(store.repository_path(), &["cat-file", "commit", &appended[2].commit.to_string()]);
    let names: Vec<_> = raw
        .split("\n\n")
        .next()
        .expect("headers")
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(' ').next().expect("a name"))
        .collect();
    assert_eq!(names, ["tree", "parent", "author", "committer", "gpgsig"]);
    let who = "certreg <registry@certreg.example> 1793611810 +0000";
    assert!(raw.contains(&format!("\nauthor {who}\ncommitter {who}\n")), "{raw}");

    // libgit2 as a second opinion on the unsigned text and on where the signature goes.
    #[expect(clippy::disallowed_types, reason = "an oracle for the store's own bytes")]
    let git = git2::Repository::open_bare(store.repository_path()).expect("a repository");
    for commit in &appended {
        let id = commit.commit.to_string().parse().expect("an id");
        let found = git.find_commit(id).expect("there");
        let parents: Vec<_> = found.parents().collect();
        let parents: Vec<_> = parents.iter().collect();
        let (author, tree) = (found.author(), found.tree().expect("a tree"));
        let message = found.message().expect("text");
        let text = git.commit_create_buffer(&author, &author, message, &tree, &parents).expect("text");
        let text = str::from_utf8(&text).expect("text");
        assert_eq!(git.commit_signed(text, sign(text.as_bytes()).trim_end(), Some("gpgsig")).expect("written"), id);
    }
}

#[test]
fn two_thousand_commits_load_in_groups_and_survive_maintenance() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::init(&folder.path().join("data"), &registry()).expect("an empty folder");
    let reader = store.reader();
    let document = |n: i64| {
        let file = format!("suppliers/{:02}/supplier-{}/service.json", n % 37, n % 500);
        entry(n, &format!("Publish {n}"), &[(&file, &format!("{{\"version\": {n}}}\n").repeat(50))])
    };
    let mut appended = Vec::new();
    for group in [0..1_000, 1_000..1_900, 1_900..1_999] {
        let group: Vec<_> = group.map(document).collect();
        appended.extend(store.append(&group, &sign).expect("appended"));
    }
    appended.extend(store.append(&[document(1_999)], &sign).expect("appended"));
    let packs = |store: &Store| fs::read_dir(store.repository_path().join("objects/pack")).expect("packs").count();
    assert_eq!(packs(&store), 6, "one pack and one index for each group");
    assert_eq!(store.head().expect("a head").sequence, 1_999);
    assert_eq!(git_text(store.repository_path(), &["rev-list", "--count", "--first-parent", "main"]), "2000\n");
    assert!(git(store.repository_path(), &["fsck", "--full", "--strict"]).status.success());
    assert!(all(&store) == appended, "replayed from packs");

    assert_eq!(store.packs(), 3);
    store.maintain().expect("git repack");
    assert!(store.packs() < 3, "folded");
    assert!(store.repository_path().join("objects/pack/multi-pack-index").exists());
    assert!(store.repository_path().join("objects/info/commit-graph").exists());
    for commit in [&appended[0], &appended[1_500], &appended[1_999]] {
        assert_eq!(reader.blob(&commit.files[0].object).expect("there").len(), commit.files[0].bytes_len);
    }
    appended.extend(store.append(&[document(2_000)], &sign).expect("after maintenance"));
    store.close().expect("a clean stop");
    let store = Store::open(&folder.path().join("data"), &registry(), None).expect("a registry");
    assert!(all(&store) == appended, "replayed after maintenance");
    assert!(git(store.repository_path(), &["fsck", "--full", "--strict"]).status.success());
}

#[test]
fn a_version_of_a_long_history_is_ten_steps_at_most_from_one_that_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::init(&folder.path().join("data"), &registry()).expect("an empty folder");
    // Each version changes one line more, so that it differs least from the one after it.
    let document = |version: i64| {
        let word = |n: i64| if n % 16 == 0 && n / 16 < version { n + 1_000 } else { n };
        let text: String =
            (0..1_000).map(|n| format!("{:016x}\n", word(n).wrapping_mul(0x1E37_79B9_7F4A_7C15))).collect();
        entry(version, "Publish", &[("suppliers/su/supplier/service.json", &text)])
    };
    for version in 1..=60 {
        store.append(&[document(version)], &sign).expect("appended");
    }
    store.maintain().expect("git repack");
    let objects: Vec<Packed> = packed(store.repository_path()).into_iter().flatten().collect();
    let deepest = objects.iter().filter(|object| object.kind == "blob").map(|blob| blob.depth).max();
    // Git's own choice, 50, makes it 12 here.
    assert!(deepest.is_some_and(|deepest| (2..=10).contains(&deepest)), "{deepest:?}");
}

#[test]
fn the_trees_of_a_large_folder_take_little_room_in_a_pack_and_git_reads_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::init(&folder.path().join("data"), &registry()).expect("an empty folder");
    let document = |version: i64, n: i64| {
        let file = format!("suppliers/su/supplier/service-{n}.json");
        entry(version, &format!("Publish {n}"), &[(&file, &format!("{{\"service\": {n}, \"version\": {version}}}\n"))])
    };
    let group = |version: i64| (0..400).map(|n| document(version, n)).collect::<Vec<_>>();
    let mut appended = store.append(&group(1), &sign).expect("appended");
    // At the end trees that come again: the same objects, in a pack once.
    let again =
        ["other", "first", "other", "first"].map(|text| entry(2, text, &[("suppliers/su/supplier/a.json", text)]));
    appended.extend(store.append(&[group(2), again.to_vec()].concat(), &sign).expect("appended"));
    assert!(all(&store) == appended, "replayed from packs");
    let git_folder = store.repository_path();
    assert!(git(git_folder, &["fsck", "--full", "--strict"]).status.success());
    for pack in packed(git_folder) {
        let trees: Vec<&Packed> = pack.iter().filter(|object| object.kind == "tree").collect();
        let in_pack: u64 = trees.iter().map(|tree| tree.bytes).sum();
        assert!(trees.len() >= 1_600 && in_pack < 1_600 * 200, "{} trees: {in_pack} bytes", trees.len());
        let deepest = trees.iter().map(|tree| tree.depth).max();
        assert!(deepest.is_some_and(|deepest| (5..=9).contains(&deepest)), "{deepest:?}");
    }
}

#[test]
fn a_clone_is_read_as_the_registry_is_while_the_registry_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_in(&folder.path().join("data"));
    let url = format!("file://{}", store.repository_path().display());
    git_text(folder.path(), &["clone", "-q", &url, "clone"]);
    git_text(folder.path(), &["clone", "-q", "--bare", &url, "bare"]);
    git_text(folder.path(), &["clone", "-q", "--depth=1", &url, "shallow"]);
    for place in ["clone", "bare", "data"] {
        let snapshot = Snapshot::open(&folder.path().join(place)).expect("readable without the lock");
        assert_eq!(snapshot.head(), store.head(), "{place}");
        let told: Vec<_> = snapshot.replay(None).map(|commit| commit.expect("sound").appended()).collect();
        assert_eq!(told, appended, "{place}");
    }
    let refused = |place: &str| Snapshot::open(&folder.path().join(place)).err().expect("refused").to_string();
    assert!(refused("shallow").contains("is not in the repository"), "{}", refused("shallow"));
    assert!(refused(".").contains("holds no registry"), "{}", refused("."));
}

#[test]
fn the_signed_text_of_a_replayed_commit_verifies_with_ssh_keygen() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = registry_in(&folder.path().join("data"));
    let commit = store.replay(None).last().expect("a commit").expect("sound");
    let file = |name: &str| folder.path().join(name);
    fs::write(file("signed"), &commit.signed).expect("written");
    fs::write(file("sig"), commit.signature + "\n").expect("written");
    let public = key().public_key().to_openssh().expect("a public key");
    fs::write(file("ring"), format!("registry@certreg.example {public}\n")).expect("written");
    let mut verify = Command::new("ssh-keygen");
    verify.args(["-Y", "verify", "-n", "git", "-I", "registry@certreg.example", "-f", "ring", "-s", "sig"]);
    verify.stdin(fs::File::open(file("signed")).expect("there")).current_dir(folder.path());
    let told = verify.output().expect("ssh-keygen is installed");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}

#[test]
fn a_history_that_the_registry_did_not_write_is_refused() {
    let merge = ["commit-tree", "-S", "-p", "main", "-p", "main~1", "-m", "merge", "main^{tree}"];
    let deletion = ["commit-tree", "-S", "-p", "main", "-m", "delete", "main~1^{tree}"];
    let unsigned = ["commit-tree", "-p", "main", "-m", "unsigned", "main^{tree}"];
    for (arguments, reason) in [(&merge[..], "a merge"), (&deletion, "was deleted"), (&unsigned, "'gpgsig'")] {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let (store, _) = registry_in(&data);
        let repository = store.repository_path().to_owned();
        store.close().expect("a clean stop");
        let id = git_text(&repository, &[&as_the_registry(folder.path())[..], arguments].concat());
        git_text(&repository, &["update-ref", "refs/heads/main", id.trim()]);
        // The stop was clean, but the marker names another head: the newest commits are read, and the fault is found.
        let error = Store::open(&data, &registry(), None).err().expect("a foreign commit");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

/// Options with which git itself commits under the registry's name and key.
fn as_the_registry(folder: &Path) -> [&'static str; 8] {
    let file = folder.join("key");
    fs::write(&file, key().to_openssh(LineEnding::LF).expect("a key").as_bytes()).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("private");
    let key = format!("user.signingKey={}", file.display()).leak();
    ["-c", "user.name=certreg", "-c", "user.email=registry@certreg.example", "-c", "gpg.format=ssh", "-c", key]
}
