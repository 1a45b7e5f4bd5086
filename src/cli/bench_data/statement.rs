//! What the made-up suppliers say: the words of two published forms, under made-up names.

use crate::{
    cli::{
        editions,
        error::{CliError, CliResult},
    },
    domain::{
        CertificationId, Change, ChangeKind, Code, Commitment, Contact, Day, Digest, Draft, EditionRef, Person,
        RegistryId, Response, Signer, Source, SupplierId, SupportContact, SupportStatement,
    },
    format::v1,
    import,
};

/// Two published forms.
const FORMS: [&str; 2] =
    [include_str!("../../../seeds/000_5f7981f69bd28955.txt"), include_str!("../../../seeds/004_64dfb80629537511.txt")];

/// Names that the forms mention, longest first; here nobody says these things but a made-up supplier.
const REAL_NAMES: [&str; 9] = [
    "Nexus Software Platforms Ltd",
    "Planet Enterprises Ltd",
    "Planet eStream Cloud",
    "Nexus Software Platforms",
    "Planet Enterprises",
    "Planet eStream",
    "Parent Hub's",
    "Parent Hub",
    "Nexus",
];

/// The forms as drafts, to be given names.
///
/// # Errors
/// Only if the forms cannot be read, which would be a fault of the program.
pub(super) fn texts() -> CliResult<Vec<Draft>> {
    let known = editions::built_in();
    let editions: Vec<_> = known.iter().map(|known| &known.edition).collect();
    let one = |form: &&str| {
        let found = import::statement(form, &editions).found;
        let edition = known.iter().find(|known| Some(&known.edition.id) == found.edition.as_ref())?;
        let edition = EditionRef { digest: edition.digest, id: edition.edition.id.clone() };
        let source = Source { sha256: Digest::of(form.as_bytes()), title: "A published form".to_owned() };
        let (registry, supplier, service) = ("a.example".parse().ok()?, "ab".parse().ok()?, "ab".parse().ok()?);
        Some(found.into_draft(registry, supplier, service, edition, source).0)
    };
    let texts: Option<Vec<Draft>> = FORMS.iter().map(one).collect();
    texts.ok_or_else(|| CliError::no("the built-in forms cannot be read"))
}

/// For example `Made-up Supplier 00012 Ltd`.
pub(super) fn supplier_name(supplier: &SupplierId) -> String {
    format!("Made-up {} Ltd", supplier.as_str().replace('-', " "))
}

/// The first version that a made-up supplier signs.
pub(super) fn first(text: &Draft, registry: &RegistryId, id: CertificationId, people: [Person; 2]) -> Draft {
    let [signatory, official] = people.map(|person| v1::person::digest(&person));
    let title = |title: &str| Some(title.to_owned());
    let responses = text.responses.iter().map(|(id, response)| {
        let statement = renamed(&response.statement);
        (*id, Response { code: Some(Code::Green), statement, evidence: Vec::new() })
    });
    let contact = SupportContact {
        email: Some("support@made-up.example".to_owned()),
        hours: None,
        telephone: Some("01632 960001".to_owned()),
    };
    let known = editions::by_id(&text.edition.id);
    let areas = known.iter().flat_map(|known| known.edition.support_areas.iter().map(|area| area.id));
    let support = areas.map(|id| {
        let statement = text.support.get(&id).map(|support| renamed(&support.statement)).unwrap_or_default();
        let statement = if statement.is_empty() { vec!["We help by telephone.".to_owned()] } else { statement };
        (id, SupportStatement { contacts: vec![contact.clone()], statement })
    });
    Draft {
        change: Change::of_kind(ChangeKind::Initial),
        commitments: Commitment::ALL.into_iter().collect(),
        completed_on: None,
        contact: Some(Contact {
            address: Vec::new(),
            email: contact.email.clone(),
            person: None,
            telephone: contact.telephone.clone(),
        }),
        edition: text.edition.clone(),
        official: Some(Signer { person: official, title: title("Director") }),
        previous: None,
        registry: registry.clone(),
        responses: responses.collect(),
        service_name: format!("Made-up {}", id.service.as_str().replace('-', " ")),
        service_url: None,
        signatory: Some(Signer { person: signatory, title: title("Data Protection Lead") }),
        source: None,
        supplier_name: supplier_name(&id.supplier),
        support: support.collect(),
        supplier: id.supplier,
        service: id.service,
        version: 1,
    }
}

fn renamed(paragraphs: &[String]) -> Vec<String> {
    let paragraph =
        |text: &String| REAL_NAMES.iter().fold(text.clone(), |text, name| text.replace(name, "the supplier"));
    let paragraphs: Vec<String> = paragraphs.iter().map(paragraph).collect();
    if paragraphs.is_empty() { vec!["Yes.".to_owned()] } else { paragraphs }
}

/// Makes `draft` the version with this number: one answer changes its figure, now and then its colour.
pub(super) fn change(draft: &mut Draft, version: u32, previous: Option<Digest>, today: Day, place: usize) {
    draft.version = version;
    draft.previous = previous;
    draft.completed_on = Some(today);
    if version == 1 {
        return;
    }
    draft.change = Change::of_kind(ChangeKind::Update);
    draft.change.service_changed_on = Some(today.plus_days(-(place as i64 % 40)));
    draft.change.summary = vec![format!("Round {version} of changes.")];
    let count = draft.responses.len().max(1);
    let chosen = (place + version as usize * 7) % count;
    if let Some(response) = draft.responses.values_mut().nth(chosen) {
        response.statement.truncate(20);
        response.statement.push(format!("Since version {version} within {} days.", 10 + version));
        let lower = (place + version as usize).is_multiple_of(5);
        response.code = Some(if lower { Code::Amber } else { Code::Green });
    }
}
