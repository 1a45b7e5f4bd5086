//! Files of people: read with the accidents of other systems told apart, written never by surprise.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::error::{CliError, CliResult};

/// No file that these commands read comes near this size (a form's text has at most 2 MiB).
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Reads a whole file; `-` is stdin.
///
/// # Errors
/// Unreachable when it cannot be read or is over 16 MiB.
pub(crate) fn read(path: &Path) -> CliResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)
    } else {
        let file = fs::File::open(path).map_err(CliError::file("read", path))?;
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)
    };
    read.map_err(CliError::file("read", path))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(CliError::unreachable(format!("{} is over {} MiB", path.display(), MAX_FILE_BYTES >> 20)));
    }
    Ok(bytes)
}

/// Reads a file that may not be there.
///
/// # Errors
/// As [`read`], but for a missing file.
pub(crate) fn read_if_there(path: &Path) -> CliResult<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => read(path).map(Some),
    }
}

/// Reads a text file; UTF-16, which PowerShell's `>` writes, is told by name.
///
/// # Errors
/// As [`read`]; no when the file is no UTF-8.
pub(crate) fn read_text(path: &Path) -> CliResult<String> {
    into_text(read(path)?, path)
}

/// The text of a file that was read.
///
/// # Errors
/// No when it is no UTF-8.
pub(crate) fn into_text(bytes: Vec<u8>, path: &Path) -> CliResult<String> {
    if is_utf16(&bytes) {
        let message = format!("{} is written in UTF-16, not UTF-8", path.display());
        return Err(CliError::no(message).next(
            "PowerShell's '>' writes UTF-16. Let the program write the file itself (ssh-keygen: sign a copy named \
             X.countersign.json, which gives X.countersign.json.sig), or save it as UTF-8.",
        ));
    }
    String::from_utf8(bytes).map_err(|_| {
        CliError::no(format!("{} is no UTF-8 text", path.display())).next("Save the file as UTF-8 and try again.")
    })
}

/// Whether bytes begin like UTF-16: with its byte order mark, or with a letter and a zero.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(bytes, [0, b, ..] | [b, 0, ..] if b.is_ascii_graphic())
}

/// `cert.json` and `sig` give `cert.json.sig`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// Only where nothing is.
    New,
    /// Whatever was there.
    Replace,
}

impl Write {
    /// `--force`.
    pub(crate) fn force(force: bool) -> Write {
        if force { Write::Replace } else { Write::New }
    }
}

/// Writes a file that everybody may read.
///
/// # Errors
/// No when it is there already and may not be replaced; unreachable when it cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8], how: Write) -> CliResult<()> {
    write_with_mode(path, bytes, how, 0o644)
}

/// Writes a file that only its owner may read: keys.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_secret(path: &Path, bytes: &[u8], how: Write) -> CliResult<()> {
    write_with_mode(path, bytes, how, 0o600)
}

fn write_with_mode(path: &Path, bytes: &[u8], how: Write, mode: u32) -> CliResult<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(CliError::file("create", folder))?;
    }
    let failed = || CliError::file("write", path);
    match how {
        Write::New => {
            let mut options = OpenOptions::new();
            let file = options.write(true).create_new(true).mode(mode).open(path);
            let mut file = file.map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => exists(path),
                _ => failed()(error),
            })?;
            file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed())
        }
        Write::Replace => {
            // Written aside and renamed: whoever reads meanwhile sees the old file or the new one, whole.
            let aside = beside(path, &format!("{}.tmp", std::process::id()));
            let mut options = OpenOptions::new();
            let file = options.write(true).create(true).truncate(true).mode(mode).open(&aside);
            let mut file = file.map_err(failed())?;
            file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed())?;
            fs::rename(&aside, path).map_err(failed())
        }
    }
}

fn exists(path: &Path) -> CliError {
    CliError::no(format!("{} is there already and is not overwritten", path.display()))
        .next("Choose another name, or say --force if it may be replaced.")
}

/// Refuses to overwrite before any work is done.
///
/// # Errors
/// No when the file is there and may not be replaced.
pub(crate) fn may_write(path: &Path, how: Write) -> CliResult<()> {
    if how == Write::New && path.exists() { Err(exists(path)) } else { Ok(()) }
}

/// Refuses a secret that others may read, as ssh does.
///
/// # Errors
/// No when group or others have any right to the file.
pub(crate) fn check_private(path: &Path) -> CliResult<()> {
    let mode = fs::metadata(path).map_err(CliError::file("read", path))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = format!("others may read the private key {} (mode {:03o})", path.display(), mode & 0o777);
    Err(CliError::no(message).next(format!("Take the right away: chmod 600 {}", path.display())))
}
