//! Verifying one document with its signatures.

use std::path::Path;

use serde_json::{Value, json};

use super::Verify;
use crate::{
    api::notice,
    cli::{
        bundle::Bundle,
        editions::{self, Known},
        error::{CliError, CliResult, Exit},
        files,
        out::{self, BOLD, GREEN, RED, YELLOW, styled},
        source::Source,
    },
    domain::{Draft, Instant},
    format::{paths, v1},
    registry::Clock,
    signing::{self, AuthorityFile, AuthorityRole, KeyRing, Namespace, Role, SignatureReport},
};

/// The keys to judge by.
enum Keys {
    Ring(KeyRing),
    Authority(AuthorityFile),
}

/// What was found out, in order.
struct Result {
    draft: Draft,
    at: Instant,
    /// How the instant is known.
    at_source: &'static str,
    faults: Vec<String>,
    remarks: Vec<String>,
    reports: Vec<SignatureReport>,
}

pub(super) fn verify(arguments: &Verify) -> CliResult {
    let mut bundle = Bundle::open(&arguments.target)?;
    let name = arguments.target.display().to_string();
    let stored = v1::stored(&bundle.document, v1::certification::read).map_err(|faults| {
        CliError::faulty(format!("{name} is no certification in the form that is signed"), &faults)
    })?;
    let source = arguments.registry.as_deref().map(Source::open).transpose()?;
    let draft = stored.value;
    let published = source.as_ref().map(|source| published(&mut bundle, &draft, source)).transpose()?;
    let (at, at_source) = instant(arguments, &bundle, published)?;
    let mut remarks = Vec::new();
    if let Some(source) = &source
        && let Some(notice) = notice::of(&source.settings()?)
    {
        remarks.push(notice.to_owned());
    }
    let keys = keys(arguments, &draft, source.as_ref(), &mut remarks)?;
    let mut faults = Vec::new();
    match edition(arguments, &draft, source.as_ref()) {
        Ok(known) => {
            let single = arguments.single_signatory || single(&draft, source.as_ref());
            let checked = draft.clone().check(&known.edition, known.digest, single);
            faults.extend(checked.err().unwrap_or_default().0.iter().map(ToString::to_string));
        }
        Err(error) => remarks.push(format!("its rules were not checked: {}", error.message)),
    }
    let reports = reports(&bundle, &draft, &keys, at);
    if let [signatory, official] = reports.as_slice()
        && signatory.key.is_some()
        && signatory.key == official.key
    {
        faults.push("both signatures are by one key".to_owned());
    }
    let result = Result { draft, at, at_source, faults, remarks, reports };
    let holds = result.faults.is_empty() && result.reports.iter().all(SignatureReport::is_good);
    if arguments.json {
        out::json(&as_json(&bundle, &result, holds))?;
    } else {
        show(&bundle, &result, holds)?;
    }
    Ok(if holds { Exit::Done } else { Exit::No })
}

/// When a registry published exactly these bytes; signatures that are not at hand are taken from there.
fn published(bundle: &mut Bundle, draft: &Draft, source: &Source) -> CliResult<Instant> {
    let versions = source.versions(&draft.certification_id())?;
    let digest = bundle.digest();
    let Some(listed) = versions.iter().find(|listed| listed.publication.digest == digest) else {
        let name = bundle.path.display();
        let message = format!("{name} was never published there: the registry has no version with digest {digest}");
        return Err(CliError::no(message).next("It was altered, is a draft, or is of another registry."));
    };
    if bundle.signature.is_none() {
        let role = if draft.is_transcription() { "department" } else { "signatory" };
        bundle.signature = source.signature(listed, role)?;
    }
    if bundle.countersignature.is_none() && !draft.is_transcription() {
        bundle.countersignature = source.signature(listed, "official")?;
    }
    Ok(listed.publication.published_at)
}

