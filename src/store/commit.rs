//! Commits as text: the headers tree, parent, author, committer and gpgsig, in this order, and nothing else.

use super::{ObjectId, StoreError};
use crate::domain::time::Instant;

const MAX_MESSAGE_BYTES: usize = 65_536;
const ARMOUR: (&str, &str) = ("-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----");

/// A commit as the registry writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommitText {
    pub(super) tree: ObjectId,
    pub(super) parent: Option<ObjectId>,
    /// Author and committer in one: `certreg <registry@R>`.
    pub(super) committer: String,
    pub(super) time: Instant,
    /// Ends in one line feed.
    pub(super) message: String,
}

impl CommitText {
    /// The bytes that get signed: the commit without its signature, as `git verify-commit` takes it apart.
    pub(super) fn to_unsigned(&self) -> String {
        format!("{}\n{}", self.headers(), self.message)
    }

    /// The commit object's bytes, with `signature` in the header `gpgsig`.
    pub(super) fn to_signed(&self, signature: &str) -> Result<Vec<u8>, StoreError> {
        let signature = signature.trim_end();
        let lines_are_plain = signature
            .split('\n')
            .all(|line| !line.is_empty() && line.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
        if !signature.starts_with(ARMOUR.0) || !signature.ends_with(ARMOUR.1) || !lines_are_plain {
            return Err(StoreError::Signature);
        }
        let folded = signature.replace('\n', "\n ");
        Ok(format!("{}gpgsig {folded}\n\n{}", self.headers(), self.message).into_bytes())
    }

    fn headers(&self) -> String {
        let parent = self.parent.map(|id| format!("parent {id}\n")).unwrap_or_default();
        let who = format!("{} {} +0000", self.committer, self.time.unix_seconds());
        format!("tree {}\n{parent}author {who}\ncommitter {who}\n", self.tree)
    }
}

/// A commit as it was read: what was signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedCommit {
    pub(super) text: CommitText,
    /// The armoured SSH signature over [`CommitText::to_unsigned`], without a final line feed.
    pub(super) signature: String,
}

impl SignedCommit {
    /// Reads a commit object's bytes; the text of the error says what is not of the registry's shape.
    pub(super) fn parse(bytes: &[u8]) -> Result<SignedCommit, String> {
        let text = str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let (headers, message) = text.split_once("\n\n").ok_or("it has no message")?;
        let mut lines = headers.split('\n').peekable();
        let tree = header(lines.next(), "tree ")?.parse().map_err(|_| "its tree is not an id".to_owned())?;
        let parent = lines.next_if(|line| line.starts_with("parent ")).map(|line| line["parent ".len()..].parse());
        let parent = parent.transpose().map_err(|_| "its parent is not an id".to_owned())?;
        if lines.peek().is_some_and(|line| line.starts_with("parent ")) {
            return Err("it is a merge".to_owned());
        }
        header(lines.next(), "author ")?;
        let (committer, time) = parse_who(header(lines.next(), "committer ")?)?;
        let mut signature = header(lines.next(), "gpgsig ")?.to_owned();
        for line in lines {
            let line = line.strip_prefix(' ').ok_or("it has a header that the registry does not write")?;
            signature.push('\n');
            signature.push_str(line);
        }
        let commit = CommitText { tree, parent, committer, time, message: message.to_owned() };
        // Whatever was not looked at above (an author of its own, odd spaces) shows here.
        match commit.to_signed(&signature) {
            Ok(rebuilt) if rebuilt == bytes => Ok(SignedCommit { text: commit, signature }),
            _ => Err("it is not written as the registry writes commits".to_owned()),
        }
    }
}

fn header<'a>(line: Option<&'a str>, name: &str) -> Result<&'a str, String> {
    line.and_then(|line| line.strip_prefix(name)).ok_or_else(|| format!("it lacks the header '{}'", name.trim()))
}

