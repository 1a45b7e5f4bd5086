//! Talks to ssh-agent, so that a private key need not enter this program (draft-ietf-sshm-ssh-agent).
//!
//! Two questions: which Ed25519 keys are there, and sign this. Answers are bounded in size and time, and a
//! signature is checked before it is handed on.

use std::{
    env,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::signing::{
    PublicKey, Sshsig, key, sshsig,
    wire::{put_string, take_string},
};

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// The longest answer that is read, in bytes: what OpenSSH itself allows (`AGENT_MAX_LEN`).
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// How long a list of keys may take.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a signature may take: the agent may ask its owner first (`ssh-add -c`).
const SIGN_TIMEOUT: Duration = Duration::from_secs(120);

/// An ssh-agent, by the path of its socket. Each question opens its own connection.
#[derive(Debug, Clone)]
pub struct Agent {
    socket: PathBuf,
}

/// A key that an agent holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The public half.
    pub key: PublicKey,
    /// What `ssh-add -l` shows beside it; invalid UTF-8 is replaced.
    pub comment: String,
}

/// An agent is not there, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// `SSH_AUTH_SOCK` is not set.
    #[error(
        "no ssh-agent: SSH_AUTH_SOCK is not set. Start one with 'eval $(ssh-agent)' and 'ssh-add KEY', or give --key"
    )]
    NoAgent,
    /// Nobody answers at the socket.
    #[error(
        "no ssh-agent answers at SSH_AUTH_SOCK ({0}). Start one with 'eval $(ssh-agent)' and 'ssh-add KEY', or give --key"
    )]
    Connect(#[source] io::Error),
    /// The connection broke.
    #[error("the connection to ssh-agent broke ({0}); try again")]
    Io(#[source] io::Error),
    /// No answer in time.
    #[error("ssh-agent did not answer in time; if it asked you to confirm, do so and try again")]
    Timeout,
    /// The answer is not in the protocol, or too long.
    #[error("ssh-agent gave an answer that cannot be understood; update it, or give --key")]
    Answer,
    /// The key is not in the agent.
    #[error("the key {0} is not in ssh-agent; add it with 'ssh-add KEY', or give --key")]
    NoSuchKey(PublicKey),
    /// The agent has the key and does not sign with it.
    #[error("ssh-agent refused to sign with {0}; it may be locked ('ssh-add -X'), or the use was not confirmed")]
    Refused(PublicKey),
    /// The signature is not the key's.
    #[error("ssh-agent gave a signature that is not by {0}; do not use this agent")]
    BadSignature(PublicKey),
}

impl Agent {
    /// The agent that `SSH_AUTH_SOCK` names.
    ///
    /// # Errors
    /// [`AgentError::NoAgent`] when the variable is unset or empty.
    pub fn from_env() -> Result<Agent, AgentError> {
        let socket = env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).ok_or(AgentError::NoAgent)?;
        Ok(Agent::at(Path::new(&socket)))
    }

    /// The agent behind this socket.
    pub fn at(socket: &Path) -> Agent {
        Agent { socket: socket.to_owned() }
    }

    /// The Ed25519 keys that the agent holds; keys of other types are left out.
    ///
    /// # Errors
    /// [`AgentError`] but for the errors of signing.
    pub fn identities(&self) -> Result<Vec<Identity>, AgentError> {
        let answer = self.ask(&[REQUEST_IDENTITIES], LIST_TIMEOUT)?;
        parse_identities(&answer).ok_or(AgentError::Answer)
    }

    /// Signs `message` in `namespace` with `key`, and gives the armoured SSHSIG text.
    ///
    /// # Errors
    /// [`AgentError`]; a signature that does not verify is never given out.
    pub fn sign(&self, key: &PublicKey, namespace: &str, message: &[u8]) -> Result<String, AgentError> {
        let answer = self.ask(&sign_request(key, &sshsig::to_be_signed(namespace, message)), SIGN_TIMEOUT)?;
        if answer.first() == Some(&FAILURE) {
            // The protocol does not say why; the list of keys does.
            let known = self.identities()?.iter().any(|identity| identity.key == *key);
            return Err(if known { AgentError::Refused(*key) } else { AgentError::NoSuchKey(*key) });
        }
        let signature = parse_signature(&answer).ok_or(AgentError::Answer)?;
        let text = sshsig::armor(key, namespace, &signature);
        let verified = Sshsig::parse(&text).and_then(|parsed| parsed.verify(namespace, message));
        verified.map_err(|_| AgentError::BadSignature(*key))?;
        Ok(text)
    }

    fn ask(&self, request: &[u8], timeout: Duration) -> Result<Vec<u8>, AgentError> {
        let mut stream = UnixStream::connect(&self.socket).map_err(AgentError::Connect)?;
        exchange(&mut stream, request, timeout)
    }
}