fn instant(arguments: &Verify, bundle: &Bundle, published: Option<Instant>) -> CliResult<(Instant, &'static str)> {
    if let Some(moment) = arguments.at {
        return Ok((moment.instant()?, "as you said"));
    }
    if let Some(at) = published {
        return Ok((at, "when the registry published it"));
    }
    let receipt = files::beside(&bundle.path, "receipt.json");
    if let Some(bytes) = files::read_if_there(&receipt)?
        && let Ok(receipt) = serde_json::from_slice::<Value>(&bytes)
        && receipt.get("digest").and_then(Value::as_str) == Some(bundle.digest().to_string().as_str())
        && let Some(at) = receipt.get("published_at").and_then(Value::as_str).and_then(|text| text.parse().ok())
    {
        let simulated = receipt.get("simulated_dates") == Some(&Value::Bool(true));
        let words = "by its receipt, which was not verified";
        return Ok((at, if simulated { "by its receipt, which was not verified; a simulated date" } else { words }));
    }
    Ok((Clock::System.now(), "now; say when it was published with --at"))
}

fn keys(arguments: &Verify, draft: &Draft, source: Option<&Source>, remarks: &mut Vec<String>) -> CliResult<Keys> {
    let registry = &draft.registry;
    let text = match (&arguments.ring, source) {
        (Some(path), _) => {
            remarks.push("the key file itself was taken on trust: 'certreg verify CLONE' checks it too".to_owned());
            files::read_text(path)?
        }
        (None, Some(source)) => key_file(draft, source, remarks)?,
        (None, None) => {
            return Err(CliError::usage("say by which keys: --ring FILE, or --registry URL|DIR")
                .next("The ring is suppliers/…/allowed_signers in a clone, or /v1/suppliers/ID/allowed_signers."));
        }
    };
    let wrong = |error: signing::KeyFileError| CliError::no(format!("the key file cannot be used: {error}"));
    if draft.is_transcription() {
        return AuthorityFile::parse(&text, registry).map(Keys::Authority).map_err(wrong);
    }
    let ring = KeyRing::parse(&text, registry).map_err(wrong)?;
    if *ring.supplier() != draft.supplier {
        return Err(CliError::no(format!("the ring is of {}, the document of {}", ring.supplier(), draft.supplier)));
    }
    Ok(Keys::Ring(ring))
}

fn key_file(draft: &Draft, source: &Source, remarks: &mut Vec<String>) -> CliResult<String> {
    match source {
        Source::Local(clone) => {
            let path = if draft.is_transcription() { paths::authority() } else { paths::ring(&draft.supplier) };
            let bytes = clone.read(&path)?.ok_or_else(|| CliError::no(format!("the clone has no {path}")))?;
            files::into_text(bytes, Path::new(path.as_str()))
        }
        Source::Remote(_) if draft.is_transcription() => {
            Err(CliError::usage("a transcription is signed by the Department, whose keys are in a clone")
                .next("Give a clone's folder to --registry, or its authority/allowed_signers to --ring."))
        }
        Source::Remote(_) => {
            remarks.push(
                "the registry was believed about the supplier's keys: verify a clone to check them too".to_owned(),
            );
            let ring = source.ring(&draft.supplier, &draft.registry)?;
            let ring = ring.ok_or_else(|| CliError::no(format!("{} has no keys there", draft.supplier)))?;
            Ok(ring.print())
        }
    }
}

fn edition(arguments: &Verify, draft: &Draft, source: Option<&Source>) -> CliResult<Known> {
    match (&arguments.edition, source) {
        (Some(name), _) => editions::named(name),
        (None, Some(source)) => source.edition(&draft.edition.id, draft.edition.digest),
        (None, None) => editions::named(draft.edition.id.as_str()),
    }
}

fn single(draft: &Draft, source: Option<&Source>) -> bool {
    let record = source.and_then(|source| source.supplier(&draft.supplier).ok().flatten());
    record.is_some_and(|record| record.single_signatory)
}

