//! Floor 0: what the words of the scheme mean. No IO, no clock, no bytes.
//!
//! Knows ids, days, editions, responses, certifications and their rules. Leaves the written form to
//! [`crate::format`], signatures to [`crate::signing`], and everything that moves to the floors above.
//!
//! Reading order: [`ids`], [`time`], [`digest`], [`fault`], [`edition`], [`response`], [`certification`],
//! [`person`], [`supplier`], [`key_request`], [`version`], [`watchlist`], [`settings`], [`case`],
//! [`mod@standing`].

pub mod case;
pub mod certification;
pub mod digest;
pub mod edition;
pub mod fault;
pub mod ids;
pub mod key_request;
pub mod person;
pub mod response;
pub mod settings;
pub mod standing;
pub mod supplier;
pub mod time;
pub mod version;
pub mod watchlist;

pub use case::CaseStatement;
pub use certification::{
    Certification, Change, ChangeKind, Contact, Correction, Draft, EditionRef, Predecessor, Signer, Source,
};
pub use digest::Digest;
pub use edition::Edition;
pub use fault::{Fault, Faults};
pub use ids::{AnswerId, CertificationId, EditionId, QuestionId, RegistryId, ServiceId, SupplierId, SupportAreaId};
pub use key_request::KeyRequest;
pub use person::Person;
pub use response::{Code, Commitment, Evidence, Response, SupportContact, SupportStatement};
pub use settings::{Freshness, RegistrySettings};
pub use standing::{Standing, standing};
pub use supplier::Supplier;
pub use time::{Day, Instant};
pub use version::{PromptnessFacts, Publication, Version};
pub use watchlist::{ListEntry, WatchItem};
