//! Verifying one document with its signatures.

mod keys;

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
    domain::{Draft, Instant, Publication},
    format::v1,
    registry::Clock,
    signing::SignatureReport,
};

/// What was found out, in order.
struct Result {
    draft: Draft,
    at: Instant,
    /// How the instant is known.
    at_source: &'static str,
    faults: Vec<String>,
    remarks: Vec<String>,
    /// As known now.
    reports: Vec<SignatureReport>,
    /// As known when it was published, where that can be looked up.
    then: Option<Vec<SignatureReport>>,
}

impl Result {
    fn holds(&self) -> bool {
        self.faults.is_empty() && self.reports.iter().all(SignatureReport::is_good)
    }

    /// Whether everything held when it was published; unknown without a registry.
    fn held(&self) -> Option<bool> {
        self.then.as_ref().map(|then| self.faults.is_empty() && then.iter().all(SignatureReport::is_good))
    }
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
    let (at, at_source) = instant(arguments, &bundle, published.as_ref().map(|published| published.published_at))?;
    let mut remarks = Vec::new();
    if let Some(source) = &source
        && let Some(notice) = notice::of(&source.settings()?)
    {
        remarks.push(notice.to_owned());
    }
    let judges = keys::judges(arguments, &draft, source.as_ref(), published.as_ref(), &mut remarks)?;
    let mut faults = Vec::new();
    match edition(arguments, &draft, source.as_ref()) {
        Ok(known) => {
            let single = arguments.single_signatory || single(&draft, source.as_ref());
            let checked = draft.clone().check(&known.edition, known.digest, single);
            faults.extend(checked.err().unwrap_or_default().0.iter().map(ToString::to_string));
        }
        Err(error) => remarks.push(format!("its rules were not checked: {}", error.message)),
    }
    let reports = keys::examine(&bundle, &draft, &judges.now, at);
    let then = judges.then.as_ref().map(|keys| keys::examine(&bundle, &draft, keys, at));
    if let [signatory, official] = reports.as_slice()
        && signatory.key.is_some()
        && signatory.key == official.key
    {
        faults.push("both signatures are by one key".to_owned());
    }
    let result = Result { draft, at, at_source, faults, remarks, reports, then };
    if arguments.json {
        out::json(&as_json(&bundle, &result))?;
    } else {
        show(&bundle, &result)?;
    }
    Ok(match (result.holds(), result.held()) {
        (true, _) => Exit::Done,
        (false, Some(true)) => Exit::HELD_THEN,
        (false, _) => Exit::No,
    })
}

/// When a registry published exactly these bytes; signatures that are not at hand are taken from there.
fn published(bundle: &mut Bundle, draft: &Draft, source: &Source) -> CliResult<Publication> {
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
    Ok(listed.publication.clone())
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

fn show(bundle: &Bundle, result: &Result) -> CliResult<()> {
    let row = |label: &str, value: String| vec![styled(BOLD, label), value];
    let draft = &result.draft;
    let mut rows = vec![
        row("document", format!("{} version {}", draft.certification_id(), draft.version)),
        row("digest", bundle.digest().to_string()),
        row("judged at", format!("{} ({})", result.at, result.at_source)),
    ];
    let then = result.then.iter().flatten().map(Some).chain(std::iter::repeat(None));
    for (report, then) in result.reports.iter().zip(then) {
        rows.push(row(report.role.as_str(), words(report)));
        if let Some(then) = then.filter(|then| *then != report) {
            rows.push(row("as known then", words(then)));
        }
    }
    out::print(out::table(&rows))?;
    for fault in &result.faults {
        out::line(format!("{} {fault}", styled(RED, "wrong:")))?;
    }
    for remark in &result.remarks {
        out::line(format!("{} {remark}", styled(YELLOW, "note:")))?;
    }
    out::line(format!("\n{}", sentence(result)))
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

fn sentence(result: &Result) -> String {
    let draft = &result.draft;
    let what = format!("Version {} of {}", draft.version, draft.certification_id());
    let who = if draft.is_transcription() { "Department to transcribe" } else { "supplier to sign" };
    match (result.holds(), draft.is_transcription(), result.reports.len()) {
        (false, ..) if result.held() == Some(true) => format!(
            "{} {what} was accepted with good signatures, but a key that signed it has since been reported as unsafe for that time: ask the {who} it again.",
            styled(RED, "Held then, not now:")
        ),
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

fn as_json(bundle: &Bundle, result: &Result) -> Value {
    let mut value = json!({
        "holds": result.holds(),
        "certification": result.draft.certification_id().to_string(),
        "version": result.draft.version,
        "digest": bundle.digest().to_string(),
        "judged_at": result.at.to_string(),
        "signatures": signatures(&result.reports),
        "faults": result.faults,
        "remarks": result.remarks,
    });
    if let (Some(held), Some(then)) = (result.held(), &result.then) {
        value["held_when_published"] = json!(held);
        value["signatures_then"] = json!(signatures(then));
    }
    value
}

fn signatures(reports: &[SignatureReport]) -> Vec<Value> {
    reports
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
        .collect()
}
