//! The page's script and style: files that people can hold in their head, put together once, each named by its hash.
//!
//! Only what has one of these hashes runs. There is no framework, nothing is loaded from elsewhere, and the other pages
//! keep their policy without any script.

use std::sync::LazyLock;

use crate::registry::workbench::{SIGNING_SCRIPT, policy_digest};

/// The files of the workbench's script, in reading order; they share one scope.
const FILES: [&str; 11] = [
    include_str!("js/draft.js"),
    include_str!("js/store.js"),
    include_str!("js/page.js"),
    include_str!("js/fields.js"),
    include_str!("js/notes.js"),
    include_str!("js/tasks.js"),
    include_str!("js/docx.js"),
    include_str!("js/begin.js"),
    include_str!("js/check.js"),
    include_str!("js/sign.js"),
    include_str!("js/main.js"),
];

/// What the one stylesheet does not have.
pub const STYLE: &str = include_str!("workbench.css");

static SCRIPT: LazyLock<String> = LazyLock::new(|| format!("(() => {{\n'use strict';\n{}}})();\n", FILES.concat()));

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hashes = scripts().map(policy_digest).join(" ");
    format!(
        "default-src 'none'; script-src {hashes}; style-src 'self' {}; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        policy_digest(STYLE)
    )
});

/// The scripts, in the order in which they run: signing, the workbench.
pub fn scripts() -> [&'static str; 2] {
    [SIGNING_SCRIPT, &SCRIPT]
}

/// The page's policy: these scripts and this style, and no other.
pub fn policy() -> &'static str {
    &POLICY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_can_end_before_its_end() {
        for script in scripts() {
            assert!(!script.to_lowercase().contains("</script") && !script.contains("<!--"));
        }
        assert!(!STYLE.contains("</"));
    }

    #[test]
    fn everything_that_is_sent_stays_small() {
        let script: usize = scripts().iter().map(|script| script.len()).sum();
        assert!(script < 120 * 1024, "{script} bytes of script");
        assert!(STYLE.len() <= 3 * 1024, "{} bytes of style", STYLE.len());
    }
}
