//! A bound on the work that a comparison may cost, whatever the texts are.
//!
//! Counted in pairs of tokens rather than in milliseconds, so that the same two versions give the same answer on every
//! machine and at every load, and the answer may be cached even when it was cut short.

/// What one alignment of two sequences may cost at most (pairs of items): some 25 ms in the worst case.
const MOST_AT_ONCE: u64 = 4_000_000;

/// What a whole comparison may cost (pairs of items). Neighbouring versions need a few thousand.
const MOST_ALTOGETHER: u64 = 16_000_000;

/// The work that is left, and whether some had to be left undone.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    cut_short: bool,
}

impl Budget {
    /// A full purse.
    pub(super) fn new() -> Budget {
        Budget { left: MOST_ALTOGETHER, cut_short: false }
    }

    /// Pays for aligning two sequences of these lengths; `false` when it cannot be afforded.
    pub(super) fn affords(&mut self, old: usize, new: usize) -> bool {
        let price = (old as u64).saturating_mul(new as u64);
        if price > MOST_AT_ONCE || price > self.left {
            self.cut_short = true;
            return false;
        }
        self.left -= price;
        true
    }

    /// Whether something was too dear.
    pub(super) fn was_cut_short(&self) -> bool {
        self.cut_short
    }
}