fn parse_who(who: &str) -> Result<(String, Instant), String> {
    let stamp = who.strip_suffix(" +0000").ok_or("its time is not in UTC")?;
    let (committer, seconds) = stamp.rsplit_once(' ').ok_or("it has no time")?;
    let digits = seconds.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = seconds.parse().ok().filter(|_| digits).ok_or("its time is not a number")?;
    let time = Instant::from_unix_seconds(seconds).map_err(|_| "its time is beyond the year 9999")?;
    Ok((committer.to_owned(), time))
}

/// Checks a message and gives it its one final line feed.
pub(super) fn checked_message(message: &str) -> Result<String, StoreError> {
    let message = message.trim_end();
    let plain = message.chars().all(|c| c == '\n' || !c.is_control());
    if message.is_empty() || message.starts_with('\n') || message.len() >= MAX_MESSAGE_BYTES || !plain {
        return Err(StoreError::Message);
    }
    Ok(format!("{message}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "-----BEGIN SSH SIGNATURE-----\nAAAA\nBBBB\n-----END SSH SIGNATURE-----\n";

    fn example(parent: Option<ObjectId>) -> CommitText {
        CommitText {
            tree: "4b825dc642cb6eb9a060e54bf8d69288fbee4904".parse().expect("an id"),
            parent,
            committer: "certreg <registry@certreg.example>".to_owned(),
            time: "2026-11-02T09:30:05Z".parse().expect("an instant"),
            message: checked_message("Publish a/b version 1\n\nBody").expect("plain"),
        }
    }

    #[test]
    fn reads_back_what_it_writes() {
        for parent in [None, Some(ObjectId::from_bytes([0x1f; 20]))] {
            let commit = example(parent);
            let bytes = commit.to_signed(SIGNATURE).expect("an armoured signature");
            let signature = SIGNATURE.trim_end().to_owned();
            assert_eq!(SignedCommit::parse(&bytes), Ok(SignedCommit { text: commit, signature }));
        }
    }

    #[test]
    fn refuses_what_is_not_a_signature() {
        for text in [
            "",
            "-----BEGIN SSH SIGNATURE-----",
            "-----BEGIN PGP SIGNATURE-----\nA\n-----END PGP SIGNATURE-----",
            "-----BEGIN SSH SIGNATURE-----\nA\n\nB\n-----END SSH SIGNATURE-----",
            "-----BEGIN SSH SIGNATURE-----\nA\r\n-----END SSH SIGNATURE-----",
        ] {
            assert!(matches!(example(None).to_signed(text), Err(StoreError::Signature)), "{text}");
        }
    }

    #[test]
    fn refuses_commits_of_another_shape() {
        let id = ObjectId::from_bytes([0x1f; 20]);
        let bytes = example(Some(id)).to_signed(SIGNATURE).expect("an armoured signature");
        let text = String::from_utf8(bytes).expect("text");
        for (from, to, reason) in [
            ("author", &format!("parent {id}\nauthor")[..], "a merge"),
            ("author certreg", "author other", "not written"),
            ("author certreg ", "author  certreg ", "not written"),
            (" +0000", " +0100", "UTC"),
            (" 1793611805", " 1793611805x", "number"),
            ("gpgsig", "encoding latin1\ngpgsig", "gpgsig"),
            ("\n\n", "\nmergetag x\n\n", "header"),
            ("tree ", "tre ", "tree"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            let error = SignedCommit::parse(changed.as_bytes()).expect_err(reason);
            assert!(error.contains(reason), "{error} for {from}");
        }
    }

    #[test]
    fn refuses_messages_that_git_would_stumble_over() {
        for message in ["", "\n", "\nbody", "a\0b", "a\rb", "a\x1b[31m", &"a".repeat(70_000)] {
            assert!(matches!(checked_message(message), Err(StoreError::Message)), "{message:?}");
        }
        assert_eq!(checked_message("Add\n\n\n").expect("plain"), "Add\n");
    }
}
