//! Signing in a browser: the scripts with which it makes keys and signatures.
//!
//! They are plain scripts without dependencies, in `registry/workbench/`, which pages take inside themselves and allow
//! by their digest. What they write is what ssh-keygen writes; nothing here is called by the server.

/// The script that defines `window.certregSigning`: keys, key files and SSHSIG signatures in a browser.
///
/// Its header says what it offers. It stands in a page as one inline script.
pub const SIGNING_SCRIPT: &str =
    concat!(include_str!("../../registry/workbench/bcrypt.js"), include_str!("../../registry/workbench/signing.js"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_can_stand_in_a_page_and_asks_for_nothing_from_outside() {
        assert!(!SIGNING_SCRIPT.contains("</script") && !SIGNING_SCRIPT.contains("<!--"));
        for outside in
            ["fetch(", "XMLHttpRequest", "import ", "WebSocket", "localStorage", "sessionStorage", "indexedDB"]
        {
            assert!(!SIGNING_SCRIPT.contains(outside), "{outside}");
        }
    }
}
