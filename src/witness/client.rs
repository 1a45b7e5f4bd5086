//! Asking a witness for its cosignature.

use std::time::Duration;

use crate::{
    domain::Digest,
    log::{AddCheckpoint, Hash, Note, NoteSignature, SignedCheckpoint, VerifierKey},
};

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;
/// How long a witness may take: the registry asks beside the publish path, so nobody waits for this.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A cosignature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The line to add to the checkpoint.
    pub signature: NoteSignature,
    /// The time the witness gives, in seconds since 1970 (UTC).
    pub at: u64,
}

/// A witness did not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// No answer.
    #[error("the witness at {url} cannot be reached: {detail}")]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// What went wrong.
        detail: String,
    },
    /// 409: it remembers another size; ask again with a proof from that one.
    #[error("the witness remembers a tree of size {size}")]
    Stale {
        /// The size it remembers.
        size: u64,
    },
    /// Any other refusal. A 422 is grave: the witness was shown another history.
    #[error("the witness refuses ({status}): {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says, its first line.
        detail: String,
    },
    /// The witness remembers a greater tree than the log has: the log was rolled back, or has a twin.
    #[error("the witness remembers a tree of size {witness}, but the log has {size} leaves only")]
    Ahead {
        /// The size the witness remembers.
        witness: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// The answer holds no good cosignature by the expected key.
    #[error("the answer of the witness at {url} is not its cosignature: {detail}")]
    BadAnswer {
        /// Where it was asked.
        url: String,
        /// What is wrong.
        detail: String,
    },
}

/// Asks the witness at `url` (the submission prefix) for its cosignature; blocks, for at most ten seconds.
///
/// `key` is the witness's own, by the trust policy: an answer by any other is no answer.
///
/// # Errors
/// [`WitnessError`], but never [`WitnessError::Ahead`].
pub fn ask(url: &str, key: &VerifierKey, request: &AddCheckpoint) -> Result<Cosignature, WitnessError> {
    let address = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let sent = agent().post(address).content_type("text/plain; charset=utf-8").send(request.print());
    let (status, text) = read(url, sent)?;
    match status {
        200 => read_cosignature(&text, key, &request.checkpoint)
            .map_err(|detail| WitnessError::BadAnswer { url: url.to_owned(), detail }),
        409 => Err(match text.trim_end().parse() {
            Ok(size) => WitnessError::Stale { size },
            Err(_) => WitnessError::BadAnswer { url: url.to_owned(), detail: "status 409 without a size".to_owned() },
        }),
        _ => Err(WitnessError::Refused { status, detail: first_line(&text) }),
    }
}

/// Asks as [`ask`] does, from the size that the witness is believed to remember, and once more if it remembers another.
///
/// `proof` gives the consistency proof from an older size to that of the checkpoint.
///
/// # Errors
/// [`WitnessError`].
pub fn ask_catching_up(
    url: &str,
    key: &VerifierKey,
    believed_size: u64,
    checkpoint: &SignedCheckpoint,
    proof: &dyn Fn(u64) -> Option<Vec<Hash>>,
) -> Result<Cosignature, WitnessError> {
    let size = checkpoint.checkpoint().size();
    let from = |old_size: u64| {
        let ahead = WitnessError::Ahead { witness: old_size, size };
        let proof = proof(old_size).filter(|_| old_size <= size).ok_or(ahead)?;
        ask(url, key, &AddCheckpoint { old_size, proof, checkpoint: checkpoint.clone() })
    };
    match from(believed_size.min(size)) {
        Err(WitnessError::Stale { size: remembered }) => from(remembered),
        answer => answer,
    }
}

/// Asks the witness at `url` for the newest checkpoint that it has cosigned of the log `origin`; none yet is nothing.
///
/// What it shows is not checked here.
///
/// # Errors
/// [`WitnessError::Unreachable`], [`WitnessError::Refused`].
pub fn newest(url: &str, origin: &str) -> Result<Option<String>, WitnessError> {
    let hash = Digest::of(origin.as_bytes()).hex();
    let asked = agent().get(format!("{}/{hash}/checkpoint", url.trim_end_matches('/'))).call();
    match read(url, asked)? {
        (200, text) => Ok(Some(text)),
        (404, _) => Ok(None),
        (status, text) => Err(WitnessError::Refused { status, detail: first_line(&text) }),
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .user_agent(concat!("certreg/", env!("CARGO_PKG_VERSION")))
        .build();
    config.new_agent()
}

/// Status and text of an answer.
fn read(
    url: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(u16, String), WitnessError> {
    let unreachable = |error: ureq::Error| WitnessError::Unreachable { url: url.to_owned(), detail: error.to_string() };
    let mut answer = answer.map_err(unreachable)?;
    let bytes = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().map_err(unreachable)?;
    Ok((answer.status().as_u16(), String::from_utf8_lossy(&bytes).into_owned()))
}

/// The witness's line in its answer, checked against the checkpoint.
fn read_cosignature(answer: &str, key: &VerifierKey, checkpoint: &SignedCheckpoint) -> Result<Cosignature, String> {
    // As the protocol suggests: put under the checkpoint's text, the answer must be a note that holds.
    let note = Note::parse(&format!("{}\n{answer}", checkpoint.note().text())).map_err(|error| error.to_string())?;
    let verified = note.verify(std::slice::from_ref(key)).map_err(|error| error.to_string())?;
    let at = verified.first().and_then(|one| one.cosigned_at).ok_or("it is no cosignature")?;
    let signature = note.signatures().iter().find(|signature| signature.is_by(key)).ok_or("it is no cosignature")?;
    Ok(Cosignature { signature: signature.clone(), at })
}

/// What somebody else's server says, made safe to show.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}
