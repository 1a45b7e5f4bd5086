//! Letters and digits alone, in lower case: what is left when white space, quotes, case and punctuation
//! are ignored, so that damaged text still matches the form's own.

/// The folded characters of a text, and where each stands in it.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub chars: Vec<char>,
    /// Byte at which the source of each character starts.
    starts: Vec<usize>,
    /// Byte after the source of each character.
    ends: Vec<usize>,
    /// Whether a word starts there (after a gap, or an upper-case letter after a lower-case one).
    begins: Vec<bool>,
}

impl Folded {
    /// Folds a text.
    pub fn of(text: &str) -> Self {
        let mut folded = Folded::default();
        let mut before = ' ';
        for (at, c) in text.char_indices() {
            if c.is_alphanumeric() {
                let begins = !before.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase());
                for (i, lower) in c.to_lowercase().enumerate() {
                    folded.chars.push(lower);
                    folded.starts.push(at);
                    folded.ends.push(at + c.len_utf8());
                    folded.begins.push(begins && i == 0);
                }
            }
            before = c;
        }
        folded
    }

    pub fn len(&self) -> usize {
        self.chars.len()
    }

    /// Byte at which the character's source starts; `end` of text beyond the last.
    pub fn start(&self, index: usize, end: usize) -> usize {
        self.starts.get(index).copied().unwrap_or(end)
    }

    /// Byte just after the source of the character before `index`; 0 for the first.
    pub fn end_before(&self, index: usize) -> usize {
        index.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0)
    }

    /// The first character whose source starts at or after this byte.
    pub fn index_from(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start < byte)
    }

    /// Whether a word starts at this character, or the text is over.
    pub fn is_boundary(&self, index: usize) -> bool {
        self.begins.get(index).copied().unwrap_or(true)
    }

    /// Whether `chars` stand from `index` on.
    pub fn has(&self, chars: &[char], index: usize) -> bool {
        self.chars.get(index..).is_some_and(|rest| rest.starts_with(chars))
    }
}

/// A text's folded characters.
pub(super) fn fold(text: &str) -> Vec<char> {
    Folded::of(text).chars
}

/// A text's words, folded.
pub(super) fn words(text: &str) -> Vec<String> {
    let straight: String = text.chars().filter(|c| !matches!(c, '\'' | '’' | '‘')).collect();
    let words = straight.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
