//! The official's page: what they are asked to vouch for, what changed since they last did, and how to sign or refuse.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    OFFICIAL_SCRIPT,
    handover::{self, Form, Handover},
    signing_page_digest, with_script,
};
use crate::{
    compare::{Change, Comparison, Hint, Op, groups, stretches},
    domain::{CertificationId, Digest, Draft, Edition, Fault},
    registry::{
        ErrorKind, Registry, RegistryError, Result, door::Door, publish::DryRun, vouch::Vouched, workbench::SIGN_PANEL,
    },
    signing::Role,
    statement::{Facts, StatementView},
    web::{
        address,
        changes::moved,
        page::{Frame, failed},
    },
};

/// Asks for the envelope, and says what was wrong with the one that came.
#[derive(Template)]
#[template(path = "web/official/ask.html")]
struct AskPage {
    frame: Frame,
    faults: Vec<Fault>,
    /// The signing page's SHA-256.
    digest: &'static str,
}

#[derive(Template)]
#[template(path = "web/official/review.html")]
struct ReviewPage {
    frame: Frame,
    id: CertificationId,
    view: StatementView,
    digest: String,
    /// What stands against publishing, apart from the official's signature.
    faults: Vec<Fault>,
    hints: Vec<String>,
    signed_by: &'static str,
    /// The last version that this official vouched for.
    since: Option<Vouched>,
    /// The current version, where they never did.
    current: Option<Vouched>,
    published: Option<String>,
    namespace: String,
    /// The whole envelope for the script: base64, because forms and attributes alter line ends.
    envelope: String,
    panel: &'static str,
    script: &'static str,
}

/// `GET /suppliers/official`
pub(super) async fn ask(State(door): State<Door>) -> Response {
    asked(door, StatusCode::OK, Vec::new()).await
}

/// `POST /suppliers/official`: stateless; what is sent is shown and forgotten.
pub(super) async fn review(State(door): State<Door>, form: Form) -> Response {
    let handover = match handover::read(form).await {
        Ok(handover) => handover,
        Err(error) => return asked(door, status_of(&error), faults_of(error)).await,
    };
    match door.ask(move |registry| written(registry, &handover)).await {
        Ok(html) => with_script(StatusCode::OK, html, &OFFICIAL_SCRIPT),
        Err(error) if error.kind == ErrorKind::Internal => failed(door.registry().settings(), &error),
        Err(error) => asked(door, StatusCode::UNPROCESSABLE_ENTITY, faults_of(error)).await,
    }
}

async fn asked(door: Door, status: StatusCode, faults: Vec<Fault>) -> Response {
    let rendered = door.ask(move |registry| {
        let frame = Frame::new(registry.settings(), "For the senior official", "/suppliers/official")
            .described("See what you are asked to vouch for, and what changed since you last did; sign it or refuse.");
        let page = AskPage { frame, faults, digest: signing_page_digest() };
        page.render().map_err(RegistryError::internal)
    });
    match rendered.await {
        Ok(html) => with_script(status, html, &OFFICIAL_SCRIPT),
        Err(error) => failed(door.registry().settings(), &error),
    }
}

