//! `certreg/certification@1`: the document that suppliers sign.

use crate::{
    domain::{
        AnswerId, CertificationId, Change, ChangeKind, Code, Commitment, Contact, Correction, Draft, EditionRef,
        Evidence, Faults, Predecessor, Response, Signer, Source, SupportContact, SupportStatement,
    },
    format::{
        Node,
        fields::{Object, Reader, read_document},
    },
};

/// The value of member `format`.
pub const FORMAT: &str = "certreg/certification@1";

/// Reads a document into a draft.
///
/// # Errors
/// Every fault of shape: unknown or missing members, wrong types, ids and days that cannot be read. The
/// rules of content are [`Draft::check`]'s.
pub fn read(node: Node) -> Result<Draft, Faults> {
    read_document(node, |r| {
        let format = r.format(FORMAT);
        let change = r.required_object("change", read_change);
        let commitments = read_commitments(r);
        let completed_on = r.parsed("completed_on");
        let contact = r.object("contact", read_contact);
        let edition = r.required_object("edition", |e| {
            let (digest, id) = (e.required("digest"), e.required("id"));
            Some(EditionRef { digest: digest?, id: id? })
        });
        let official = r.object("official", read_signer);
        let previous = r.parsed("previous");
        let registry = r.required("registry");
        let responses = if r.has("responses") {
            Some(r.map("responses", read_response))
        } else {
            r.required_object("responses", |_| None)
        };
        let service = r.required("service");
        let service_name = r.required_text("service_name");
        let service_url = r.text("service_url");
        let signatory = r.object("signatory", read_signer);
        let source = r.object("source", |s| {
            let (sha256, title) = (s.required("sha256"), s.required_text("title"));
            Some(Source { sha256: sha256?, title: title? })
        });
        let supplier = r.required("supplier");
        let supplier_name = r.required_text("supplier_name");
        let support = r.map("support", read_support);
        let version = r.required_number("version");
        format?;
        Some(Draft {
            change: change?,
            commitments,
            completed_on,
            contact,
            edition: edition?,
            official,
            previous,
            registry: registry?,
            responses: responses?,
            service: service?,
            service_name: service_name?,
            service_url,
            signatory,
            source,
            supplier: supplier?,
            supplier_name: supplier_name?,
            support,
            version: version?,
        })
    })
}

fn read_commitments(r: &mut Reader<'_>) -> std::collections::BTreeSet<Commitment> {
    let made = r.object("commitments", |c| {
        Some(Commitment::ALL.into_iter().filter(|commitment| c.flag(commitment.as_str())).collect())
    });
    made.unwrap_or_default()
}

fn read_change(r: &mut Reader<'_>) -> Option<Change> {
    let kind = r.required_one_of("kind", ChangeKind::parse, "initial, update, reaffirmation or transcription");
    let corrections = r.objects("corrections", |c| {
        let (question, wrong_since) = (c.required::<AnswerId>("question"), c.required("wrong_since"));
        Some(Correction { question: question?, wrong_since: wrong_since? })
    });
    let change = Change {
        kind: ChangeKind::Update,
        corrections,
        effective_on: r.parsed("effective_on"),
        not_after: r.parsed("not_after"),
        not_before: r.parsed("not_before"),
        predecessor: r.object("predecessor", read_predecessor),
        service_changed_on: r.parsed("service_changed_on"),
        summary: r.texts("summary"),
        wording_only: r.flag("wording_only"),
    };
    Some(Change { kind: kind?, ..change })
}

fn read_predecessor(r: &mut Reader<'_>) -> Option<Predecessor> {
    let (supplier, service) = (r.required("supplier"), r.required("service"));
    let (version, digest) = (r.required_number("version"), r.required("digest"));
    Some(Predecessor { certification: CertificationId::new(supplier?, service?), version: version?, digest: digest? })
}

fn read_contact(r: &mut Reader<'_>) -> Option<Contact> {
    Some(Contact {
        address: r.texts("address"),
        email: r.text("email"),
        person: r.parsed("person"),
        telephone: r.text("telephone"),
    })
}

fn read_signer(r: &mut Reader<'_>) -> Option<Signer> {
    let (person, title) = (r.required("person"), r.text("title"));
    Some(Signer { person: person?, title })
}

