//! Tiles: the addresses of a log's files, and bundles of entries (c2sp.org/tlog-tiles).

use std::fmt;

use super::decimal;

/// A full tile's width.
const FULL: u16 = 256;

/// The address of a tile below the log's own: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePath {
    level: Option<u8>,
    index: u64,
    width: u16,
}

/// An address is no tile's, or entries do not fit a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Another spelling.
    #[error(
        "a tile's address looks like 'tile/0/x001/067' or 'tile/entries/067.p/12': a level from 0 to 63 or 'entries', \
         the tile's number in groups of three digits, and for a partial tile its width from 1 to 255"
    )]
    NotATile,
    /// Longer than its length can be written.
    #[error("a log entry has {0} bytes; a bundle holds entries of at most 65,535")]
    EntryTooLong(usize),
    /// The lengths and the bytes do not agree, or there are none or more than 256 entries.
    #[error("this is no bundle of 1 to 256 log entries")]
    NotABundle,
}

impl TilePath {
    /// The tile of hashes `index` at `level`, or (without a level) of entries; `width` is 256 for a full one.
    ///
    /// # Errors
    /// [`TileError::NotATile`] for a level above 63 or a width other than 1 to 256.
    pub fn new(level: Option<u8>, index: u64, width: u16) -> Result<Self, TileError> {
        let good = level.is_none_or(|level| level <= 63) && (1..=FULL).contains(&width);
        if good { Ok(TilePath { level, index, width }) } else { Err(TileError::NotATile) }
    }

    /// Reads an address: what `Display` writes, to the byte.
    ///
    /// # Errors
    /// [`TileError::NotATile`].
    pub fn parse(path: &str) -> Result<Self, TileError> {
        read(path).filter(|tile| tile.to_string() == path).ok_or(TileError::NotATile)
    }

    /// The level of hashes; none for entries.
    pub fn level(&self) -> Option<u8> {
        self.level
    }

    /// The tile's number within its level.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it has: 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it is full, and so never changes nor is replaced by a wider one.
    pub fn is_full(&self) -> bool {
        self.width == FULL
    }

    /// The first and the number after the last hash or entry of its level; none beyond what a log can hold.
    pub fn range(&self) -> Option<(u64, u64)> {
        let first = self.index.checked_mul(u64::from(FULL))?;
        Some((first, first.checked_add(u64::from(self.width))?))
    }
}

fn read(path: &str) -> Option<TilePath> {
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let level = if level == "entries" { None } else { Some(u8::try_from(decimal(level)?).ok()?) };
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, u16::try_from(decimal(width)?).ok().filter(|width| *width < FULL)?),
        None => (rest, FULL),
    };
    let mut index: u64 = 0;
    for group in groups.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let three = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value: u64 = if three { digits.parse().ok()? } else { return None };
        index = index.checked_mul(1000)?.checked_add(value)?;
    }
    TilePath::new(level, index, width).ok()
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "tile/{level}/")?,
            None => f.write_str("tile/entries/")?,
        }
        let mut groups = format!("{:03}", self.index % 1000);
        let mut above = self.index / 1000;
        while above > 0 {
            groups.insert_str(0, &format!("x{:03}/", above % 1000));
            above /= 1000;
        }
        f.write_str(&groups)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// Writes a bundle: for each entry its length in two bytes, high byte first, then the entry.
///
/// # Errors
/// [`TileError::EntryTooLong`]; [`TileError::NotABundle`] for none or more than 256 entries.
pub fn print_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, TileError> {
    if !(1..=usize::from(FULL)).contains(&entries.len()) {
        return Err(TileError::NotABundle);
    }
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong(entry.len()))?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Reads a bundle back into its entries.
///
/// # Errors
/// [`TileError::NotABundle`].
pub fn parse_bundle(bundle: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (entry, after) =
            after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(TileError::NotABundle)?;
        entries.push(entry);
        rest = after;
    }
    let good = rest.is_empty() && (1..=usize::from(FULL)).contains(&entries.len());
    if good { Ok(entries) } else { Err(TileError::NotABundle) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back() {
        for (path, level, index, width) in [
            ("tile/0/000", Some(0), 0, 256),
            ("tile/0/x001/x234/067", Some(0), 1_234_067, 256),
            ("tile/63/999.p/255", Some(63), 999, 255),
            ("tile/entries/x001/000.p/1", None, 1000, 1),
            ("tile/1/x018/x446/x744/x073/x709/x551/615", Some(1), u64::MAX, 256),
        ] {
            let tile = TilePath::new(level, index, width).expect("a tile");
            assert_eq!(tile.to_string(), path);
            assert_eq!(TilePath::parse(path), Ok(tile), "{path}");
        }
        assert_eq!(TilePath::parse("tile/0/002.p/5").expect("a tile").range(), Some((512, 517)));
        assert_eq!(TilePath::new(Some(0), u64::MAX, 1).expect("a tile").range(), None);
    }

    #[test]
    fn other_spellings_are_refused() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "/tile/0/000",
            "tile/0/000/",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/8/0/000",
            "tile/0/0",
            "tile/0/1000",
            "tile/0/x000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/x002",
            "tile/0/X001/002",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/05",
            "tile/0/000.p/",
            "tile/0/000.p/5/",
            "tile/0/000.p/5.p/5",
            "tile/0/+00",
            "tile/0/٠٠٠",
            "tile/Entries/000",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/../000",
        ] {
            assert_eq!(TilePath::parse(path), Err(TileError::NotATile), "{path}");
        }
    }

    #[test]
    fn a_bundle_reads_back_and_a_damaged_one_does_not() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bundle = print_bundle(&entries).expect("short entries");
        assert_eq!(bundle, b"\x00\x03one\x00\x00\x00\x05three");
        assert_eq!(parse_bundle(&bundle), Ok(entries.to_vec()));
        for cut in [0, 1, 4, bundle.len() - 1] {
            assert_eq!(parse_bundle(&bundle[..cut]), Err(TileError::NotABundle), "{cut}");
        }
        assert_eq!(print_bundle(&[vec![0; 65_536]]), Err(TileError::EntryTooLong(65_536)));
        assert_eq!(print_bundle::<&[u8]>(&[]), Err(TileError::NotABundle));
        assert_eq!(print_bundle(&[b""; 257]), Err(TileError::NotABundle));
        assert_eq!(parse_bundle(&[0; 2 * 257]), Err(TileError::NotABundle));
    }
}
