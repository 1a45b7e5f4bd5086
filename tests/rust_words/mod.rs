//! Rust source as words: identifiers, `::` and single marks, without comments, strings and characters.

/// Splits `source` into words. Good enough for paths: it knows what cannot hold code, and nothing of types.
pub fn words(source: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            '\'' => character(rest),
            'r' | 'b' | 'c' if raw_string(rest).is_some() => raw_string(rest).unwrap_or(1),
            ':' if rest.starts_with("::") => push(&mut words, rest, 2),
            c if c.is_alphanumeric() || c == '_' => push(&mut words, rest, identifier(rest)),
            c if c.is_whitespace() => c.len_utf8(),
            c => push(&mut words, rest, c.len_utf8()),
        };
        rest = &rest[length..];
    }
    words
}

fn push<'a>(words: &mut Vec<&'a str>, rest: &'a str, length: usize) -> usize {
    words.push(&rest[..length]);
    length
}

fn identifier(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    for (at, _) in rest.char_indices() {
        if rest[at..].starts_with("/*") {
            depth += 1;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return at + 2;
            }
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, `br"…"`, `b"…"`, `c"…"`; nothing when it is an identifier.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c| !matches!(c, 'r' | 'b' | 'c')).filter(|length| *length <= 2)?;
    let hashes = rest[prefix..].find(|c| c != '#')?;
    let open = prefix + hashes;
    if !rest[open..].starts_with('"') {
        return None;
    }
    if !rest[..prefix].contains('r') {
        return if hashes == 0 { Some(open + string(&rest[open..])) } else { None };
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let end = rest[open + 1..].find(&close).map(|at| open + 1 + at + close.len());
    Some(end.unwrap_or(rest.len()))
}

/// A character literal whole; of a lifetime only the mark.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(rest.len(), |at| 3 + at + 1),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}
