//! Shows a draft as schools will see it: the whole statement in their own template, and what differs from what stands.

use askama::Template;
use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::{answer, check, work::Work};
use crate::{
    compare::{Change, Comparison, Op, groups, stretches},
    domain::{Digest, Draft, Edition, Faults},
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door},
    statement::{Facts, StatementView},
    web::{
        changes::moved,
        page::{Frame, Keep, failed, html_page},
    },
};

type Form = std::result::Result<Multipart, MultipartRejection>;

/// A page that brings its own style, as the statement does.
const OWN_STYLE: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `POST /suppliers/start/preview`: the statement, with what is still missing marked as such.
pub async fn preview(State(door): State<Door>, form: Form) -> Response {
    match rendered(&door, form, statement).await {
        Ok(html) => {
            let mut response = html_page(StatusCode::OK, Keep::Never, html);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(OWN_STYLE));
            response
        }
        Err(error) => failed(door.registry().settings(), &error),
    }
}

/// `POST /suppliers/start/difference`: what schools will read first.
pub async fn difference(State(door): State<Door>, form: Form) -> Response {
    match rendered(&door, form, changes).await {
        Ok(html) => html_page(StatusCode::OK, Keep::Never, html),
        Err(error) => failed(door.registry().settings(), &error),
    }
}

async fn rendered(door: &Door, form: Form, render: fn(&Registry, &Work) -> Result<String>) -> Result<String> {
    let sent = answer::work(form).await?;
    door.ask(move |registry| render(registry, &Work::read(&sent).map_err(unshowable)?)).await
}

fn unshowable(faults: Faults) -> RegistryError {
    let first = faults.0.first().map(|fault| format!(" ({}: {})", fault.pointer, fault.detail)).unwrap_or_default();
    let detail = format!(
        "Something in the draft can be in no document{first}. Close this page, choose 'Check' in the workbench, and mend what it lists: nothing that you typed there is lost."
    );
    RegistryError::new(ErrorKind::Invalid, "not-showable", detail)
}

fn read(registry: &Registry, work: &Work) -> Result<(Draft, std::sync::Arc<Edition>)> {
    let (draft, _) = work.readable(&registry.settings().registry).map_err(unshowable)?;
    let edition = registry.edition(&draft.edition.id)?;
    Ok((draft, edition))
}

fn statement(registry: &Registry, work: &Work) -> Result<String> {
    let (draft, edition) = read(registry, work)?;
    let name = |digest: Digest| work.person(digest).map(|person| person.name);
    Ok(StatementView::new(&draft, &edition, &Facts::default(), Some(&name)).html())
}

#[derive(Template)]
#[template(path = "web/workbench/difference.html")]
struct Difference {
    frame: Frame,
    service_name: String,
    /// None where nothing is published yet.
    net: Option<Comparison>,
}

impl Difference {
    fn groups<'c>(&self, net: &'c Comparison) -> Vec<(&'static str, Vec<&'c Change>)> {
        groups(net)
    }
}

fn changes(registry: &Registry, work: &Work) -> Result<String> {
    let (draft, edition) = read(registry, work)?;
    let net = check::comparison(registry, &draft.certification_id(), &draft, &edition)?;
    let service_name = crate::web::ask::shown_again(&draft.service_name, 200);
    let frame = Frame::new(registry.settings(), "What schools will see as changed", "").unlisted();
    Difference { frame, service_name, net }.render().map_err(RegistryError::internal)
}
