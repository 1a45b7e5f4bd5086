//! The renderings of one comparison, side by side, and what hostile text becomes in each.

use crate::{
    compare::{
        TextOptions,
        testing::{Made, made},
        versions,
    },
    domain::Code,
};

fn example() -> (Made, Made) {
    let old = made();
    let new = old
        .next("2026-11-02")
        .code("q5.7", Code::Amber)
        .says("q5.7", "Yes. Our service does what was asked here in most respects.")
        .says("q5.10", "Yes. All data is securely erased within 30 days.");
    (old, new)
}

#[test]
fn text_shows_sentences_marks_advice_and_caveat() {
    let (old, new) = example();
    let text = versions(old.side(), new.side()).text(&TextOptions { width: Some(90), ..TextOptions::default() });
    insta::assert_snapshot!(text, @r##"
    What changed: Example Cloud (Example Learning Ltd)
    Then  Version 1, published here on 4 September 2023; the supplier gives no date from which
          it applies
    Now   Version 2, published here on 2 November 2026; the supplier gives no date from which
          it applies; no change date given

    2 of 10 answers changed: 1 green to amber, 1 kept its colour and changed words. 1 needs
    your attention.

    Needs your attention
      Q 5.7  Does your cloud service ensure that data at rest is encrypted?
        Changed from GREEN to AMBER. 'every respect' became 'most respects'.
          Yes. Our service does what was asked here in [removed: every respect] [added: most
          respects].
        What you might do: Ask the supplier about q5.7.
        A single Amber is not necessarily a negative.

    Worth reading
      Q 5.10  Does your service provide defined timescales for deletion?
        Still GREEN. 'after 60 days' became 'within 30 days'.
          Yes. All data is securely erased [removed: after 60 days] [added: within 30 days].
    "##);
}

#[test]
fn markdown_shows_the_same() {
    let (old, new) = example();
    insta::assert_snapshot!(versions(old.side(), new.side()).markdown(), @r##"
    # What changed: Example Cloud (Example Learning Ltd)

    - **Then** Version 1, published here on 4 September 2023; the supplier gives no date from which it applies
    - **Now** Version 2, published here on 2 November 2026; the supplier gives no date from which it applies; no change date given

    **2 of 10 answers changed: 1 green to amber, 1 kept its colour and changed words. 1 needs your attention.**

    ## Needs your attention

    ### Q 5.7

    Does your cloud service ensure that data at rest is encrypted?

    Green: supplier says it fully meets this → Amber: supplier cannot fully confirm this

    Changed from GREEN to AMBER. 'every respect' became 'most respects'.

    > Yes. Our service does what was asked here in ~~\[removed: every respect\]~~ **\[added: most respects\]**.

    What you might do: Ask the supplier about q5.7.

    A single Amber is not necessarily a negative.

    ## Worth reading

    ### Q 5.10

    Does your service provide defined timescales for deletion?

    Still GREEN. 'after 60 days' became 'within 30 days'.

    > Yes. All data is securely erased ~~\[removed: after 60 days\]~~ **\[added: within 30 days\]**.
    "##);
}

#[test]
fn html_shows_the_same() {
    let (old, new) = example();
    insta::assert_snapshot!(versions(old.side(), new.side()).html(), @r##"
    <dl class="versions">
      <div><dt>Then</dt><dd>Version 1, published here on 4 September 2023; the supplier gives no date from which it applies</dd></div>
      <div><dt>Now</dt><dd>Version 2, published here on 2 November 2026; the supplier gives no date from which it applies; no change date given</dd></div>
    </dl>
    <p class="headline"><strong>2 of 10 answers changed: 1 green to amber, 1 kept its colour and changed words. 1 needs your attention.</strong></p>
    <section>
    <h2>Needs your attention</h2>
    <article id="q5.7">
    <h3>Q 5.7</h3>
    <p class="asked">Does your cloud service ensure that data at rest is encrypted?</p>
    <p><span class="code green"><span aria-hidden="true">●</span> Green: supplier says it fully meets this</span> → <span class="code amber"><span aria-hidden="true">▲</span> Amber: supplier cannot fully confirm this</span></p>
    <p class="sentence">Changed from GREEN to AMBER. &#39;every respect&#39; became &#39;most respects&#39;.</p>
    <div class="marked">
    <p>Yes. Our service does what was asked here in <del>[removed: every respect]</del> <ins>[added: most respects]</ins>.</p>
    </div>
    <details>
    <summary>Read the two versions in full</summary>
    <h4>Before</h4>
    <p>Yes. Our service does what was asked here in every respect.</p>
    <h4>After</h4>
    <p>Yes. Our service does what was asked here in most respects.</p>
    </details>
    <p class="advice">What you might do: Ask the supplier about q5.7.</p>
    <p class="caveat">A single Amber is not necessarily a negative.</p>
    </article>
    </section>
    <section>
    <h2>Worth reading</h2>
    <article id="q5.10">
    <h3>Q 5.10</h3>
    <p class="asked">Does your service provide defined timescales for deletion?</p>
    <p class="sentence">Still GREEN. &#39;after 60 days&#39; became &#39;within 30 days&#39;.</p>
    <div class="marked">
    <p>Yes. All data is securely erased <del>[removed: after 60 days]</del> <ins>[added: within 30 days]</ins>.</p>
    </div>
    <details>
    <summary>Read the two versions in full</summary>
    <h4>Before</h4>
    <p>Yes. All data is securely erased after 60 days.</p>
    <h4>After</h4>
    <p>Yes. All data is securely erased within 30 days.</p>
    </details>
    </article>
    </section>
    "##);
}

/// Markup for every rendering, and a code that would turn a terminal's text invisible.
const HOSTILE: &str =
    "<script>alert(1)</script> [x](javascript:alert) ![y](https://evil.example/p.png) **b** \x1b[8m www.evil.example";

#[test]
fn what_a_supplier_writes_is_text_in_every_rendering() {
    let old = made();
    let new = old.next("2026-11-02").says("q5.7", HOSTILE).edit(|draft| {
        draft.service_name = HOSTILE.into();
        draft.supplier_name = HOSTILE.into();
        draft.change.summary = vec![HOSTILE.into()];
        draft.contact.as_mut().expect("one").email = Some(HOSTILE.into());
    });
    let comparison = versions(old.side(), new.side());
    for html in [comparison.html(), comparison.html_page()] {
        assert!(!html.contains("<script") && html.contains("&#60;script&#62;"), "{html}");
    }
    let markdown = comparison.markdown();
    for raw in ["<script", "[x]", "![y]", "**b", "://", ".evil.example"] {
        // Each stands there, and each time it is escaped.
        let escaped = markdown.matches(&format!("\\{raw}")).count();
        let all = markdown.matches(raw).count();
        assert_eq!(escaped, all - markdown.matches(&format!("/{raw}")).count(), "{raw} in {markdown}");
    }
    assert!(!comparison.text(&TextOptions::default()).contains('\x1b'));
    assert!(comparison.text(&TextOptions { ansi: true, ..TextOptions::default() }).matches("\x1b[8m").count() == 0);
}

#[test]
fn a_page_stands_by_itself() {
    let (old, new) = example();
    let page = versions(old.side(), new.side()).html_page();
    assert!(page.starts_with("<!doctype html>") && page.contains("<title>What changed: Example Cloud"));
    for outside in ["src=", "href=", "url(", "@import", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}
