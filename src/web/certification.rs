//! A certification as it stands or stood, and each of its versions.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    address,
    ask::{Asked, Named},
    case_lines::CaseLine,
    history,
    page::{Frame, Keep, failed, html_page, shown},
    statement::Shown,
};
use crate::{
    compare,
    domain::{CertificationId, Code, Day, RegistryId},
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door, prove::Verification, read::VersionContent},
    signing::{Namespace, Role},
};

#[derive(Template)]
#[template(path = "web/certification.html")]
struct CertificationPage {
    frame: Frame,
    id: CertificationId,
    shown: Shown,
    /// What a reader must know first, before the statement's own sentences.
    notices: Vec<Notice>,
    freshness: Option<String>,
    /// The case statements about it, oldest first.
    cases: Vec<CaseLine>,
    verification: Verification,
    counts: Vec<(&'static str, usize)>,
    /// The current version; another one is shown as of a day, or by its number.
    current: u32,
    commit: String,
    base: String,
    registry: RegistryId,
}

/// A sentence with where it leads.
struct Notice {
    words: String,
    link: Option<(String, String)>,
}

/// `/s/{supplier}/{service}`, with `as_of` as it stood on a day.
pub async fn certification(State(door): State<Door>, named: Named, asked: Asked) -> Response {
    let answered = door.ask(move |registry| {
        let id = named.certification()?;
        let Some(text) = asked.get("as_of") else { return Ok((StatusCode::OK, written(current(registry, id)?)?)) };
        match as_of(registry, id.clone(), text) {
            Ok(page) => Ok((StatusCode::OK, written(page)?)),
            Err(error) if can_be_asked_again(&error) => {
                let html = history::asked_again(registry, id, error.detail, text)?;
                Ok((StatusCode::UNPROCESSABLE_ENTITY, html))
            }
            Err(error) => Err(error),
        }
    });
    match answered.await {
        Ok((StatusCode::OK, html)) => html_page(StatusCode::OK, Keep::Current, html),
        Ok((status, html)) => html_page(status, Keep::Never, html),
        Err(error) => failed(door.registry().settings(), &error),
    }
}

fn written(page: CertificationPage) -> Result<String> {
    page.render().map_err(RegistryError::internal)
}

/// `/s/{supplier}/{service}/versions/{n}`
pub async fn version(State(door): State<Door>, named: Named) -> Response {
    shown(door, Keep::Current, move |registry| {
        let (id, number) = (named.certification()?, named.version()?);
        let version = registry.with_content(registry.version(&id, number)?)?;
        let current = registry.certification(&id)?.current.publication.version;
        let notices = superseded(&id, number, current);
        let mut page = page(registry, version, current, notices)?;
        page.frame.title = format!("{}, version {number}", page.shown.view.service_name);
        page.frame.canonical = address::version(&id, number);
        Ok(page)
    })
    .await
}

fn current(registry: &Registry, id: CertificationId) -> Result<CertificationPage> {
    let row = registry.certification(&id)?;
    let number = row.current.publication.version;
    let version = registry.with_content(row.current)?;
    let announced = version.row.effective_on.filter(|day| *day > registry.clock().now().day_in_london());
    let notices = announced.map(|day| announcement(&id, number, day)).into_iter().collect();
    page(registry, version, number, notices)
}

fn as_of(registry: &Registry, id: CertificationId, text: &str) -> Result<CertificationPage> {
    let found = match text.parse() {
        Ok(instant) => registry.as_of(&id, instant)?,
        Err(_) => {
            let day = super::day::read(text)?;
            if day > registry.clock().now().day_in_london() {
                let detail = "That day lies ahead, and nobody knows what will stand then. Write a day that has begun.";
                return Err(RegistryError::invalid("as-of-ahead", detail));
            }
            registry.as_of(&id, registry.instant_of(&day.to_string())?)?
        }
    };
    let number = found.version.row.publication.version;
    let current = registry.certification(&id)?.current.publication.version;
    let day = found.instant.day_in_london();
    let mut notices = vec![Notice {
        words: format!("This is what stood at the end of {}: version {number}.", day.in_words()),
        link: (number < current).then(|| (address::since(&id, day.next()), "What changed since".to_owned())),
    }];
    notices.extend(found.announced.map(|day| announcement(&id, number, day)));
    let mut page = page(registry, found.version, current, notices)?;
    page.frame.title = format!("{} on {}", page.shown.view.service_name, day.in_words());
    page.frame.canonical = address::version(&id, number);
    Ok(page)
}

fn announcement(id: &CertificationId, number: u32, day: Day) -> Notice {
    Notice {
        words: format!("Announced: the supplier says that this version applies from {}.", day.in_words()),
        link: (number > 1).then(|| (address::version(id, number - 1), "Read the version before it".to_owned())),
    }
}

fn superseded(id: &CertificationId, number: u32, current: u32) -> Vec<Notice> {
    let newer = (number < current).then(|| Notice {
        words: format!("This is not the current statement: version {current} is."),
        link: Some((address::between(id, number, current), format!("What changed from version {number} to {current}"))),
    });
    newer.into_iter().collect()
}

fn page(registry: &Registry, version: VersionContent, current: u32, notices: Vec<Notice>) -> Result<CertificationPage> {
    let settings = registry.settings();
    let row = &version.row;
    let id = row.publication.certification.clone();
    let is_current = row.publication.version == current;
    let shown = Shown::new(registry, &version, is_current)?;
    let today = registry.clock().now().day_in_london();
    let affirmed_at = registry.certification(&id)?.affirmed_at.filter(|_| is_current);
    let freshness = affirmed_at.map(|at| compare::freshness(at.day_in_london(), settings.freshness, today).sentence());
    let now = registry.present()?;
    let cases = registry.cases_of(&id, now)?;
    let cases = cases.iter().map(|case| CaseLine::of(registry, case, today)).collect::<Result<Vec<CaseLine>>>()?;
    let name = &shown.view.service_name;
    let description = format!(
        "What {} says about {name}: version {}, {}. {}",
        shown.view.supplier_name,
        row.publication.version,
        if shown.view.transcription { "transcribed from its published statement" } else { "self-certified and signed" },
        row.headline
    );
    let mut frame = Frame::new(settings, name.clone(), address::certification(&id))
        .described(description)
        .with_feed(format!("What changes in {name}"), format!("{}/feed.atom", address::api(&id)));
    frame.unlisted = shown.view.transcription;
    Ok(CertificationPage {
        frame,
        notices,
        freshness,
        cases,
        verification: registry.verification(&id, row.publication.version)?,
        counts: counts(&version),
        current,
        commit: row.commit.clone(),
        base: address::certification(&id),
        shown,
        id,
        registry: settings.registry.clone(),
    })
}

/// How many answers have each colour: a count, not a score.
fn counts(version: &VersionContent) -> Vec<(&'static str, usize)> {
    let of = |code: Code| version.content.responses.values().filter(|r| r.code == Some(code)).count();
    let names = ["green", "amber", "black", "not recorded"];
    Code::ALL.iter().zip(names).map(|(code, name)| (name, of(*code))).filter(|(_, count)| *count > 0).collect()
}

impl CertificationPage {
    /// The version on this page.
    fn number(&self) -> u32 {
        self.shown.view.version
    }

    fn is_current(&self) -> bool {
        self.number() == self.current
    }

    fn api(&self) -> String {
        address::api(&self.id)
    }

    /// The command that checks the first signature with stock OpenSSH.
    fn check_command(&self) -> String {
        let namespace = |namespace: Namespace| namespace.at(&self.registry);
        if self.shown.view.transcription {
            let namespace = namespace(Namespace::Transcription);
            return format!("ssh-keygen -Y check-novalidate -n {namespace} -s document.sig < document.json");
        }
        let (principal, namespace) =
            (Role::Signatory.principal(&self.id.supplier), namespace(Namespace::Certification));
        format!("ssh-keygen -Y verify -f allowed_signers -I {principal} -n {namespace} -s document.sig < document.json")
    }
}

/// Why a page about a certification cannot be shown, for pages that then ask again.
pub fn can_be_asked_again(error: &RegistryError) -> bool {
    matches!(error.kind, ErrorKind::Unreadable | ErrorKind::Invalid) || error.code == "nothing-in-force"
}