fn exchange(stream: &mut UnixStream, request: &[u8], timeout: Duration) -> Result<Vec<u8>, AgentError> {
    stream.set_read_timeout(Some(timeout)).map_err(AgentError::Io)?;
    stream.set_write_timeout(Some(LIST_TIMEOUT)).map_err(AgentError::Io)?;
    let mut framed = Vec::with_capacity(request.len() + 4);
    put_string(&mut framed, request);
    stream.write_all(&framed).map_err(fault_of_io)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(fault_of_io)?;
    let length = u32::from_be_bytes(length) as usize;
    if length == 0 || length > MAX_ANSWER_BYTES {
        return Err(AgentError::Answer);
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).map_err(fault_of_io)?;
    Ok(answer)
}

fn fault_of_io(error: io::Error) -> AgentError {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => AgentError::Timeout,
        _ => AgentError::Io(error),
    }
}

fn sign_request(key: &PublicKey, bytes: &[u8]) -> Vec<u8> {
    let mut request = vec![SIGN_REQUEST];
    put_string(&mut request, &key.blob());
    put_string(&mut request, bytes);
    request.extend_from_slice(&0u32.to_be_bytes());
    request
}

fn parse_identities(answer: &[u8]) -> Option<Vec<Identity>> {
    let (&IDENTITIES_ANSWER, rest) = answer.split_first()? else { return None };
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut identities = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (blob, comment) = (take_string(&mut rest)?, take_string(&mut rest)?);
        if let Ok(key) = PublicKey::from_blob(blob) {
            identities.push(Identity { key, comment: String::from_utf8_lossy(comment).into_owned() });
        }
    }
    rest.is_empty().then_some(identities)
}

fn parse_signature(answer: &[u8]) -> Option<[u8; 64]> {
    let (&SIGN_RESPONSE, mut rest) = answer.split_first()? else { return None };
    let mut inner = take_string(&mut rest)?;
    let signature_type = take_string(&mut inner)?;
    let signature = take_string(&mut inner)?;
    let right = signature_type == key::KEY_TYPE.as_bytes() && rest.is_empty() && inner.is_empty();
    if right { signature.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::net::UnixStream, thread};

    use super::*;
    use crate::signing::SecretKey;

    /// What an agent that answers `reply` to anything makes of a question.
    fn asked(reply: Vec<u8>) -> Result<Vec<u8>, AgentError> {
        let (mut ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
        let agent = thread::spawn(move || {
            let mut request = [0; 5];
            theirs.read_exact(&mut request).expect("a request");
            theirs.write_all(&reply).expect("an answer");
            theirs
        });
        let answer = exchange(&mut ours, &[REQUEST_IDENTITIES], Duration::from_millis(200));
        drop(agent.join().expect("the agent"));
        answer
    }

    #[test]
    fn an_answer_that_is_too_long_empty_or_unfinished_is_refused_in_time() {
        assert!(matches!(asked(vec![0xff; 8]), Err(AgentError::Answer)));
        assert!(matches!(asked(vec![0; 4]), Err(AgentError::Answer)));
        assert!(matches!(asked(vec![0, 0, 0, 9, 12]), Err(AgentError::Timeout)));
        assert!(matches!(asked(vec![0, 0, 0, 1, 5]).as_deref(), Ok([FAILURE])));
    }

    #[test]
    fn identities_of_other_types_are_left_out_and_short_lists_refused() {
        let key = SecretKey::from_seed(&[3; 32]).public();
        let mut answer = vec![IDENTITIES_ANSWER, 0, 0, 0, 2];
        put_string(&mut answer, b"\0\0\0\x07ssh-rsa");
        put_string(&mut answer, b"old");
        put_string(&mut answer, &key.blob());
        put_string(&mut answer, b"mine");
        let expected = vec![Identity { key, comment: "mine".to_owned() }];
        assert_eq!(parse_identities(&answer), Some(expected));
        assert_eq!(parse_identities(&answer[..answer.len() - 1]), None);
        assert_eq!(parse_identities(&[IDENTITIES_ANSWER, 0xff, 0xff, 0xff, 0xff]), None);
        answer.push(0);
        assert_eq!(parse_identities(&answer), None);
    }
}
