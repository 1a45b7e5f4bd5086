//! Trust policies: which log is meant, and whose cosignatures are asked for (c2sp.org/tlog-policy).
//!
//! ```text
//! log certreg.example/log+1c0ffee5+AQ…
//! witness school-office school.example/w1+… https://school.example/witness
//! witness journalist press.example/w+…
//! group outsiders 1 school-office journalist
//! quorum outsiders
//! ```
//!
//! Stricter than the specification in two points, so that there is one reading: the file is UTF-8, and ends with a
//! line feed.

use std::collections::BTreeMap;

use super::{CheckpointError, NoteKeyError, SignatureType, SignedCheckpoint, VerifierKey, decimal};

/// As many logs, witnesses and groups as a policy may have, each; the specification asks for at least 32.
const MAX_OF_EACH: usize = 64;
/// The name that stands for no quorum.
const NONE: &str = "none";

/// Which checkpoints to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<String>,
}

/// A log whose checkpoints count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its key; the key's name is the origin.
    pub key: VerifierKey,
    /// Where it is, if the policy says so.
    pub url: Option<String>,
}

/// A witness whose cosignatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its name in this policy.
    pub name: String,
    /// Its key, for cosignatures.
    pub key: VerifierKey,
    /// Where it takes checkpoints, if the policy says so (the submission prefix of c2sp.org/tlog-witness).
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: String,
    threshold: usize,
    members: Vec<String>,
}

/// What a checkpoint that fits a policy has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The log that signed.
    pub log: VerifierKey,
    /// The witnesses that cosigned: name in the policy, and the time they gave, in seconds since 1970.
    pub witnesses: Vec<(String, u64)>,
}

/// A text is no trust policy, or a checkpoint does not fit it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A control character other than tab and line feed, or no line feed at the end.
    #[error("a trust policy is plain text whose last line ends with a line feed")]
    NotText,
    /// A line that says nothing known.
    #[error(
        "line {0} of the trust policy is not 'log KEY [URL]', 'witness NAME KEY [URL]', 'group NAME all|any|K NAME…' or 'quorum NAME'"
    )]
    BadLine(usize),
    /// A key that cannot be read.
    #[error("line {0} of the trust policy: {1}")]
    BadKey(usize, NoteKeyError),
    /// A witness's key for a log, or the other way round.
    #[error(
        "line {0} of the trust policy has a key of the wrong type: type 1 is for logs, type 4 (cosignatures) for witnesses"
    )]
    WrongType(usize),
    /// The same key or name twice.
    #[error("line {0} of the trust policy repeats a key or a name that is there already, or takes the name 'none'")]
    Repeated(usize),
    /// A name that no line above defines.
    #[error("line {0} of the trust policy names '{1}', which no line above it defines")]
    Unknown(usize, String),
    /// A threshold of none, or of more than there are.
    #[error("line {0} of the trust policy asks for {1} of {2} members")]
    BadThreshold(usize, u64, usize),
    /// No quorum line, or two.
    #[error("a trust policy has exactly one line 'quorum NAME' ('quorum none' asks for no witness)")]
    NotOneQuorum,
    /// More than 64 of one kind.
    #[error("a trust policy may have at most 64 logs, 64 witnesses and 64 groups")]
    TooMany,
    /// Another log's checkpoint.
    #[error("the checkpoint is of the log '{0}', which the trust policy does not name")]
    OtherLog(String),
    /// A signature that does not fit, or none by the log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log has not signed.
    #[error("the checkpoint is not signed by its log, only by witnesses")]
    NotSignedByLog,
    /// Too few witnesses.
    #[error(
        "the checkpoint is not cosigned by as many witnesses as the trust policy asks for (quorum '{quorum}'); good cosignatures: {found}"
    )]
    NoQuorum {
        /// The name of the quorum.
        quorum: String,
        /// The witnesses that did, or "none".
        found: String,
    },
}