fn status_of(error: &RegistryError) -> StatusCode {
    match error.kind {
        ErrorKind::Unreadable => StatusCode::BAD_REQUEST,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Every fault with its place; an error without a list is one itself.
fn faults_of(error: RegistryError) -> Vec<Fault> {
    if error.faults.is_empty() { vec![Fault::new("", error.code, error.detail)] } else { error.faults }
}

fn written(registry: &Registry, handover: &Handover) -> Result<String> {
    let draft = handover.draft().map_err(|faults| RegistryError::faulty("document-rules", faults))?;
    if draft.is_transcription() {
        let detail = "This is a transcription, which the Department signs; no official vouches for it.";
        return Err(RegistryError::invalid("transcription", detail));
    }
    if draft.official.is_none() {
        let detail = "The document names no senior official, so there is nothing to vouch for: where the Department lists \
                      the supplier as one person, its signatory signs and publishes alone.";
        return Err(RegistryError::invalid("no-official", detail));
    }
    let edition = registry.edition(&draft.edition.id)?;
    page(registry, handover, &draft, &edition)?.render().map_err(RegistryError::internal)
}

fn page(registry: &Registry, handover: &Handover, draft: &Draft, edition: &Edition) -> Result<ReviewPage> {
    let id = draft.certification_id();
    let digest = Digest::of(handover.document().as_bytes());
    let (faults, rehearsed) = rehearse(registry, &id, handover)?;
    let name = |digest: Digest| handover.person(registry, digest).map(|person| person.name);
    let facts = Facts { digest: Some(digest), ..Facts::default() };
    let view = StatementView::new(draft, edition, &facts, Some(&name));
    let since = registry.last_vouched(draft, edition, &handover.voucher(registry, draft))?;
    let current = if since.is_none() { registry.against_current(draft, edition)? } else { None };
    let already = registry.index().versions_by_digest(digest)?;
    let already = already.iter().find(|row| row.publication.certification == id);
    let title = format!("For the senior official: {}, version {}", view.service_name, view.version);
    Ok(ReviewPage {
        frame: Frame::new(registry.settings(), title, "").unlisted(),
        digest: digest.to_string(),
        signed_by: signature_words(handover, rehearsed.as_ref()),
        hints: rehearsed.iter().flat_map(|rehearsed| &rehearsed.hints).map(hint_words).collect(),
        faults,
        since,
        current,
        published: already.map(|row| address::version(&id, row.publication.version)),
        namespace: Role::Official.version_namespace().at(&registry.settings().registry),
        envelope: STANDARD.encode(handover.envelope.print()),
        panel: SIGN_PANEL,
        script: &OFFICIAL_SCRIPT,
        view,
        id,
    })
}

/// Goes through every check as publishing would. A countersignature that came along counts too.
fn rehearse(registry: &Registry, id: &CertificationId, handover: &Handover) -> Result<(Vec<Fault>, Option<DryRun>)> {
    match registry.dry_run(id, handover.submission()) {
        Ok(rehearsed) => Ok((Vec::new(), Some(rehearsed))),
        Err(error) if error.kind == ErrorKind::Internal => Err(error),
        Err(error) => Ok((faults_of(error), None)),
    }
}

fn hint_words(hint: &Hint) -> String {
    format!("{}: {}", hint.about.label(), hint.sentence)
}

fn signature_words(handover: &Handover, rehearsed: Option<&DryRun>) -> &'static str {
    match (handover.envelope.signature.is_some(), rehearsed.is_some()) {
        (false, _) => "Not signed by the signatory yet. It can be published only with that signature too.",
        (true, true) => "Signed with a key that is enrolled for the supplier's signatory; the signature holds.",
        (true, false) => "A signature came along. See above what stands against publishing.",
    }
}

impl ReviewPage {
    fn version(&self) -> u32 {
        self.view.version
    }

    fn groups<'a>(&self, net: &'a Comparison) -> Vec<(&'static str, Vec<&'a Change>)> {
        groups(net)
    }

    /// What to compare with, and whether the official vouched for that.
    fn compared(&self) -> Option<(&Vouched, bool)> {
        self.since.as_ref().map(|found| (found, true)).or(self.current.as_ref().map(|found| (found, false)))
    }

    fn may_sign(&self) -> bool {
        self.faults.is_empty() && self.published.is_none()
    }

    /// The file's name in the commands.
    fn file(&self) -> String {
        format!("{}-{}.json", self.id.service, self.view.version)
    }

    fn command(&self) -> String {
        format!("ssh-keygen -Y sign -f official_key -n {} {}", self.namespace, self.file())
    }

    fn answers(&self) -> usize {
        self.view.sections.iter().map(|section| section.answers.len()).sum::<usize>() + self.view.support.len()
    }
}
