//! What certification and version pages share: the whole statement in the site's own frame.

use std::collections::HashMap;

use super::address;
use crate::{
    domain::{AnswerId, standing::Condition},
    index::AnswerRow,
    registry::{Registry, Result, read::VersionContent},
    statement::{Facts, Row, StatementView},
};

/// A statement with what the page adds to each answer.
pub struct Shown {
    /// The statement itself.
    pub view: StatementView,
    /// Since when each answer stands; empty where the version is not the current one.
    ages: HashMap<AnswerId, Age>,
    /// The supplier's mailbox for questions.
    mailbox: Option<String>,
    permanent: String,
    /// What case statements say beside single answers.
    conditions: Vec<Condition>,
}

/// Since when an answer stands unchanged.
pub struct Age {
    /// For example `Stands unchanged since version 2 (4 May 2018)`.
    pub words: String,
}

impl Shown {
    /// Lays out a version. With `is_current`, each answer says since when it stands.
    pub fn new(registry: &Registry, version: &VersionContent, is_current: bool) -> Result<Shown> {
        let publication = &version.row.publication;
        let id = publication.certification.clone();
        let settings = registry.settings();
        let permanent = format!("https://{}{}", settings.registry, address::version(&id, publication.version));
        let facts = Facts {
            address: Some(permanent.clone()),
            simulated_dates: settings.simulated_dates,
            ..Facts::of(publication)
        };
        let ages = if is_current { ages(registry.index().answers(&id)?, publication.version) } else { HashMap::new() };
        Ok(Shown {
            view: StatementView::new(&version.content, &version.edition, &facts, None),
            ages,
            mailbox: version.content.contact.as_ref().and_then(|contact| contact.email.clone()),
            conditions: registry.case_standing(&id, registry.present()?)?.conditions(),
            permanent,
        })
    }

    /// Since when this answer stands.
    pub fn age<I: Copy + Into<AnswerId>>(&self, answer: &I) -> Option<&Age> {
        self.ages.get(&(*answer).into())
    }

    /// What stands beside one answer now: asked about, clarified, verified or not.
    pub fn beside<I: Copy + Into<AnswerId>>(&self, answer: &I) -> Vec<&str> {
        let answer = (*answer).into();
        let about = self.conditions.iter().filter(|condition| condition.questions.contains(&answer));
        about.map(|condition| condition.sentence.as_str()).collect()
    }

    /// Everything that stands beside the statement now, the gravest first.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// A row of the version's record, for example `Published here`.
    pub fn recorded(&self, label: &str) -> Option<&Row> {
        self.view.record.iter().find(|row| row.label == label)
    }

    /// A prepared e-mail to the supplier about one answer, with the version's permanent address.
    pub fn question_to_supplier(&self, answer: &AnswerId, label: &str) -> Option<String> {
        let mailbox = self.mailbox.as_deref()?;
        let subject = format!("{label} of your self-certification of {}", self.view.service_name);
        let body = format!(
            "We are reading your answer to {label} in version {} of your self-certification:\n{}#{}\n\nOur question:\n",
            self.view.version, self.permanent, answer
        );
        Some(format!("mailto:{}?subject={}&body={}", escaped(mailbox), escaped(&subject), escaped(&body)))
    }
}

fn ages(rows: Vec<AnswerRow>, current: u32) -> HashMap<AnswerId, Age> {
    let age = |row: AnswerRow| {
        let day = row.since_at.day_in_london().in_words();
        let words = match row.since_version {
            version if version == current && current > 1 => format!("Changed in this version ({day})"),
            version => format!("Stands unchanged since version {version} ({day})"),
        };
        (row.answer, Age { words })
    };
    rows.into_iter().map(age).collect()
}

/// `text` as a part of a `mailto:` address (RFC 6068: line ends are CR LF).
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@');
    let written = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.replace('\n', "\r\n").bytes().map(written).collect()
}