impl Policy {
    /// A policy of one log, and no witness.
    ///
    /// # Errors
    /// [`PolicyError::WrongType`] when the key is not a log's.
    pub fn of_log(key: VerifierKey) -> Result<Self, PolicyError> {
        if key.signature_type() != SignatureType::Note {
            return Err(PolicyError::WrongType(1));
        }
        Ok(Policy { logs: vec![Log { key, url: None }], witnesses: Vec::new(), groups: Vec::new(), quorum: None })
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError`], by the first line that is wrong; not those about checkpoints.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let allowed = |c: char| matches!(c, '\t' | '\n') || !c.is_ascii_control();
        if !text.ends_with('\n') || !text.chars().all(allowed) {
            return Err(PolicyError::NotText);
        }
        let mut policy = Policy { logs: Vec::new(), witnesses: Vec::new(), groups: Vec::new(), quorum: None };
        let mut quorums = 0;
        for (line, number) in text.split('\n').zip(1..) {
            let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                [] => {}
                [comment, ..] if comment.starts_with('#') => {}
                ["log", key, url @ ..] => policy.add_log(number, key, url)?,
                ["witness", name, key, url @ ..] => policy.add_witness(number, name, key, url)?,
                ["group", name, threshold, members @ ..] => policy.add_group(number, name, threshold, members)?,
                ["quorum", name] => {
                    quorums += 1;
                    policy.quorum = policy.quorum_named(number, name)?;
                }
                _ => return Err(PolicyError::BadLine(number)),
            }
        }
        let most = [policy.logs.len(), policy.witnesses.len(), policy.groups.len()];
        match quorums {
            1 if most.iter().all(|count| *count <= MAX_OF_EACH) => Ok(policy),
            1 => Err(PolicyError::TooMany),
            _ => Err(PolicyError::NotOneQuorum),
        }
    }

    fn add_log(&mut self, line: usize, key: &str, url: &[&str]) -> Result<(), PolicyError> {
        let key = read_key(line, key, SignatureType::Note)?;
        if self.logs.iter().any(|log| log.key.key_bytes() == key.key_bytes()) {
            return Err(PolicyError::Repeated(line));
        }
        self.logs.push(Log { key, url: read_url(line, url)? });
        Ok(())
    }

    fn add_witness(&mut self, line: usize, name: &str, key: &str, url: &[&str]) -> Result<(), PolicyError> {
        let key = read_key(line, key, SignatureType::Cosignature)?;
        let known = self.witnesses.iter().any(|witness| witness.key.key_bytes() == key.key_bytes());
        if known || !self.is_free(name) {
            return Err(PolicyError::Repeated(line));
        }
        self.witnesses.push(Witness { name: name.to_owned(), key, url: read_url(line, url)? });
        Ok(())
    }

    fn add_group(&mut self, line: usize, name: &str, threshold: &str, members: &[&str]) -> Result<(), PolicyError> {
        if !self.is_free(name) {
            return Err(PolicyError::Repeated(line));
        }
        for (i, member) in members.iter().enumerate() {
            if !self.is_defined(member) {
                return Err(PolicyError::Unknown(line, (*member).to_owned()));
            }
            // A member of two groups would count twice towards the quorum; so would one that is named twice here.
            let elsewhere = self.groups.iter().any(|group| group.members.iter().any(|known| known == member));
            if elsewhere || members[..i].contains(member) {
                return Err(PolicyError::Repeated(line));
            }
        }
        let count = members.len();
        let threshold = match threshold {
            "all" => count as u64,
            "any" => 1,
            number => decimal(number).ok_or(PolicyError::BadLine(line))?,
        };
        let within = usize::try_from(threshold).ok().filter(|threshold| (1..=count).contains(threshold));
        let threshold = within.ok_or(PolicyError::BadThreshold(line, threshold, count))?;
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.groups.push(Group { name: name.to_owned(), threshold, members });
        Ok(())
    }

    fn quorum_named(&self, line: usize, name: &str) -> Result<Option<String>, PolicyError> {
        match name {
            NONE => Ok(None),
            _ if self.is_defined(name) => Ok(Some(name.to_owned())),
            _ => Err(PolicyError::Unknown(line, name.to_owned())),
        }
    }

    fn is_defined(&self, name: &str) -> bool {
        let witness = self.witnesses.iter().any(|witness| witness.name == name);
        witness || self.groups.iter().any(|group| group.name == name)
    }

    fn is_free(&self, name: &str) -> bool {
        name != NONE && !self.is_defined(name)
    }

    /// Writes the policy: logs, witnesses, groups, quorum, one space between words, no comments.
    pub fn print(&self) -> String {
        let with_url = |url: &Option<String>| url.as_ref().map_or(String::new(), |url| format!(" {url}"));
        let mut text = String::new();
        for log in &self.logs {
            text += &format!("log {}{}\n", log.key, with_url(&log.url));
        }
        for witness in &self.witnesses {
            text += &format!("witness {} {}{}\n", witness.name, witness.key, with_url(&witness.url));
        }
        for group in &self.groups {
            text += &format!("group {} {} {}\n", group.name, group.threshold, group.members.join(" "));
        }
        text + &format!("quorum {}\n", self.quorum.as_deref().unwrap_or(NONE))
    }

    /// The logs, in the order of the file.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The witnesses, in the order of the file.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The name of the quorum; none when no cosignature is asked for.
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.as_deref()
    }

    /// Whether these witnesses, by their names in the policy, are enough.
    pub fn is_quorum(&self, cosigned: &[&str]) -> bool {
        let Some(quorum) = &self.quorum else { return true };
        let mut witnessed: BTreeMap<&str, bool> = BTreeMap::new();
        for witness in &self.witnesses {
            witnessed.insert(&witness.name, cosigned.contains(&witness.name.as_str()));
        }
        // A group names only what stands above it, so one pass in the order of the file is enough.
        for group in &self.groups {
            let count = group.members.iter().filter(|member| witnessed.get(member.as_str()) == Some(&true)).count();
            witnessed.insert(&group.name, count >= group.threshold);
        }
        witnessed.get(quorum.as_str()) == Some(&true)
    }

    /// Checks a checkpoint: of a log that is named, signed by it, and cosigned as the quorum asks.
    ///
    /// # Errors
    /// [`PolicyError::OtherLog`], [`PolicyError::Checkpoint`] when a known key's signature does not fit,
    /// [`PolicyError::NotSignedByLog`], [`PolicyError::NoQuorum`].
    pub fn check(&self, signed: &SignedCheckpoint) -> Result<Accepted, PolicyError> {
        let accepted = self.examine(signed)?;
        let names: Vec<&str> = accepted.witnesses.iter().map(|(name, _)| name.as_str()).collect();
        if self.is_quorum(&names) {
            return Ok(accepted);
        }
        let found = if names.is_empty() { NONE.to_owned() } else { names.join(", ") };
        Err(PolicyError::NoQuorum { quorum: self.quorum.clone().unwrap_or_default(), found })
    }

    /// Checks the signatures of a checkpoint, and says who cosigned, whether or not they are enough.
    ///
    /// # Errors
    /// As [`Policy::check`], but never [`PolicyError::NoQuorum`].
    pub fn examine(&self, signed: &SignedCheckpoint) -> Result<Accepted, PolicyError> {
        let origin = signed.checkpoint().origin();
        let logs = self.logs.iter().map(|log| &log.key).filter(|key| key.name() == origin);
        let keys: Vec<VerifierKey> = logs.chain(self.witnesses.iter().map(|witness| &witness.key)).cloned().collect();
        if keys.len() == self.witnesses.len() {
            return Err(PolicyError::OtherLog(origin.to_owned()));
        }
        let verified = signed.verify(&keys)?;
        let log = verified.iter().find(|one| one.cosigned_at.is_none()).ok_or(PolicyError::NotSignedByLog)?.key.clone();
        let time = |witness: &Witness| verified.iter().find(|one| one.key == witness.key)?.cosigned_at;
        let cosigned = |witness: &Witness| Some((witness.name.clone(), time(witness)?));
        Ok(Accepted { log, witnesses: self.witnesses.iter().filter_map(cosigned).collect() })
    }
}

fn read_key(line: usize, key: &str, wanted: SignatureType) -> Result<VerifierKey, PolicyError> {
    let key: VerifierKey = key.parse().map_err(|error| PolicyError::BadKey(line, error))?;
    if key.signature_type() == wanted { Ok(key) } else { Err(PolicyError::WrongType(line)) }
}

fn read_url(line: usize, words: &[&str]) -> Result<Option<String>, PolicyError> {
    match words {
        [] => Ok(None),
        [url] => Ok(Some((*url).to_owned())),
        _ => Err(PolicyError::BadLine(line)),
    }
}

#[cfg(test)]
mod tests;
