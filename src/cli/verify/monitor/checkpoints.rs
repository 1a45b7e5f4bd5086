//! What the log has signed, from wherever it comes, against the tree that was recomputed.

use super::{memory::Seen, replay::Replayed};
use crate::{
    cli::{
        check::count,
        error::CliResult,
        files,
        remote::{Remote, is_address},
    },
    domain::Instant,
    log::{Accepted, Hash, Policy, SignedCheckpoint, Witness, verify_consistency},
    signing::{self, AuthorityRole, Namespace},
    store::{Commit, Snapshot},
    witness,
};

/// How far a witness's clock may be behind the registry's, in seconds.
const CLOCKS_DIFFER_SECONDS: i64 = 300;

/// The comparison, as far as it has come.
pub(super) struct Checkpoints<'r> {
    replayed: &'r Replayed,
    /// Whom to believe, if that was said from outside.
    told_policy: Option<Policy>,
    /// The size of the newest checkpoint that was seen the last time.
    seen_size: u64,
    told: Told,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Told {
    pub findings: Vec<String>,
    /// What could not be looked at.
    pub notes: Vec<String>,
    /// What was compared and is right.
    pub compared: Vec<String>,
    /// The size of the newest checkpoint that is right; 0 for none.
    pub newest_size: u64,
}

/// What a checkpoint is presented as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    /// What the log is now: it needs its quorum, and must not be older than what was seen.
    Newest,
    /// What the log was at some time, by its own branch; it needed its quorum then. These are too many to be listed.
    Former,
    /// What the log was at some time, as somebody kept it: a receipt's has no cosignatures.
    Kept,
}

impl<'r> Checkpoints<'r> {
    /// The clone's own policies, which the root key's signatures cover, count where no other one is told.
    pub(super) fn new(replayed: &'r Replayed, told_policy: Option<Policy>, seen: Option<&Seen>) -> Self {
        Checkpoints {
            replayed,
            told_policy,
            seen_size: seen.map_or(0, |seen| seen.checkpoint_size),
            told: Told::default(),
        }
    }

    pub(super) fn end(mut self) -> Told {
        if self.told.compared.is_empty() && self.told.findings.is_empty() {
            let note = "no checkpoint was compared: this copy has no branch 'log'. Clone it without --single-branch, or \
                        give --checkpoint";
            self.told.notes.push(note.to_owned());
        }
        self.told
    }

    /// Every checkpoint that the branch `log` ever had.
    pub(super) fn on_branch(&mut self, snapshot: &Snapshot) -> CliResult<()> {
        let mut last_size = 0;
        let mut commits = snapshot.replay_checkpoints()?.peekable();
        while let Some(commit) = commits.next() {
            let commit = match commit {
                Ok(commit) => commit,
                Err(error) => {
                    self.find(format!("the branch 'log' cannot be read: {error}"));
                    break;
                }
            };
            let label = format!("the checkpoint in commit {} of the branch 'log'", commit.sequence);
            self.signed_by_registry(&label, &commit);
            let [file] = commit.files.as_slice() else {
                self.find(format!("{label} does not come alone"));
                continue;
            };
            let newest = commits.peek().is_none();
            let (label, presented) = if newest {
                ("the newest checkpoint of the branch 'log'".to_owned(), As::Newest)
            } else {
                (label, As::Former)
            };
            let text = String::from_utf8_lossy(&file.bytes);
            let Some(size) = self.check(&label, &text, presented).map(|(size, _)| size) else { continue };
            if size < last_size {
                self.find(format!("{label} counts {size} entries, but the one before it {last_size}"));
            }
            last_size = size;
        }
        Ok(())
    }

    /// The policy that was in force when the log had `size` entries.
    fn policy_at(&self, size: u64) -> Option<&Policy> {
        let brought_before = |(sequence, _): &&(u64, Policy)| *sequence < size.max(1);
        let own = || self.replayed.policies.iter().rev().find(brought_before).map(|(_, policy)| policy);
        self.told_policy.as_ref().or_else(own)
    }

