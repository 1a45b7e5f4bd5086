//! Upload a file, and learn which version it is, or that it was never published here.

use askama::Template;
use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    response::Response,
};

use super::{
    address,
    ask::Asked,
    page::{Frame, Keep, failed, shown},
};
use crate::{
    domain::Digest,
    index::VersionRow,
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door},
};

#[derive(Template)]
#[template(path = "web/verify.html")]
struct VerifyPage {
    frame: Frame,
    answer: Option<Answer>,
}

/// What a digest led to.
struct Answer {
    digest: String,
    versions: Vec<FoundVersion>,
    /// The file was found only after its line ends were put back.
    altered: bool,
}

/// A version with these bytes.
struct FoundVersion {
    address: String,
    words: String,
    sentence: String,
}

/// `/verify`, with `digest` what it names.
pub async fn verify(State(door): State<Door>, asked: Asked) -> Response {
    shown(door, Keep::Never, move |registry| {
        let digest = asked.get("digest").map(read_digest).transpose()?;
        let answer = digest.map(|digest| answer(registry, digest, false)).transpose()?.map(|(_, answer)| answer);
        Ok(VerifyPage { frame: frame(registry), answer })
    })
    .await
}

/// An uploaded file. It is looked up and forgotten.
pub async fn upload(State(door): State<Door>, form: std::result::Result<Multipart, MultipartRejection>) -> Response {
    match file(form).await {
        Ok(bytes) => {
            shown(door, Keep::Never, move |registry| {
                Ok(VerifyPage { frame: frame(registry), answer: Some(look_up(registry, &bytes)?) })
            })
            .await
        }
        Err(error) => failed(door.registry().settings(), &error),
    }
}

fn frame(registry: &Registry) -> Frame {
    Frame::new(registry.settings(), "Verify a file", "/verify").described(
        "Upload a self-certification's file and learn which version it is, or that it was never published here.",
    )
}

/// The first file of the form.
async fn file(form: std::result::Result<Multipart, MultipartRejection>) -> Result<Vec<u8>> {
    let bad = || {
        RegistryError::new(
            ErrorKind::Unreadable,
            "bad-parts",
            "No file came with the form, or it is larger than 1 MiB. Choose a file and send the form again.",
        )
    };
    let mut form = form.map_err(|_| bad())?;
    while let Some(field) = form.next_field().await.map_err(|_| bad())? {
        if field.name() == Some("file") {
            let bytes = field.bytes().await.map_err(|_| bad())?;
            return if bytes.is_empty() { Err(bad()) } else { Ok(bytes.to_vec()) };
        }
    }
    Err(bad())
}

fn read_digest(text: &str) -> Result<Digest> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    Digest::from_hex(&hex).map_err(|_| {
        let detail = "A digest has 64 digits and letters from a to f, with or without 'sha256:' before it.";
        RegistryError::new(ErrorKind::Unreadable, "bad-parameter", detail)
    })
}

/// Looks for the bytes as they are, then with the line ends that programs on their way may have changed.
fn look_up(registry: &Registry, bytes: &[u8]) -> Result<Answer> {
    let (found, exact) = answer(registry, Digest::of(bytes), false)?;
    if found {
        return Ok(exact);
    }
    let mut mended: Vec<u8> = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).to_vec();
    mended.retain(|byte| *byte != b'\r');
    while mended.last() == Some(&b'\n') {
        mended.pop();
    }
    mended.push(b'\n');
    let (found, mended) = answer(registry, Digest::of(&mended), true)?;
    Ok(if found { Answer { digest: exact.digest, ..mended } } else { exact })
}

fn answer(registry: &Registry, digest: Digest, altered: bool) -> Result<(bool, Answer)> {
    let rows = registry.index().versions_by_digest(digest)?;
    let versions = rows.iter().map(|row| found(registry, row)).collect::<Result<Vec<FoundVersion>>>()?;
    Ok((!versions.is_empty(), Answer { digest: digest.to_string(), versions, altered }))
}

fn found(registry: &Registry, row: &VersionRow) -> Result<FoundVersion> {
    let publication = &row.publication;
    let (id, number) = (&publication.certification, publication.version);
    let current = registry.certification(id)?.current.publication.version;
    let standing = if number == current { "the current version" } else { "a version that was superseded since" };
    let day = publication.published_at.day_in_london().in_words();
    Ok(FoundVersion {
        address: address::version(id, number),
        words: format!(
            "Version {number} of {} ({}), {standing}, published here on {day}",
            row.service_name, row.supplier_name
        ),
        sentence: registry.verification(id, number)?.sentence,
    })
}
