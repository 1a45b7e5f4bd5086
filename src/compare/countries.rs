//! Countries named in a text.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use super::tokens::{Token, tokens};

/// Where a country lies, as the scheme's questions on transfers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    /// The United Kingdom and its parts.
    Uk,
    /// A member of the European Economic Area, or that area itself.
    Eea,
    /// Anywhere else.
    Other,
}

/// A country named in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// Which tokens name it.
    pub at: Range<usize>,
    /// Its British name, with its article, as it stands inside a sentence.
    pub name: &'static str,
    /// Where it lies.
    pub region: Region,
}

struct Name {
    words: Vec<&'static str>,
    name: &'static str,
    region: Region,
}

/// Names by their first word, the longest first, so that Northern Ireland is not read as Ireland.
static BY_FIRST_WORD: LazyLock<HashMap<&'static str, Vec<Name>>> = LazyLock::new(|| {
    let mut table: HashMap<&'static str, Vec<Name>> = HashMap::new();
    for line in include_str!("data/countries.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('|');
        let region = match parts.next() {
            Some("uk") => Region::Uk,
            Some("eea") => Region::Eea,
            _ => Region::Other,
        };
        let names: Vec<&str> = parts.collect();
        let Some(&name) = names.first() else { continue };
        for spelling in names.iter().filter(|spelling| !spelling.starts_with("the ")) {
            let words: Vec<&str> = tokens(spelling).iter().map(|token| token.text(spelling)).collect();
            if let Some(&first) = words.first() {
                table.entry(first).or_default().push(Name { words, name, region });
            }
        }
    }
    table.values_mut().for_each(|names| names.sort_by_key(|name| std::cmp::Reverse(name.words.len())));
    table
});

/// The countries that `text` names, in order. Capitals count: `us` is no country.
pub(super) fn named(text: &str, tokens: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match name_at(text, &tokens[at..]) {
            Some(name) => {
                found.push(Named { at: at..at + name.words.len(), name: name.name, region: name.region });
                at += name.words.len();
            }
            None => at += 1,
        }
    }
    found
}

fn name_at(text: &str, ahead: &[Token]) -> Option<&'static Name> {
    let first = ahead[0].text(text);
    if !first.starts_with(char::is_uppercase) {
        return None;
    }
    let fits = |name: &&Name| {
        name.words.len() <= ahead.len() && name.words.iter().zip(ahead).all(|(word, token)| *word == token.text(text))
    };
    // "Germany's" is one word.
    let bare = first.strip_suffix("'s").or_else(|| first.strip_suffix("’s"));
    BY_FIRST_WORD
        .get(first)
        .and_then(|names| names.iter().find(fits))
        .or_else(|| BY_FIRST_WORD.get(bare?).and_then(|names| names.iter().find(|name| name.words.len() == 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_counts_and_small_letters_do_not() {
        let text =
            "Hosted in Northern Ireland, Guinea-Bissau and Germany's south; tell us if sent to the United States.";
        let found: Vec<(&str, Region)> = named(text, &tokens(text)).iter().map(|n| (n.name, n.region)).collect();
        let uk = ("the UK", Region::Uk);
        assert_eq!(found, [uk, ("Guinea-Bissau", Region::Other), ("Germany", Region::Eea), ("the USA", Region::Other)]);
    }
}
