//! Evidence packs, judged by the program and by the pack's own script.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use certreg::evidence::{Asked, Pack};

use super::{
    Copy, root,
    scene::{CLOUD, LIBRARY},
};
use crate::common::fixture::{Fixture, certification};

pub fn pack(fixture: &Fixture, id: &str, asked: Asked) -> Pack {
    Pack::from_zip(&fixture.registry.evidence(&certification(id), asked).unwrap().bytes).unwrap()
}

pub fn on(day: &str) -> Asked {
    Asked::On(day.parse().unwrap())
}

/// What the program and the script say: exit code and words of each.
pub fn judged(pack: &Pack, root: &str) -> [(i32, String); 3] {
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("pack.zip");
    fs::write(&zip, pack.to_zip().unwrap()).unwrap();
    let unpacked = folder.path().join("unpacked");
    for (name, bytes) in pack.files() {
        let file = unpacked.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, bytes).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let program =
        said(Command::new(env!("CARGO_BIN_EXE_certreg")).args(["verify", "--root", root]).arg(&zip), folder.path());
    let script = |shell: &str| said(Command::new(shell).args(["verify.sh", root]), &unpacked);
    [program, script("dash"), script("bash")]
}

pub fn said(command: &mut Command, folder: &Path) -> (i32, String) {
    let command = command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.env("HOME", folder).env("TZ", "America/New_York").output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

#[track_caller]
pub fn expect_good(pack: &Pack, versions: &[u32]) -> String {
    let [program, dash, bash] = judged(pack, &root());
    for (code, text) in [&program, &dash, &bash] {
        assert_eq!(*code, 0, "{text}");
        let stood = |version: u32| {
            text.contains(&format!("version {version} ("))
                || text.contains(&format!("Version {version} of {CLOUD} stood"))
                || text.contains(&format!("Version {version} of {LIBRARY} stood"))
        };
        assert!(versions.iter().all(|version| stood(*version)), "{text}");
    }
    assert_eq!(dash.1, bash.1);
    program.1
}

#[track_caller]
pub fn expect_bad(pack: &Pack, program_says: &str, script_says: &str) {
    let [program, dash, bash] = judged(pack, &root());
    assert_eq!(program.0, 1, "the program: {}", program.1);
    assert!(program.1.contains(program_says), "the program: {}", program.1);
    for (code, text) in [&dash, &bash] {
        assert_eq!(*code, 1, "the script: {text}");
        assert!(text.contains(script_says), "the script: {text}");
    }
}

/// The pack that a registry gives whose repository somebody has added to: its log then stands behind the forgery.
pub fn pack_of(fixture: Fixture, copy: &Copy, id: &str, asked: Asked) -> Pack {
    let url = format!("file://{}", fixture.data.join("registry.git").display());
    let fixture = fixture.reopened_after(|| drop(copy.git(&["push", "--quiet", &url, "main"])));
    pack(&fixture, id, asked)
}

/// The program and the scripts find it, in the clone and in the pack that the registry would give.
#[track_caller]
pub fn expect_bad_everywhere(
    fixture: Fixture,
    copy: &Copy,
    (id, asked): (&str, Asked),
    program_says: &str,
    scripts_say: &str,
) {
    expect_bad_clone(copy, program_says, scripts_say);
    expect_bad(&pack_of(fixture, copy, id, asked), program_says, scripts_say);
}

#[track_caller]
pub fn expect_bad_clone(copy: &Copy, program_says: &str, scripts_say: &str) {
    super::expect_bad(copy.verify_all(), scripts_say);
    let (_, said) = copy.program();
    assert!(said.contains(program_says), "{said}");
}
