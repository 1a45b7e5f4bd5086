//! What changed: since a reader signed up or last reviewed, or between two versions.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    address,
    ask::{Asked, Named, number, shown_again},
    certification::can_be_asked_again,
    day,
    page::{Frame, Keep, failed, html_page},
};
use crate::{
    compare::{CUT_SHORT, Change, Comparison, Op, SinceReport, groups, stretches},
    domain::{AnswerId, CertificationId, Code, Day, WatchItem, edition::Polarity},
    registry::{Registry, RegistryError, Result, door::Door, read::VersionContent},
    statement::{CodeWords, Facts, StatementView, code_words},
};

/// How the changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Marked,
    Sides,
    All,
}

/// The three ways with their names in addresses and on the page.
const VIEWS: [(View, &str, &str); 3] = [
    (View::Marked, "marked", "Marked up"),
    (View::Sides, "sides", "Before and after"),
    (View::All, "all", "All answers"),
];

#[derive(Template)]
#[template(path = "web/changes.html")]
struct ChangesPage {
    frame: Frame,
    id: CertificationId,
    heading: String,
    then: String,
    now: String,
    assurance: String,
    headline: String,
    net: Comparison,
    /// Changed and changed back; each step: only where the question was "since when".
    report: Option<SinceReport>,
    view: View,
    /// Everything of the address but the view.
    base: String,
    statement: StatementView,
    signed_up: Option<Day>,
}

/// Asks for the day, where it is missing or cannot be read. What was typed is not lost.
#[derive(Template)]
#[template(path = "web/ask-day.html")]
struct AskDay {
    frame: Frame,
    id: CertificationId,
    service_name: String,
    error: Option<String>,
    typed: String,
}

/// `…/changes?since=DAY` (with `reviewed=DAY`), or `?from=N&to=N`.
pub async fn changes(State(door): State<Door>, named: Named, asked: Asked) -> Response {
    let answered = door.ask(move |registry| {
        let id = named.certification()?;
        match page(registry, &id, &asked) {
            Ok(Some(page)) => Ok((StatusCode::OK, page.render().map_err(RegistryError::internal)?)),
            Ok(None) => ask(registry, id, None, ""),
            Err(error) if can_be_asked_again(&error) => {
                ask(registry, id, Some(error.detail), asked.get("since").unwrap_or_default())
            }
            Err(error) => Err(error),
        }
    });
    match answered.await {
        // Which day a school signed up is nobody else's business.
        Ok((status, html)) => html_page(status, Keep::Never, html).into_response(),
        Err(error) => failed(door.registry().settings(), &error),
    }
}

fn ask(registry: &Registry, id: CertificationId, error: Option<String>, typed: &str) -> Result<(StatusCode, String)> {
    let service_name = registry.certification(&id)?.current.service_name;
    let title = format!("What changed since you signed up: {service_name}");
    let frame = Frame::new(registry.settings(), title, format!("/s/{id}/changes"))
        .described(format!("Say when your school signed up to {service_name}, and read what changed since."));
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AskDay { frame, id, service_name, error, typed: shown_again(typed, 60) };
    Ok((status, page.render().map_err(RegistryError::internal)?))
}

fn page(registry: &Registry, id: &CertificationId, asked: &Asked) -> Result<Option<ChangesPage>> {
    let view = asked.get("view").unwrap_or_default();
    let view = VIEWS.iter().find(|(_, slug, _)| *slug == view).map_or(View::Marked, |(view, ..)| *view);
    match (asked.get("since"), asked.get("from")) {
        (Some(since), _) => Ok(Some(since_day(registry, id, since, asked.get("reviewed"), view)?)),
        (None, Some(from)) => Ok(Some(between(registry, id, from, asked.get("to"), view)?)),
        (None, None) => Ok(None),
    }
}

fn since_day(
    registry: &Registry,
    id: &CertificationId,
    since: &str,
    reviewed: Option<&str>,
    view: View,
) -> Result<ChangesPage> {
    let signed_up_on = day::read(since)?;
    let reviewed_on = reviewed.map(day::read).transpose()?;
    let item = WatchItem { certification: id.clone(), signed_up_on, reviewed_on, label: None };
    let found = registry.since(&item)?;
    let what = if reviewed_on.is_some() { "since your last review" } else { "since you signed up" };
    let reviewed = reviewed_on.map(|day| format!("&reviewed={day}")).unwrap_or_default();
    let base = format!("{}{reviewed}", address::since(id, signed_up_on));
    let report = found.report;
    Ok(ChangesPage {
        then: report.baseline_sentence.clone(),
        headline: report.headline.clone(),
        net: report.net.clone(),
        report: Some(report),
        signed_up: Some(signed_up_on),
        ..new_page(registry, id, what, &registry.with_content(found.now)?, view, base)
    }
    .dated())
}

