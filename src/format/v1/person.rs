//! A person record: what a document's `person` digest stands for. Never in Git.

use crate::{
    domain::{Digest, Faults, Person},
    format::{
        Node,
        fields::{Object, read_document},
        profile,
    },
};

/// Reads a person record.
///
/// # Errors
/// Every fault of shape; `salt` must be 64 lowercase hex digits.
pub fn read(node: Node) -> Result<Person, Faults> {
    read_document(node, |r| {
        let (email, telephone) = (r.text("email"), r.text("telephone"));
        let (name, salt) = (r.required_text("name"), r.required_text("salt"));
        if salt.as_ref().is_some_and(|salt| Digest::from_hex(salt).is_err()) {
            r.fault("salt", "bad-salt", "'salt' is 64 lowercase hex digits, chosen at random for this record.");
        }
        Some(Person { email, name: name?, salt: salt?, telephone })
    })
}

/// Writes a person record.
pub fn write(person: &Person) -> Node {
    Object::new()
        .optional("email", person.email.as_ref())
        .text("name", &person.name)
        .text("salt", &person.salt)
        .optional("telephone", person.telephone.as_ref())
        .build()
}

/// The digest by which documents name this person: SHA-256 of the canonical record, final LF included.
pub fn digest(person: &Person) -> Digest {
    Digest::of(&profile::print(&write(person)))
}