    fn signed_by_registry(&mut self, label: &str, commit: &Commit) {
        let Some(authority) = &self.replayed.history.authority else { return };
        // Git keeps the signature without its last line end.
        let signature = format!("{}\n", commit.signature.trim_end());
        let (role, namespace) = (AuthorityRole::Registry, Namespace::Git);
        let signed = commit.signed.as_bytes();
        if signing::check_authority_signature(signed, Some(&signature), authority, role, namespace, commit.time)
            .is_err()
        {
            self.find(format!("{label} was not committed with a key of the registry"));
        }
    }

    /// The checkpoint of a file (which somebody kept), or of a registry's address (which says what the log is now, and
    /// must prove that it only grew where this copy is not up to date).
    pub(super) fn given(&mut self, place: &str) -> CliResult<()> {
        if !is_address(place) {
            let text = files::read_text(place.as_ref())?;
            self.check(&format!("the checkpoint in {place}"), &text, As::Kept);
            return Ok(());
        }
        let base = place.trim_end_matches('/').trim_end_matches("/log/checkpoint");
        let remote = Remote::at(base)?;
        let text = String::from_utf8_lossy(&remote.bytes("/log/checkpoint")?).into_owned();
        let label = format!("the checkpoint that {base} serves");
        match self.lag(&label, &text, &remote) {
            None => drop(self.check(&label, &text, As::Newest)),
            Some(Ok(size)) => {
                self.told.newest_size = self.told.newest_size.max(size);
                let behind = usize::try_from(size - self.replayed.tree.size()).unwrap_or(usize::MAX);
                self.told.notes.push(format!(
                    "this copy is {} behind the registry, which has proved that its log begins with this copy: \
                     bring it up to date before the next run",
                    count(behind, "commit")
                ));
            }
            Some(Err(finding)) => self.find(finding),
        }
        Ok(())
    }

    /// For a good checkpoint of a greater tree than this copy's: its size if the registry proves that the tree begins
    /// with this one, or what is wrong.
    fn lag(&self, label: &str, text: &str, remote: &Remote) -> Option<Result<u64, String>> {
        let (tree, signed) = (&self.replayed.tree, SignedCheckpoint::parse(text).ok()?);
        let (size, root) = (signed.checkpoint().size(), signed.checkpoint().root());
        if size <= tree.size() || self.policy_at(size)?.check(&signed).is_err() {
            return None;
        }
        let path = format!("/v1/log/proofs/consistency?old={}&new={size}", tree.size());
        let proof = remote.json(&path).ok().and_then(|answer| read_path(&answer));
        let Some(proof) = proof else {
            return Some(Err(format!(
                "{} It gives no proof that its log begins with this copy",
                self.beyond(label, size)
            )));
        };
        let proved = verify_consistency(tree.size(), tree.root(), size, root, &proof);
        Some(proved.map(|()| size).map_err(|error| {
            format!("two histories have been shown: {label} is not of a log that begins with this copy ({error})")
        }))
    }

    fn beyond(&self, label: &str, size: u64) -> String {
        format!(
            "{label} counts {size} entries, but this copy has {} commits only: bring it up to date; if that does not help, \
             commits are being withheld from it.",
            self.replayed.tree.size()
        )
    }

    /// The newest checkpoint that each witness says to have cosigned.
    pub(super) fn of_witnesses(&mut self) {
        let Some(policy) = self.policy_at(u64::MAX).cloned() else { return };
        for witness in policy.witnesses() {
            match self.ask(witness, &policy) {
                Ok(text) => self.of_witness(witness, &text),
                Err(why) => self.told.notes.push(format!("witness {} could not be asked: {why}", witness.name)),
            }
        }
    }

    fn ask(&self, witness: &Witness, policy: &Policy) -> Result<String, String> {
        let url = witness.url.as_ref().ok_or("the trust policy has no address for it")?;
        let log = policy.logs().first().ok_or("the trust policy names no log")?;
        let newest = witness::newest(url, log.key.name()).map_err(|error| error.to_string())?;
        newest.ok_or_else(|| "it has cosigned nothing of this log yet".to_owned())
    }