fn between(registry: &Registry, id: &CertificationId, from: &str, to: Option<&str>, view: View) -> Result<ChangesPage> {
    let current = registry.certification(id)?.current.publication.version;
    let numbered = |text: &str| {
        number(text)
            .ok_or_else(|| RegistryError::not_found("version-not-found", "Versions are numbered 1, 2, 3 and so on."))
    };
    let (from, to) = (numbered(from)?, to.map(numbered).transpose()?.unwrap_or(current));
    let net = registry.compare(id, from, to)?;
    let now = registry.with_content(registry.version(id, to)?)?;
    let what = format!("from version {from} to version {to}");
    let page = new_page(registry, id, &what, &now, view, address::between(id, from, to));
    let then = format!("Version {}, {}", net.old.version, net.old.dates);
    Ok(ChangesPage { then, headline: net.headline.clone(), net, ..page }.dated())
}

/// Everything that does not depend on how the older version was found; the comparison is put in by the caller.
fn new_page(
    registry: &Registry,
    id: &CertificationId,
    what: &str,
    now: &VersionContent,
    view: View,
    base: String,
) -> ChangesPage {
    let facts = Facts { published_at: Some(now.row.publication.published_at), ..Facts::default() };
    let statement = StatementView::new(&now.content, &now.edition, &facts, None);
    let title = format!("What changed {what}: {}", statement.service_name);
    let frame = Frame::new(registry.settings(), title, "")
        .described(format!("What {} changed in its statement on {}.", statement.supplier_name, statement.service_name))
        .with_feed(format!("What changes in {}", statement.service_name), format!("{}/feed.atom", address::api(id)))
        .unlisted();
    ChangesPage {
        frame,
        id: id.clone(),
        heading: format!("What changed {what}"),
        then: String::new(),
        now: String::new(),
        assurance: statement.assurance.join(" "),
        headline: String::new(),
        net: empty(now),
        report: None,
        view,
        base,
        statement,
        signed_up: None,
    }
}

/// A version compared with itself: nothing.
fn empty(version: &VersionContent) -> Comparison {
    crate::compare::versions(version.side(), version.side())
}

/// One way to show the changes.
struct Tab {
    address: String,
    words: &'static str,
    here: bool,
}

impl ChangesPage {
    fn dated(self) -> Self {
        ChangesPage { now: format!("Version {}, {}", self.net.new.version, self.net.new.dates), ..self }
    }

    fn tabs(&self) -> Vec<Tab> {
        let tab = |&(view, slug, words): &(View, &str, &'static str)| Tab {
            address: format!("{}&view={slug}", self.base),
            words,
            here: view == self.view,
        };
        VIEWS.iter().map(tab).collect()
    }

    fn shows_all(&self) -> bool {
        self.view == View::All
    }

    fn shows_sides(&self) -> bool {
        self.view == View::Sides
    }

    fn groups(&self) -> Vec<(&'static str, Vec<&Change>)> {
        groups(&self.net)
    }

    /// The changes that come first, for the box at the top.
    fn attention(&self) -> Vec<&Change> {
        self.net.changes.iter().filter(|change| change.importance == crate::compare::Importance::Attention).collect()
    }

    fn change_of<I: Copy + Into<AnswerId>>(&self, id: &I) -> Option<&Change> {
        self.net.change_of((*id).into())
    }

    fn cut_short(&self) -> Option<&'static str> {
        self.net.cut_short.then_some(CUT_SHORT)
    }

    fn versions(&self) -> (u32, u32) {
        (self.net.old.version, self.net.new.version)
    }
}

/// The colours before and after, where they differ.
pub(super) fn moved(change: &Change) -> Option<(CodeWords, CodeWords)> {
    let shown = |code: Option<Code>, words: Option<&'static str>| {
        Some(CodeWords { words: words?, ..code_words(Some(code?), Polarity::Positive) })
    };
    let before = shown(change.before_code, change.before_code_words)?;
    let after = shown(change.after_code, change.after_code_words)?;
    (change.before_code != change.after_code).then_some((before, after))
}