/// What holds of each signature that the document needs.
fn reports(bundle: &Bundle, draft: &Draft, keys: &Keys, at: Instant) -> Vec<SignatureReport> {
    let document = &bundle.document;
    match keys {
        Keys::Authority(authority) => vec![signing::examine_authority_signature(
            document,
            bundle.signature.as_deref(),
            authority,
            AuthorityRole::Department,
            Namespace::Transcription,
            at,
        )],
        Keys::Ring(ring) => {
            let examine = |text: Option<&str>, role: Role| {
                signing::examine_supplier_signature(document, text, ring, role, role.version_namespace(), at)
            };
            let first = examine(bundle.signature.as_deref(), Role::Signatory);
            // A document that names no official was accepted with one signature, or not at all.
            let second = (draft.official.is_some() || bundle.countersignature.is_some())
                .then(|| examine(bundle.countersignature.as_deref(), Role::Official));
            std::iter::once(first).chain(second).collect()
        }
    }
}

fn show(bundle: &Bundle, result: &Result, holds: bool) -> CliResult<()> {
    let row = |label: &str, value: String| vec![styled(BOLD, label), value];
    let draft = &result.draft;
    let mut rows = vec![
        row("document", format!("{} version {}", draft.certification_id(), draft.version)),
        row("digest", bundle.digest().to_string()),
        row("judged at", format!("{} ({})", result.at, result.at_source)),
    ];
    rows.extend(result.reports.iter().map(|report| row(report.role.as_str(), words(report))));
    out::print(out::table(&rows))?;
    for fault in &result.faults {
        out::line(format!("{} {fault}", styled(RED, "wrong:")))?;
    }
    for remark in &result.remarks {
        out::line(format!("{} {remark}", styled(YELLOW, "note:")))?;
    }
    out::line(format!("\n{}", sentence(draft, result.reports.len(), holds)))
}

fn words(report: &SignatureReport) -> String {
    let key = report.key.map(|key| format!(" by {key}")).unwrap_or_default();
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    if report.is_good() {
        format!("{}{key}", styled(GREEN, "good"))
    } else {
        format!("{}{key}: {}", styled(RED, "does not hold"), faults.join("; "))
    }
}

fn sentence(draft: &Draft, signatures: usize, holds: bool) -> String {
    let what = format!("Version {} of {}", draft.version, draft.certification_id());
    match (holds, draft.is_transcription(), signatures) {
        (false, ..) => format!("{} {what} cannot be relied on.", styled(RED, "Does not hold:")),
        (true, true, _) => format!(
            "{} {what} is the Department's copy of a published statement; the supplier did not sign it.",
            styled(GREEN, "Holds:")
        ),
        (true, false, 1) => format!(
            "{} {what} is signed by one person with an enrolled key; it was not independently verified.",
            styled(GREEN, "Holds:")
        ),
        (true, false, _) => format!(
            "{} {what} is signed by two people with enrolled keys, and nothing in it was altered since.",
            styled(GREEN, "Holds:")
        ),
    }
}

fn as_json(bundle: &Bundle, result: &Result, holds: bool) -> Value {
    let signatures: Vec<Value> = result
        .reports
        .iter()
        .map(|report| {
            let mut value = json!({
                "role": report.role.as_str(),
                "good": report.is_good(),
                "faults": report.faults.iter().map(|fault| fault.code()).collect::<Vec<_>>(),
            });
            if let Some(key) = report.key {
                value["fingerprint"] = json!(key.fingerprint());
            }
            value
        })
        .collect();
    json!({
        "holds": holds,
        "certification": result.draft.certification_id().to_string(),
        "version": result.draft.version,
        "digest": bundle.digest().to_string(),
        "judged_at": result.at.to_string(),
        "signatures": signatures,
        "faults": result.faults,
        "remarks": result.remarks,
    })
}
