//! Signing in a browser: the scripts with which it makes keys and signatures, and the page that people keep for it.
//!
//! They are plain scripts without dependencies, in `registry/workbench/`, which pages take inside themselves and allow
//! by their digest. What they write is what ssh-keygen writes; nothing here is called by the server.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{Edition, edition::Polarity},
    format::v1,
};

/// The script that defines `window.certregSigning`: keys, key files and SSHSIG signatures in a browser.
///
/// Its header says what it offers. It stands in a page as one inline script.
pub const SIGNING_SCRIPT: &str =
    concat!(include_str!("../../registry/workbench/bcrypt.js"), include_str!("../../registry/workbench/signing.js"));

/// The scripts that define `window.certregDocument` and `window.certregPanels`: reading what is signed, and the two
/// forms below. They need [`SIGNING_SCRIPT`] before them.
pub const PANELS_SCRIPT: &str =
    concat!(include_str!("../../registry/workbench/document.js"), include_str!("../../registry/workbench/panels.js"));

/// The form for signing with a key file: `#sign`.
pub const SIGN_PANEL: &str = include_str!("../../registry/workbench/sign-panel.html");

/// The form for making a key and its request: `#make-key`.
pub const KEY_PANEL: &str = include_str!("../../registry/workbench/key-panel.html");

const PAGE: &str = include_str!("../../registry/workbench/page.html");
const STYLE: &str = include_str!("../../registry/workbench/page.css");
const SCRIPT: &str = include_str!("../../registry/workbench/page.js");
const EDITIONS: [&[u8]; 2] = [
    include_bytes!("../../registry/editions/dfe-2018-gdpr.json"),
    include_bytes!("../../registry/editions/dfe-2016-dpa.json"),
];

/// What a content security policy calls an inline script or style: `'sha256-…'` (CSP3 §2.3.1).
pub fn policy_digest(inline: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(inline)))
}

/// The signing page: one HTML file that works from disk, reaches no network and runs nothing but its own script.
///
/// The same for every registry, so that its digest can be compared. About 60 KB.
pub fn signing_page() -> &'static str {
    static PAGE: LazyLock<String> = LazyLock::new(make_page);
    &PAGE
}

fn make_page() -> String {
    let script = [SIGNING_SCRIPT, &editions_script(), PANELS_SCRIPT, SCRIPT].concat();
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        policy_digest(&script),
        policy_digest(STYLE)
    );
    let parts = [("policy", policy.as_str()), ("style", STYLE), ("sign-panel", SIGN_PANEL), ("key-panel", KEY_PANEL)];
    let filled = parts.iter().fold(PAGE.to_owned(), |page, (name, part)| page.replace(&format!("{{{name}}}"), part));
    // The script last: what stands in it is not looked at again.
    filled.replace("{script}", &script)
}

/// The wordings of the checklist that this program knows, as `window.certregEditions`: what document.js shows beside
/// answers.
pub fn editions_script() -> String {
    let editions: Vec<serde_json::Value> = EDITIONS.iter().map(|file| edition(file)).collect();
    format!("window.certregEditions = {};\n", serde_json::Value::from(editions))
}

fn edition(file: &[u8]) -> serde_json::Value {
    let stored = v1::stored(file, v1::edition::read).expect("the editions of this program are tested");
    let Edition { id, name, commitments, questions, support_areas, .. } = stored.value;
    let text = |id: &str, text: &str| serde_json::json!({"id": id, "text": text});
    serde_json::json!({
        "id": id.to_string(),
        "digest": stored.digest.to_string(),
        "name": name,
        "commitments": commitments.iter().map(|known| text(known.id.as_str(), &known.text)).collect::<Vec<_>>(),
        "questions": questions.iter().map(|question| {
            let mut asked = text(&question.id.to_string(), &question.text);
            if question.polarity == Polarity::Neutral {
                asked["neutral"] = true.into();
            }
            asked
        }).collect::<Vec<_>>(),
        "areas": support_areas.iter().map(|area| text(&area.id.to_string(), &area.title)).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_can_stand_in_a_page_and_ask_for_nothing_from_outside() {
        for script in [SIGNING_SCRIPT, PANELS_SCRIPT, SCRIPT, &editions_script()] {
            assert!(!script.contains("</script") && !script.contains("<!--"));
            for outside in ["fetch(", "XMLHttpRequest", "import ", "WebSocket", "localStorage", "sessionStorage"] {
                assert!(!script.contains(outside), "{outside}");
            }
        }
    }

    #[test]
    fn the_page_is_whole_and_allows_nothing_but_itself() {
        let page = signing_page();
        let inside = |start: &str, end: &str| page.split_once(start)?.1.split_once(end).map(|(inside, _)| inside);
        let script = inside("<script>", "</script>").expect("one script");
        let style = inside("<style>", "</style>").expect("one style");
        let policy = inside("Policy\" content=\"", "\">").expect("a policy");
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
                policy_digest(script),
                policy_digest(style)
            )
        );
        assert!(!page.contains(" style=") && !page.contains(" onclick=") && !page.contains("src=\""));
        assert!(!page.contains("{sign-panel}") && !page.contains("{key-panel}") && page.contains("id=\"make-key\""));
        assert_eq!(page.matches("<script>").count(), 1);
    }

    #[test]
    fn the_page_knows_the_editions_by_the_digests_that_documents_sign() {
        let page = signing_page();
        for file in EDITIONS {
            assert!(page.contains(&crate::domain::Digest::of(file).to_string()));
        }
    }
}
