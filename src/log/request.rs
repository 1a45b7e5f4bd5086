//! What a log sends to a witness: a checkpoint, and proof that its tree begins with the one the witness knows
//! (c2sp.org/tlog-witness, "add-checkpoint").
//!
//! ```text
//! old 20852014
//! PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
//!
//! certreg.example/log
//! 20852163
//! …
//! ```

use super::{CheckpointError, Hash, SignedCheckpoint, decimal};

/// As many hashes as a request may have.
const MAX_HASHES: usize = 63;

/// The body of an `add-checkpoint` request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness cosigned last; 0 for none.
    pub old_size: u64,
    /// That the new tree begins with the old one; empty for an old size of 0.
    pub proof: Vec<Hash>,
    /// The new checkpoint, signed by its log.
    pub checkpoint: SignedCheckpoint,
}

/// A text is no such body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    /// What stands before the checkpoint.
    #[error("the request is not a line 'old N', at most 63 hashes in base64, an empty line, and a checkpoint")]
    NotARequest,
    /// The checkpoint.
    #[error("the checkpoint in the request: {0}")]
    Checkpoint(#[from] CheckpointError),
}

impl AddCheckpoint {
    /// Reads a body: what [`AddCheckpoint::print`] writes, to the byte.
    ///
    /// # Errors
    /// [`AddCheckpointError`]; neither signature nor proof is checked.
    pub fn parse(body: &str) -> Result<Self, AddCheckpointError> {
        let (head, checkpoint) = body.split_once("\n\n").ok_or(AddCheckpointError::NotARequest)?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| decimal(line.strip_prefix("old ")?));
        let old_size = old_size.ok_or(AddCheckpointError::NotARequest)?;
        let proof: Vec<Hash> =
            lines.map(str::parse).collect::<Result<_, _>>().map_err(|_| AddCheckpointError::NotARequest)?;
        if proof.len() > MAX_HASHES {
            return Err(AddCheckpointError::NotARequest);
        }
        Ok(AddCheckpoint { old_size, proof, checkpoint: SignedCheckpoint::parse(checkpoint)? })
    }

    /// Writes the body.
    pub fn print(&self) -> String {
        let proof: String = self.proof.iter().map(|hash| format!("{hash}\n")).collect();
        format!("old {}\n{proof}\n{}", self.old_size, self.checkpoint.print())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of c2sp.org/tlog-witness, with the first of its signatures.
    const BODY: &str = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn the_example_of_the_specification_reads_back() {
        let request = AddCheckpoint::parse(BODY).expect("the example");
        assert_eq!((request.old_size, request.proof.len()), (20_852_014, 4));
        assert_eq!(request.checkpoint.checkpoint().size(), 20_852_163);
        assert_eq!(request.print(), BODY);
    }

    #[test]
    fn other_spellings_are_refused() {
        let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
        for wrong in [
            String::new(),
            BODY.replace("old ", "old  "),
            BODY.replace("old 2", "old 02"),
            BODY.replace("old 20852014\n", ""),
            BODY.replace("old", "Old"),
            BODY.replace("old 20852014", "old 18446744073709551616"),
            BODY.replace("PlRN", "Pl N"),
            BODY.replace('\n', "\r\n"),
            BODY.replace(hash, &hash.repeat(61)),
            BODY.replace("\n\nexample", "\nexample"),
        ] {
            assert!(AddCheckpoint::parse(&wrong).is_err(), "{wrong}");
        }
        assert!(AddCheckpoint::parse(&BODY.replace(hash, &hash.repeat(60))).is_ok());
    }
}
