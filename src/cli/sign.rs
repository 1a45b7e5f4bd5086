//! `certreg sign`: one of the two signatures on a version, byte for byte what ssh-keygen would write.

use std::path::PathBuf;

use super::{
    bundle::{self, Bundle},
    case,
    check::{self, Checked},
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    keygen::parse_role,
    keys::Signer,
    kind::Kind,
    out::{self, BOLD, YELLOW, styled},
    show,
    source::Source,
};
use crate::{domain::Draft, format::v1, signing::Role};

/// Sign a version or a case statement, as its signatory or as its official
///
/// Writes FILE.sig (signatory) or FILE.countersig (official); in an envelope, the signature goes inside. ssh-agent is
/// asked first, so that the private key need not enter this program. What 'certreg check' finds faulty is not signed.
/// What is being signed is shown before: with --registry, also what differs from the current version.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg sign cert.json --role signatory --key signatory
  certreg sign cert.json --role official --key official.pub --registry https://certreg.example

The same without this program:
  ssh-keygen -Y sign -f signatory -n certification@certreg.example cert.json
  ssh-keygen -Y sign -f official -n countersignature@certreg.example - < cert.json > cert.json.countersig

Next: the other person signs, then certreg publish FILE --to URL")]
pub(crate) struct Sign {
    /// The document, or an envelope
    file: PathBuf,
    /// Who signs
    #[arg(long, value_parser = parse_role, value_name = "signatory|official")]
    role: Role,
    /// The private key file, or the .pub file of a key in ssh-agent
    #[arg(long)]
    key: PathBuf,
    /// Show what differs from the current version there
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    /// Further files with person records
    #[arg(long, value_name = "FILE", num_args = 1..)]
    people: Vec<PathBuf>,
    /// The edition that was answered, where it is not built in: its file
    #[arg(long, value_name = "FILE")]
    edition: Option<String>,
    /// The Department lists the supplier as one person
    #[arg(long)]
    single_signatory: bool,
    /// Write document, records and signatures so far as one envelope, to be passed on
    #[arg(long, value_name = "FILE")]
    envelope: Option<PathBuf>,
    /// Sign although there are faults
    #[arg(long)]
    anyway: bool,
    /// Replace another signature that is there
    #[arg(long)]
    force: bool,
}

impl Sign {
    pub(super) fn run(self) -> CliResult {
        let mut bundle = Bundle::open(&self.file)?;
        if Kind::of(&bundle.document) == Kind::Case {
            return case::sign::sign(bundle, self.role, &self.key, Write::force(self.force));
        }
        let source = self.registry.as_deref().map(Source::open).transpose()?;
        let checked = self.check(&bundle, source.as_ref())?;
        let draft = self.readable(&bundle, checked)?;
        self.present(&bundle, &draft, source.as_ref())?;
        let signer = Signer::open(&self.key)?;
        let namespace = self.role.version_namespace().at(&draft.registry);
        let signature = signer.sign(&namespace, &bundle.document)?;
        let path = bundle.keep_signature(self.role, &signature, Write::force(self.force))?;
        out::line(format!(
            "Signed as {} with {} ({}): {}",
            self.role.principal(&draft.supplier),
            signer.public(),
            signer.place(),
            path.display()
        ))?;
        self.pass_on(&mut bundle, signature)?;
        out::tell(format!("{} {}", styled(BOLD, "Next:"), self.next_step(&bundle)));
        Ok(Exit::Done)
    }

    fn check(&self, bundle: &Bundle, source: Option<&Source>) -> CliResult<Checked> {
        let kind = Kind::of(&bundle.document);
        if kind != Kind::Certification {
            return Err(CliError::no(format!(
                "{} is {}, neither a certification nor a case statement",
                self.file.display(),
                kind.in_words()
            ))
            .next("Suppliers sign certifications; what the Department signs, 'certreg authority' signs."));
        }
        let people = bundle.people(&self.people)?;
        let edition = self.edition.as_deref().map(super::editions::named).transpose()?;
        let context = check::Context {
            people: &people,
            edition: edition.as_ref(),
            source,
            single_signatory: self.single_signatory,
            ..check::Context::offline()
        };
        Ok(check::certification(&bundle.document, &context))
    }

    /// The document, if it may be signed.
    fn readable(&self, bundle: &Bundle, checked: Checked) -> CliResult<Draft> {
        let name = self.file.display().to_string();
        if self.anyway {
            out::tell(format!(
                "{} {} not heeded",
                styled(YELLOW, "note:"),
                check::count(checked.faults.len(), "fault")
            ));
        } else {
            checked.refuse_faults(&name)?;
        }
        let Some(draft) = checked.draft else {
            let faults = v1::stored(&bundle.document, v1::certification::read).err().unwrap_or_default();
            return Err(CliError::faulty(
                format!("{name} cannot be read, so nobody can say what would be signed"),
                &faults,
            ));
        };
        if draft.is_transcription() {
            return Err(CliError::no(format!("{name} is a transcription, which the supplier's people do not sign"))
                .next("The Department signs it: 'certreg authority transcribe'."));
        }
        for hint in &checked.hints {
            out::tell(format!("{} {}: {}", styled(YELLOW, "hint:"), hint.pointer, hint.detail));
        }
        Ok(draft)
    }

    /// Shows what is being signed.
    fn present(&self, bundle: &Bundle, draft: &Draft, source: Option<&Source>) -> CliResult<()> {
        let row = |label: &str, value: String| vec![styled(BOLD, label), value];
        let mut rows = vec![
            row("supplier", format!("{} ({})", draft.supplier_name, draft.supplier)),
            row("service", format!("{} ({})", draft.service_name, draft.service)),
            row("version", format!("{}, {}", draft.version, draft.change.kind.as_str())),
            row("edition", draft.edition.id.to_string()),
            row("digest", bundle.digest().to_string()),
        ];
        if !draft.change.summary.is_empty() {
            rows.push(row("summary", draft.change.summary.join(" ")));
        }
        out::tell(out::table(&rows).trim_end());
        match source {
            Some(source) => show::differences(draft, source),
            None => Ok(()),
        }
    }

    fn pass_on(&self, bundle: &mut Bundle, signature: String) -> CliResult<()> {
        let Some(path) = &self.envelope else { return Ok(()) };
        match self.role {
            Role::Signatory => bundle.signature = Some(signature),
            Role::Official => bundle.countersignature = Some(signature),
        }
        let envelope = bundle.to_envelope(&self.people)?;
        files::write(path, envelope.print().as_bytes(), Write::force(self.force))?;
        out::line(format!("Envelope: {}", path.display()))
    }

    fn next_step(&self, bundle: &Bundle) -> String {
        let name = self.file.display();
        let other = match self.role {
            Role::Signatory => Role::Official,
            Role::Official => Role::Signatory,
        };
        let held = match (&bundle.envelope, other) {
            (Some(envelope), Role::Signatory) => envelope.signature.is_some(),
            (Some(envelope), Role::Official) => envelope.countersignature.is_some(),
            (None, role) => bundle::signature_beside(&self.file, role).is_ok_and(|found| found.is_some()),
        };
        if held || self.single_signatory {
            format!("certreg publish {name} --to URL")
        } else {
            format!("the {other} signs: certreg sign {name} --role {other} --key KEY")
        }
    }
}
