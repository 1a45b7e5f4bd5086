//! Checks on the text: hints to the supplier and the Department, never a changed code.

use std::cell::OnceCell;

use super::{
    About, ContactField,
    countries::{self, Region},
    legal,
    sentence::{list, stop},
    tokens::{Kind, Token, tokens},
};
use crate::domain::{AnswerId, Code, Draft, Edition, QuestionId};

mod against;
pub use against::{StaleFigure, hints_against, stale_figures};

/// Something in the text that its author may want to look at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Where it is.
    pub about: About,
    /// A slug that programs can rely on, for example `green_but_not_applicable`. The set is open.
    pub code: &'static str,
    /// What was noticed, in a sentence.
    pub sentence: String,
}

/// Every hint on a whole document, in the form's order.
pub fn hints(content: &Draft, edition: &Edition) -> Vec<Hint> {
    let questions = content.responses.keys().map(|id| AnswerId::from(*id));
    let support = content.support.keys().map(|id| AnswerId::from(*id));
    let mut found: Vec<Hint> = questions.chain(support).flat_map(|id| answer_hints(content, edition, id)).collect();
    let contact = content.contact.as_ref().and_then(|contact| contact.telephone.as_deref());
    found.extend(contact.and_then(|number| telephone(About::Contact(ContactField::Telephone), number)));
    found
}

/// Whether the question that a published form printed differs from the edition's, quotes and spaces aside.
pub fn question_differs(edition: &Edition, id: AnswerId, printed: &str) -> Option<Hint> {
    let fold = |text: &str| {
        let plain = |c: char| match c {
            '‘' | '’' => '\'',
            '“' | '”' => '"',
            '–' | '—' | '‑' => '-',
            _ => c,
        };
        text.split_whitespace().map(|word| word.chars().map(plain).collect::<String>()).collect::<Vec<_>>().join(" ")
    };
    let asked = edition.asked(id)?;
    let sentence = || stop(format!("{} is printed in other words than the edition's: '{asked}'", id.label()));
    (fold(asked) != fold(printed)).then(|| Hint {
        about: About::Answer(id),
        code: "question_text_differs",
        sentence: sentence(),
    })
}

/// The hints on one answer. A colour that is not recorded raises none of those that ask for a colour.
pub(super) fn answer_hints(content: &Draft, edition: &Edition, id: AnswerId) -> Vec<Hint> {
    let Some(statement) = content.statement(id) else { return Vec::new() };
    let text = statement.join("\n");
    let look = Look { content, edition, id, small: text.to_lowercase(), text: &text, tokens: OnceCell::new() };
    let mut found = match id {
        AnswerId::Question(question) => look.question(question),
        AnswerId::Support(area) => {
            let contacts = content.support.get(&area).map_or(&[][..], |support| support.contacts.as_slice());
            let numbers = contacts.iter().filter_map(|contact| contact.telephone.as_deref());
            numbers.filter_map(|number| telephone(About::SupportContact(area), number)).collect()
        }
    };
    found.extend(look.evidence_without_link());
    found.extend(look.lapsed_instruments());
    found
}

fn telephone(about: About, number: &str) -> Option<Hint> {
    let digits: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let british = digits.starts_with("+44") || (digits.starts_with('0') && !digits.starts_with("00"));
    let sentence = "The telephone number is not a UK number: give one as dialled from the UK, or with +44.";
    (!british).then(|| Hint { about, code: "telephone_not_uk", sentence: sentence.into() })
}

/// One answer, ready to be looked at.
struct Look<'a> {
    content: &'a Draft,
    edition: &'a Edition,
    id: AnswerId,
    text: &'a str,
    small: String,
    tokens: OnceCell<Vec<Token>>,
}

