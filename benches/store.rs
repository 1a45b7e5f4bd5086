//! Times of the store, printed: how long a durable group takes, loading, replaying, reading.
//!
//! `cargo bench --bench store [-- COMMITS [FOLDER]]`; 10,000 commits of 29 KB documents in the folder for temporary
//! files unless told otherwise. Choose a folder on the disk that counts: a folder in memory makes syncing free.

use std::time::{Duration, Instant as Stopwatch};

use certreg::{
    domain::{ids::RegistryId, time::Instant},
    store::{Appended, Entry, RepositoryPath, Store},
};
use ssh_key::{HashAlg, LineEnding, PrivateKey, private::Ed25519Keypair};

const CERTIFICATIONS: u64 = 10_000;

fn main() {
    // Cargo passes `--bench`; what is left is ours.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let commits: u64 = arguments.next().map_or(10_000, |text| text.parse().expect("a number of commits"));
    let parent = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    let data = parent.join(format!("certreg-bench-{}", std::process::id()));
    let registry: RegistryId = "certreg.example".parse().expect("a registry id");
    let mut store = Store::init(&data, &registry).expect("a new folder");

    let appended = load(&mut store, commits);
    for size in [1, 4, 7, 8, 16, 32] {
        time_groups(&mut store, commits, size);
    }
    time_reads(&store, &appended);
    time_replay(&store);
    time_opening(store, &data, &registry);
    std::fs::remove_dir_all(&data).expect("ours to remove");
}

fn load(store: &mut Store, commits: u64) -> Vec<Appended> {
    let started = Stopwatch::now();
    let mut appended = Vec::new();
    for first in (0..commits).step_by(500) {
        let group: Vec<_> = (first..commits.min(first + 500)).map(|n| entry(n, 0)).collect();
        appended.extend(store.append(&group, &signer()).expect("appended"));
    }
    print("load in groups of 500, per commit", started.elapsed(), commits);
    appended
}

fn time_groups(store: &mut Store, after: u64, size: u64) {
    let rounds = 20;
    let mut longest = Duration::ZERO;
    let started = Stopwatch::now();
    for round in 0..rounds {
        let group: Vec<_> = (0..size).map(|n| entry(after, 1 + size * 1_000_000 + round * size + n)).collect();
        let group_started = Stopwatch::now();
        store.append(&group, &signer()).expect("appended");
        longest = longest.max(group_started.elapsed());
    }
    print(&format!("durable group of {size} (longest {longest:.1?})"), started.elapsed(), rounds);
}

fn time_reads(store: &Store, appended: &[Appended]) {
    let reader = store.reader();
    let ids: Vec<_> =
        appended.iter().step_by(1 + appended.len() / 1_000).map(|commit| commit.files[0].object).collect();
    let started = Stopwatch::now();
    ids.iter().for_each(|id| assert!(reader.blob(id).expect("there").len() > 20_000));
    print("read one document", started.elapsed(), ids.len() as u64);
}

fn time_replay(store: &Store) {
    let started = Stopwatch::now();
    let commits = store.replay(None).inspect(|commit| assert!(commit.is_ok())).count();
    print("replay, per commit", started.elapsed(), commits as u64);
}

fn time_opening(store: Store, data: &std::path::Path, registry: &RegistryId) {
    store.close().expect("a clean stop");
    let started = Stopwatch::now();
    drop(Store::open(data, registry, None).expect("a registry"));
    print("open after a clean stop", started.elapsed(), 1);
    for file in ["clean", "last-clean"] {
        let _ = std::fs::remove_file(data.join(file));
    }
    let started = Stopwatch::now();
    let mut store = Store::open(data, registry, None).expect("a registry");
    print("open after an unclean stop, nothing known", started.elapsed(), 1);
    let started = Stopwatch::now();
    store.maintain().expect("git repack");
    print("maintain", started.elapsed(), 1);
    time_replay(&store);
}

/// A version of some certification: a document of about 29 KB that differs from all others, and two signatures.
fn entry(n: u64, salt: u64) -> Entry {
    let certification = (n + salt).wrapping_mul(7_919) % CERTIFICATIONS;
    let stem = format!("suppliers/{:02x}/supplier-{certification}/service", certification % 900);
    let line = |at: u64| {
        format!(
            "      \"Paragraph {at} of {n}, {salt}: {:016x}.\",\n",
            (n ^ at << 20).wrapping_mul(salt | 0x9E37_79B9_7F4A_7C15)
        )
    };
    let document: String = (0..580).map(line).collect();
    let file = |extension: &str, bytes: Vec<u8>| {
        (RepositoryPath::parse(&format!("{stem}.json{extension}")).expect("a path"), bytes.into())
    };
    let signatures =
        [".sig", ".countersig"].map(|extension| file(extension, format!("{n} {salt}{extension}").repeat(15).into()));
    let files = [vec![file("", document.into_bytes())], signatures.to_vec()].concat();
    let time = Instant::from_unix_seconds(1_800_000_000 + n as i64).expect("in this century");
    Entry { files, message: format!("Publish version {n}.{salt}"), time }
}

fn signer() -> impl Fn(&[u8]) -> String {
    let key: PrivateKey = Ed25519Keypair::from_seed(&[7; 32]).into();
    move |commit| {
        let signature = key.sign("git", HashAlg::Sha512, commit).expect("a signature");
        signature.to_pem(LineEnding::LF).expect("armour")
    }
}

fn print(what: &str, took: Duration, count: u64) {
    println!("{what:60} {:>12.3?}", took / u32::try_from(count.max(1)).expect("a small count"));
}