    fn of_witness(&mut self, witness: &Witness, text: &str) {
        let label = format!("the checkpoint that witness {} has cosigned", witness.name);
        let Some((_, accepted)) = self.check(&label, text, As::Kept) else { return };
        if !accepted.witnesses.iter().any(|(name, _)| *name == witness.name) {
            self.find(format!("{label} does not have its cosignature"));
        }
    }

    /// Compares one checkpoint; gives its size and signers when it is right.
    fn check(&mut self, label: &str, text: &str, presented: As) -> Option<(u64, Accepted)> {
        match self.judge(label, text, presented) {
            Ok((size, accepted)) => {
                self.told.newest_size = self.told.newest_size.max(size);
                if presented != As::Former {
                    self.told.compared.push(right(label, size, &accepted));
                }
                Some((size, accepted))
            }
            Err(finding) => {
                self.find(finding);
                None
            }
        }
    }

    fn judge(&self, label: &str, text: &str, presented: As) -> Result<(u64, Accepted), String> {
        let signed = SignedCheckpoint::parse(text).map_err(|error| format!("{label} cannot be read: {error}"))?;
        let policy = self.policy_at(signed.checkpoint().size());
        let policy = policy.ok_or_else(|| format!("there is no trust policy to judge {label} by"))?;
        let judged = match presented {
            As::Newest | As::Former => policy.check(&signed),
            As::Kept => policy.examine(&signed),
        };
        let accepted = judged.map_err(|error| format!("{label} cannot be believed: {error}"))?;
        let (size, tree) = (signed.checkpoint().size(), &self.replayed.tree);
        if presented == As::Newest && size < self.seen_size {
            return Err(format!(
                "an old checkpoint is presented as new: {label} counts {size} entries, but one of {} was seen here before",
                self.seen_size
            ));
        }
        match tree.root_at(size) {
            Some(root) if root == signed.checkpoint().root() => {}
            Some(_) => {
                return Err(format!(
                    "two histories have been shown: {label} was signed for {size} other commits than the first {size} of this copy"
                ));
            }
            None => return Err(self.beyond(label, size)),
        }
        self.times_fit(label, size, &accepted)?;
        Ok((size, accepted))
    }

    /// A commit cannot be younger than a cosignature over it.
    fn times_fit(&self, label: &str, size: u64, accepted: &Accepted) -> Result<(), String> {
        let newest = usize::try_from(size).ok().and_then(|size| self.replayed.times.get(size.checked_sub(1)?));
        let Some(committed_at) = newest else { return Ok(()) };
        for (name, at) in &accepted.witnesses {
            let cosigned_at = i64::try_from(*at).ok().and_then(|at| Instant::from_unix_seconds(at).ok());
            let cosigned_at =
                cosigned_at.ok_or_else(|| format!("{label}: witness {name} gives a time that is none"))?;
            if *committed_at > cosigned_at.plus_seconds(CLOCKS_DIFFER_SECONDS) {
                return Err(format!(
                    "the registry dates its commits ahead: {label} was cosigned by {name} at {cosigned_at}, but its last \
                     commit says {committed_at}"
                ));
            }
        }
        Ok(())
    }

    fn find(&mut self, finding: String) {
        self.told.findings.push(finding);
    }
}

/// The hashes in the registry's answer.
fn read_path(answer: &serde_json::Value) -> Option<Vec<Hash>> {
    answer.get("path")?.as_array()?.iter().map(|hash| hash.as_str()?.parse().ok()).collect()
}

fn right(label: &str, size: u64, accepted: &Accepted) -> String {
    let names: Vec<&str> = accepted.witnesses.iter().map(|(name, _)| name.as_str()).collect();
    let by = if names.is_empty() { "no witness".to_owned() } else { names.join(", ") };
    format!("{label}: {size} entries, cosigned by {by}")
}
