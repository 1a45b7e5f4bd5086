//! What the index answers about cases: plain values, one struct a question.

use crate::domain::{
    CertificationId, Instant, ServiceId, Standing, SupplierId, standing,
    standing::{Counterpart, History, Stated, VersionFact},
};

/// One case statement with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    /// The statement, when and by whom it was stated.
    pub stated: Stated,
    /// Its exact bytes.
    pub document: String,
    /// The first signature: armoured SSHSIG.
    pub signature: Option<String>,
    /// The official's signature: armoured SSHSIG.
    pub countersignature: Option<String>,
    /// Fingerprint (`SHA256:…`) of the key of the first signature.
    pub signature_key: Option<String>,
    /// Fingerprint of the key of the official's signature.
    pub countersignature_key: Option<String>,
}

/// Where a case statement stands: in a service's folder, or in that of the whole supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFolder {
    /// Whom it concerns.
    pub supplier: SupplierId,
    /// Which service it concerns; none for the whole supplier.
    pub service: Option<ServiceId>,
}

impl From<&CertificationId> for CaseFolder {
    fn from(id: &CertificationId) -> Self {
        CaseFolder { supplier: id.supplier.clone(), service: Some(id.service.clone()) }
    }
}

/// Everything that the standing of a certification depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseHistory {
    /// Its versions, oldest first.
    pub versions: Vec<VersionFact>,
    /// The statements in its folder, oldest first.
    pub statements: Vec<Stated>,
    /// The other sides of its transfers.
    pub counterparts: Vec<Counterpart>,
}

impl CaseHistory {
    /// The standing at `at`.
    pub fn standing(&self, at: Instant) -> Standing {
        let CaseHistory { versions, statements, counterparts } = self;
        standing(History { versions, statements, counterparts }, at)
    }
}

/// How a list of cases is narrowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// About this certification only.
    pub certification: Option<CertificationId>,
    /// Opened by a statement of this type.
    pub kind: Option<String>,
    /// How far they have come.
    pub progress: Option<CaseProgress>,
}

/// How far a case has come, as lists are narrowed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseProgress {
    /// Not closed: also what is answered or overdue.
    Open,
    /// Answered by the supplier, not closed by the Department, and not overdue.
    Answered,
    /// Its day has passed.
    Overdue,
    /// Closed.
    Closed,
}

/// What stands beside a certification, as lists are narrowed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Withdrawn, by whomever.
    Withdrawn,
    /// The Department has asked a question that is not closed.
    Challenged,
    /// The Department requires a verification that has not come.
    VerificationRequired,
    /// An answer or a verification is overdue.
    Overdue,
    /// The supplier has given notice.
    Notice,
    /// The service has ended.
    Ended,
    /// Another certification carries it on.
    Transferred,
}
