//! What stood, as far as a pack shows it: versions with the instants from and to which they stood.

use serde_json::{Value, json};

use super::{History, entries::Entries};
use crate::{
    domain::{
        Instant,
        standing::{self, VersionFact},
    },
    evidence::{Asked, Question},
    format::v1,
};

/// A version that is part of the answer.
pub(super) struct Stood {
    pub version: u32,
    pub from: Instant,
    /// When the next one came; none while it is the newest.
    pub until: Option<Instant>,
    digest: String,
}

/// The answer to the pack's question.
pub(super) struct Outcome {
    pub stood: Vec<Stood>,
    /// The withdrawal that stood on the day asked about, or at the end where a version was asked for.
    pub withdrawn: Option<String>,
    /// What the case statements added up to, on the day asked about and when the pack was made.
    pub conditions: Vec<String>,
}

impl Outcome {
    /// Works out the answer; what the pack does not show is told in `findings`.
    pub(super) fn of(entries: &Entries, history: &History, question: &Question, findings: &mut Vec<String>) -> Outcome {
        let id = &question.certification;
        let mut facts = Vec::new();
        let mut all: Vec<Stood> = Vec::new();
        let mut newest_is_current = false;
        for (bytes, from, sequence) in entries.documents(id) {
            let Ok(stored) = v1::stored(bytes, v1::certification::read) else { continue };
            let draft = stored.value;
            if let Some(before) = all.last_mut() {
                before.until = Some(from);
            }
            all.push(Stood { version: draft.version, from, until: None, digest: stored.digest.to_string() });
            facts.push(VersionFact { version: draft.version, sequence, published_at: from, kind: draft.change.kind });
            newest_is_current = entries.is_current(id, bytes);
        }
        let asked = question.asked;
        if let Asked::On(day) = asked
            && all.first().is_some_and(|first| first.version > 1 && first.from > day.starts_at())
        {
            findings.push("the version before the first one was left out, though it stood on that day".to_owned());
        }
        if let (Asked::On(day), Some(known)) = (asked, entries.known_until())
            && entries.is_witnessed()
            && known < day.starts_at()
        {
            findings.push(format!("this pack knows the log until {known}: it says nothing about {day}"));
        }
        let stood: Vec<Stood> = all.into_iter().filter(|stood| is_answer(stood, asked)).collect();
        match stood.last() {
            None => findings.push("no version in this pack answers its question".to_owned()),
            Some(last) if last.until.is_none() && !newest_is_current => {
                findings.push("the version that replaced the last one was left out".to_owned());
            }
            Some(_) => {}
        }
        let folder = (id.supplier.clone(), Some(id.service.clone()));
        let statements = history.cases.get(&folder).map(Vec::as_slice).unwrap_or_default();
        let known = standing::History { versions: &facts, statements, counterparts: &[] };
        let at = entries.known_until().unwrap_or(question.made_at);
        let now = standing::standing(known, at);
        let mut conditions: Vec<String> = Vec::new();
        let mut withdrawn = now.withdrawal_in_words();
        if let Asked::On(day) = asked {
            let then = standing::standing(known, day.ends_at().min(at));
            conditions.extend(then.conditions().iter().map(|told| format!("that day: {}", told.sentence)));
            withdrawn = then.withdrawal_in_words();
        }
        conditions.extend(now.conditions().iter().map(|told| format!("when the pack was made: {}", told.sentence)));
        Outcome { stood, withdrawn, conditions }
    }
}

fn is_answer(stood: &Stood, asked: Asked) -> bool {
    match asked {
        Asked::Version(version) => stood.version == version,
        Asked::On(day) => {
            stood.from < day.next().starts_at() && stood.until.is_none_or(|until| until > day.starts_at())
        }
    }
}

impl Stood {
    pub(super) fn as_json(&self) -> Value {
        let mut value = json!({"version": self.version, "from": self.from.to_string(), "digest": self.digest});
        if let Some(until) = self.until {
            value["until"] = json!(until.to_string());
        }
        value
    }
}