impl Look<'_> {
    fn hint(&self, code: &'static str, sentence: impl Into<String>) -> Hint {
        Hint { about: About::Answer(self.id), code, sentence: sentence.into() }
    }

    /// The text's tokens, cut when a check first asks for them.
    fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| tokens(self.text))
    }

    fn code_of(&self, id: &str) -> Option<Code> {
        self.content.responses.get(&id.parse::<QuestionId>().ok()?)?.code
    }

    /// Whether this is the question with that number, and the edition still asks about that there.
    fn is(&self, id: &str, asks_about: &str) -> bool {
        let asked = self.edition.asked(self.id).unwrap_or_default();
        self.id.to_string() == id && asked.to_lowercase().contains(asks_about)
    }

    fn first_of(&self, phrases: &[&'static str]) -> Option<&'static str> {
        phrases.iter().find(|phrase| self.small.contains(**phrase)).copied()
    }

    fn question(&self, id: QuestionId) -> Vec<Hint> {
        match self.content.responses.get(&id).and_then(|response| response.code) {
            Some(Code::Green) => [
                self.not_applicable(),
                self.not_encrypted(),
                self.outside_the_eea(),
                self.no_obligation(),
                self.not_available(),
                self.needless_conditions(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Some(Code::Amber) => [self.no_obligation(), self.needless_conditions()].into_iter().flatten().collect(),
            Some(Code::Black) => self.no_reason().into_iter().collect(),
            Some(Code::NotRecorded) | None => Vec::new(),
        }
    }

    fn not_applicable(&self) -> Option<Hint> {
        let says = self.first_of(&["n/a", "not applicable"])?;
        let said = if says == "n/a" { "N/A" } else { says };
        Some(self.hint(
            "green_but_not_applicable",
            format!("GREEN, but the text says '{said}': a question that does not apply is BLACK."),
        ))
    }

    fn no_reason(&self) -> Option<Hint> {
        let words = self.tokens().iter().filter(|token| token.is_word()).count();
        let bare = self.first_of(&["n/a", "not applicable"]).is_some() && words <= 3;
        (words < 3 || bare)
            .then(|| self.hint("black_without_reason", "BLACK without a reason: say why the question does not apply."))
    }

    fn not_encrypted(&self) -> Option<Hint> {
        let says = self.first_of(&["not encrypted", "unencrypted", "not yet encrypted"])?;
        self.is("q5.7", "encrypted")
            .then(|| self.hint("green_but_not_encrypted", format!("GREEN, but the text says '{says}'.")))
    }

    fn outside_the_eea(&self) -> Option<Hint> {
        if !self.is("q8.1", "transfer") {
            return None;
        }
        let mut names: Vec<&str> = Vec::new();
        for country in countries::named(self.text, self.tokens()) {
            if country.region == Region::Other && !names.contains(&country.name) {
                names.push(country.name);
            }
        }
        let sentence = || format!("GREEN, but the text names {}, outside the UK and the EEA.", list(&names));
        (!names.is_empty()).then(|| self.hint("green_but_transfers", sentence()))
    }

    fn no_obligation(&self) -> Option<Hint> {
        const BINDING: [&str; 10] = [
            "binding",
            "obligation",
            "obliged",
            "contract",
            "agreement",
            "terms",
            "undertake",
            "commitment",
            "warrant",
            "covenant",
        ];
        let asks = self.edition.asked(self.id).is_some_and(|asked| asked.contains("legally binding obligation"));
        let sentence = "The question asks for a legally binding obligation; the text mentions none.";
        (asks && self.first_of(&BINDING).is_none()).then(|| self.hint("obligation_not_mentioned", sentence))
    }

    fn not_available(&self) -> Option<Hint> {
        let says = self.first_of(&["not made available", "not available", "not publicly available"])?;
        self.is("q6.6", "available")
            .then(|| self.hint("green_but_not_available", format!("GREEN, but the text says '{says}'.")))
    }

    fn needless_conditions(&self) -> Option<Hint> {
        let needless = self.is("q3.2", "additional commitments") && self.code_of("q3.1") == Some(Code::Green);
        let sentence =
            "Answered with conditions although Q 3.1 is GREEN: if the standard contract complies, this is BLACK.";
        needless.then(|| self.hint("conditions_without_need", sentence))
    }

    fn evidence_without_link(&self) -> Option<Hint> {
        const POINTERS: [&str; 14] = [
            "explained in our",
            "described in our",
            "outlined in our",
            "detailed in our",
            "set out in our",
            "details in our",
            "see our",
            "found in our",
            "can be found",
            "available at",
            "available from our website",
            "click here",
            "following link",
            "link below",
        ];
        let says = self.first_of(&POINTERS)?;
        let linked = self.tokens().iter().any(|token| token.kind == Kind::Url)
            || match self.id {
                AnswerId::Question(question) => {
                    self.content.responses.get(&question).is_some_and(|response| !response.evidence.is_empty())
                }
                AnswerId::Support(_) => false,
            };
        let sentence = || format!("The text points to evidence ('{says}'), but gives no link to it.");
        (!linked).then(|| self.hint("evidence_without_link", sentence()))
    }

    fn lapsed_instruments(&self) -> Vec<Hint> {
        let affected = legal::instruments().iter().filter(|i| i.affects.is_empty() || i.affects.contains(&self.id));
        let named = affected.filter(|instrument| instrument.terms.iter().any(|term| self.text.contains(term)));
        let sentence = |i: &legal::Instrument| format!("Names {}, which ended on {}.", i.name, i.ended_on.in_words());
        named.map(|instrument| self.hint("lapsed_instrument", sentence(instrument))).collect()
    }
}
