//! What is published in the registries that get falsified.

use certreg::{
    domain::{ChangeKind, Commitment, Digest, Draft, Source, Supplier},
    format::{profile, v1},
    registry::publish::VersionSubmission,
    signing::{Namespace, Role},
};

use super::Copy;
use crate::common::fixture::{DEPARTMENT, Fixture, OFFICIAL, SIGNATORY, certification, record, signatory, supplier};

pub const CLOUD: &str = "example-learning/example-cloud";
pub const CLOUD_JSON: &str = "suppliers/ex/example-learning/example-cloud.json";
pub const LIBRARY: &str = "example-learning/example-library";
pub const RING: &str = "suppliers/ex/example-learning/allowed_signers";
pub const LIBRARY_JSON: &str = "suppliers/ex/example-learning/example-library.json";
pub const RECORD: &str = "suppliers/ex/example-learning/supplier.json";
pub const OTHER_RING: &str = "suppliers/ex/example-other/allowed_signers";
pub const EDITION: &str = "editions/dfe-2016-dpa.json";

/// Three versions of one service, the last two on both sides of a midnight in summer, and a transcription of another.
pub fn published() -> Fixture {
    let fixture = Fixture::new();
    fixture.at("2024-01-10T10:00:00Z").publish(&fixture.draft(CLOUD));
    for (at, name) in [("2024-07-01T22:59:59Z", "Two"), ("2024-07-01T23:00:00Z", "Three")] {
        let mut next = fixture.at(at).next(CLOUD);
        next.service_name = format!("Example Cloud {name}");
        fixture.publish(&next);
    }
    transcribe(&fixture, &transcription(&fixture, LIBRARY));
    fixture
}

pub fn transcription(fixture: &Fixture, id: &str) -> Draft {
    let mut draft = fixture.draft(id);
    draft.change.kind = ChangeKind::Transcription;
    (draft.completed_on, draft.signatory, draft.official, draft.contact) = (None, None, None, None);
    let sha256 = Digest::of(b"the form");
    draft.source = Some(Source { sha256, title: "Published statement".into() });
    draft
}

pub fn transcribe(fixture: &Fixture, draft: &Draft) {
    let document = profile::print(&v1::certification::write(draft));
    let signature = Some(fixture.sign(DEPARTMENT, Namespace::Transcription, &document));
    let submission = VersionSubmission { document, signature, ..VersionSubmission::default() };
    fixture.registry.publish(&draft.certification_id(), submission).expect("transcribed");
}

/// A further version signed by whoever has these keys.
pub fn next_version(copy: &Copy, alter: impl Fn(String) -> String) -> String {
    let text = copy.text("main", CLOUD_JSON);
    let previous = Digest::of(text.as_bytes());
    let old_previous = text.lines().find(|line| line.starts_with("  \"previous\": ")).unwrap();
    let text = text.replace(old_previous, &format!("  \"previous\": \"{previous}\","));
    alter(text.replace("\n  \"version\": 3\n", "\n  \"version\": 4\n"))
}

pub fn write_version(copy: &Copy, text: &str) {
    copy.write_signed(CLOUD_JSON, text, SIGNATORY, Namespace::Certification);
    let countersignature = copy.sign(OFFICIAL, Namespace::Countersignature, text);
    copy.write(&format!("{CLOUD_JSON}.countersig"), countersignature);
}

/// A registry in which `example-learning` is one person by its first record, or (`false`) is two people.
pub fn with_first_record(single: bool) -> Fixture {
    let fixture = Fixture::without_suppliers();
    fixture.register("example-learning", "Example Learning Ltd", single);
    let keys = [(Role::Signatory, SIGNATORY), (Role::Official, OFFICIAL)];
    fixture.enrol("example-learning", &keys);
    fixture
}

pub fn publish_alone(fixture: &Fixture) {
    let mut draft = fixture.draft(CLOUD);
    draft.official = None;
    draft.commitments.remove(&Commitment::IndependentlyVerified);
    let people = vec![record(&signatory())];
    let alone = VersionSubmission { countersignature: None, people, ..fixture.submission(&draft) };
    fixture.registry.publish(&certification(CLOUD), alone).expect("accepted");
}

/// The Department's next word on the supplier.
pub fn say_next(fixture: &Fixture, single: bool) {
    let row = fixture.registry.supplier(&supplier("example-learning")).unwrap();
    let next = Supplier {
        registry: fixture.id.clone(),
        supplier: supplier("example-learning"),
        version: row.version + 1,
        previous: Some(row.digest),
        names: vec!["Example Learning Ltd".into()],
        company_number: None,
        website: None,
        single_signatory: single,
    };
    let file = fixture.signed_by_department(Namespace::Keys, &profile::print(&v1::supplier::write(&next)));
    fixture.registry.put_supplier(&next.supplier, file).expect("accepted");
}
