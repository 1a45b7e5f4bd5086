//! Files in `demo-try` with which a visitor can play the supplier at once.

use std::path::Path;

use super::{
    DemoKey, Stage,
    build::{self, DemoError},
    story,
};
use crate::{
    format::{profile, v1, v1::envelope::Envelope},
    signing::Namespace,
};

/// Writes the files below `data`:
///
/// ```text
/// demo-try/update.json (+ .sig, .countersig)   the next version, signed twice: 201
/// demo-try/update-envelope.json                the same as one file for curl
/// demo-try/unsigned.json                       the next version without a signature: refused
/// demo-try/unsigned-envelope.json              the same as one file for curl
/// ```
pub(super) fn write(data: &Path, stage: &Stage<'_>) -> Result<(), DemoError> {
    let update = story::prepare(stage, stage.story.next())?.bytes;
    let signature = stage.keys.sign(DemoKey::Signatory, Namespace::Certification, &update);
    let countersignature = stage.keys.sign(DemoKey::Official, Namespace::Countersignature, &update);
    let folder = data.join("demo-try");
    build::write(&folder.join("update.json"), &update)?;
    build::write(&folder.join("update.json.sig"), signature.as_bytes())?;
    build::write(&folder.join("update.json.countersig"), countersignature.as_bytes())?;
    let envelope = Envelope {
        document: Some(text(&update)?),
        signature: Some(signature),
        countersignature: Some(countersignature),
        ..Envelope::default()
    };
    build::write(&folder.join("update-envelope.json"), envelope.print().as_bytes())?;

    let mut draft = v1::stored(&update, v1::certification::read).map_err(DemoError::story)?.value;
    draft.change.summary = vec!["Nobody has signed this version.".into()];
    let unsigned = profile::print(&v1::certification::write(&draft));
    build::write(&folder.join("unsigned.json"), &unsigned)?;
    let envelope = Envelope { document: Some(text(&unsigned)?), ..Envelope::default() };
    build::write(&folder.join("unsigned-envelope.json"), envelope.print().as_bytes())
}

fn text(bytes: &[u8]) -> Result<String, DemoError> {
    String::from_utf8(bytes.to_vec()).map_err(DemoError::story)
}
