//! A named person, kept outside Git so that they can be forgotten.

/// A person record: what a document's `person` digest stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The person's own address, if it is to be known.
    pub email: Option<String>,
    /// Full name.
    pub name: String,
    /// 64 lowercase hex digits: without it, a digest could be guessed from a list of names.
    pub salt: String,
    /// The person's own number, if it is to be known.
    pub telephone: Option<String>,
}

impl Person {
    /// Whether two records could be one person: the same name or the same e-mail address, ignoring case and white
    /// space.
    pub fn may_be(&self, other: &Person) -> bool {
        let same = |a: &str, b: &str| folded(a) == folded(b);
        let same_email = matches!((&self.email, &other.email), (Some(a), Some(b)) if same(a, b));
        same(&self.name, &other.name) || same_email
    }
}

/// Case folding as far as names need it: upper case first, so that ß and SS meet; white space collapsed.
fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(|word| word.to_uppercase().to_lowercase()).collect();
    words.join(" ")
}

/// Names stay out of logs: only the salt's first digits are shown.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({}…)", self.salt.get(..8).unwrap_or_default())
    }
}