fn read_response(r: &mut Reader<'_>) -> Option<Response> {
    Some(Response {
        code: r.one_of("code", Code::parse, "green, amber or black (not_recorded in transcriptions)"),
        statement: r.texts("statement"),
        evidence: r.objects("evidence", |e| {
            let (title, url) = (e.required_text("title"), e.required_text("url"));
            let (sha256, dated_on) = (e.parsed("sha256"), e.parsed("dated_on"));
            Some(Evidence { title: title?, url: url?, sha256, dated_on })
        }),
    })
}

fn read_support(r: &mut Reader<'_>) -> Option<SupportStatement> {
    let contacts = r.objects("contacts", |c| {
        Some(SupportContact { email: c.text("email"), hours: c.text("hours"), telephone: c.text("telephone") })
    });
    Some(SupportStatement { contacts, statement: r.texts("statement") })
}

/// Writes a draft as a document.
pub fn write(draft: &Draft) -> Node {
    let responses = draft.responses.iter().map(|(id, response)| (id.to_string(), write_response(response)));
    let support = draft.support.iter().map(|(id, support)| (id.to_string(), write_support(support)));
    let commitments = draft.commitments.iter().map(|commitment| (commitment.as_str(), Node::True));
    let edition = Object::new().text("digest", draft.edition.digest).text("id", &draft.edition.id);
    let source = draft
        .source
        .iter()
        .fold(Object::new(), |object, source| object.text("sha256", source.sha256).text("title", &source.title));
    let contact = draft.contact.iter().fold(Object::new(), |object, contact| {
        object
            .texts("address", &contact.address)
            .optional("email", contact.email.as_ref())
            .optional("person", contact.person)
            .optional("telephone", contact.telephone.as_ref())
    });
    Object::new()
        .object("change", write_change(&draft.change))
        .object("commitments", commitments.collect())
        .optional("completed_on", draft.completed_on)
        .object("contact", contact)
        .object("edition", edition)
        .text("format", FORMAT)
        .object("official", write_signer(draft.official.as_ref()))
        .optional("previous", draft.previous)
        .text("registry", &draft.registry)
        .object("responses", responses.collect())
        .text("service", &draft.service)
        .text("service_name", &draft.service_name)
        .optional("service_url", draft.service_url.as_ref())
        .object("signatory", write_signer(draft.signatory.as_ref()))
        .object("source", source)
        .text("supplier", &draft.supplier)
        .text("supplier_name", &draft.supplier_name)
        .object("support", support.collect())
        .number("version", draft.version)
        .build()
}

fn write_change(change: &Change) -> Object {
    let corrections = change.corrections.iter().map(|correction| {
        Object::new().text("question", correction.question).text("wrong_since", correction.wrong_since).build()
    });
    let predecessor = change.predecessor.iter().fold(Object::new(), |object, predecessor| {
        object
            .text("digest", predecessor.digest)
            .text("service", &predecessor.certification.service)
            .text("supplier", &predecessor.certification.supplier)
            .number("version", predecessor.version)
    });
    Object::new()
        .array("corrections", corrections.collect())
        .optional("effective_on", change.effective_on)
        .text("kind", change.kind.as_str())
        .optional("not_after", change.not_after)
        .optional("not_before", change.not_before)
        .object("predecessor", predecessor)
        .optional("service_changed_on", change.service_changed_on)
        .texts("summary", &change.summary)
        .flag("wording_only", change.wording_only)
}

fn write_signer(signer: Option<&Signer>) -> Object {
    signer.into_iter().fold(Object::new(), |object, signer| {
        object.text("person", signer.person).optional("title", signer.title.as_ref())
    })
}

fn write_response(response: &Response) -> Node {
    let evidence = response.evidence.iter().map(|evidence| {
        Object::new()
            .optional("dated_on", evidence.dated_on)
            .optional("sha256", evidence.sha256)
            .text("title", &evidence.title)
            .text("url", &evidence.url)
            .build()
    });
    Object::new()
        .optional("code", response.code.map(Code::as_str))
        .array("evidence", evidence.collect())
        .texts("statement", &response.statement)
        .build()
}

fn write_support(support: &SupportStatement) -> Node {
    let contacts = support.contacts.iter().map(|contact| {
        Object::new()
            .optional("email", contact.email.as_ref())
            .optional("hours", contact.hours.as_ref())
            .optional("telephone", contact.telephone.as_ref())
            .build()
    });
    Object::new().array("contacts", contacts.collect()).texts("statement", &support.statement).build()
}
