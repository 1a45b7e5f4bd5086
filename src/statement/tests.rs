//! What readers see, and what hostile words cannot do.

mod hostile;
mod sample;

use super::*;
use crate::domain::{Code, Digest, Draft};

fn facts() -> Facts {
    Facts {
        published_at: "2026-11-21T09:30:00Z".parse().ok(),
        digest: Some(Digest::of(b"document")),
        sequence: Some(7),
        address: Some("https://certreg.example/v1/certifications/example-learning/example-cloud/versions/3".to_owned()),
        simulated_dates: true,
        notices: vec!["A later version exists.".to_owned()],
    }
}

fn view(draft: &Draft) -> StatementView {
    StatementView::new(draft, &sample::edition(), &facts(), None)
}

#[test]
fn reads_like_the_schools_own_template() {
    insta::assert_snapshot!(view(&sample::draft()).text(), @r#"
    Cloud Software Services for Schools
    Supplier self-certification statements with service and support commitments

      Example Cloud - Example Learning Ltd

    A later version exists.
    Self-certified; not checked by the Department. Signed by two people at the
    company.

    SUPPLIER DETAILS

      Supplier name: Example Learning Ltd
      Address: Words of the supplier., Words of the supplier.
      Contact email: privacy@example.org
      Contact telephone: +44 1274 713425
      Service: Example Cloud
      Fuller details: https://example.org

    ABOUT THIS VERSION

      Version: 3 (an update)
      Published here: 21 November 2026 (2026-11-21T09:30:00Z; simulated date)
      The supplier says it applies from: no date given
      The supplier says the service changed on: no date given
      Completed on: 21 November 2026
      Completed by: Data Protection Officer
      Verified by: Director of Technology
      Wording answered: A small checklist (small,
      sha256:6a3be761036549131b35f41209a76f395f0e49370ca37e2f27b32770c6c30d8e)
      Document:
      sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008
      Place in the log: 7
      Address of this version:
      https://certreg.example/v1/certifications/example-learning/example-cloud/versions/3
      Supplier's correction: Q 4.2 was wrong from 10 January 2026 on
        Words of the supplier.

    1. SUPPLIER COMMITMENTS

      In order that schools can be confident regarding the accuracy of the
      self-certification statements made in respect of the Example Cloud service,
      the supplier confirms:
        - that it was verified by the Director of Technology who is a senior company
        official
        - (not made) that they will update promptly

    2. USING THE SUPPLIER RESPONSES

      Every school has to be satisfied.

      ● Green: supplier says it fully meets this
          It fully meets the issue.

      ▲ Amber: supplier cannot fully confirm this
          It cannot be confirmed.
          A single "Amber" is not necessarily a negative.

    4. SUPPLIER RESPONSE - DATA

      Example Learning Ltd answers for Example Cloud, see https://example.org.

      Q 4.1 - Do you act as a data controller?
        ● Green: read the statement

          Words of the supplier.

          Words of the supplier.

      About encryption.

      Q 4.2 - Is data encrypted?
        ▲ Amber: supplier cannot fully confirm this
          (A single "Amber" is not necessarily a negative.)

          Words of the supplier.

          Words of the supplier.

          Evidence: Words of the supplier.
            https://example.org/a_b?c=1&d=*2*
            dated 31 January 2026

      Q 4.10 - Do you transfer data?
        ○ No code yet

          No statement yet.

    APPENDIX 1: AVAILABILITY AND EXTENT OF SUPPORT AVAILABLE TO SCHOOLS WHEN USING
    CLOUD SOFTWARE SERVICES

      3.1 Addressing Serious Incidents

        Give a UK phone number.

        Supplier response:
          Words of the supplier.

          Contact: +44 1274 713425 · support@example.org · Words of the supplier.
    "#);
}

#[test]
fn writes_markdown_that_quotes_the_supplier() {
    insta::assert_snapshot!(view(&sample::draft()).markdown(), @r#"
    # Cloud Software Services for Schools

    *Supplier self-certification statements with service and support commitments*

    **Example Cloud** – Example Learning Ltd

    A later version exists.

    Self-certified; not checked by the Department. Signed by two people at the company.

    ## Supplier details

    - **Supplier name:** Example Learning Ltd
    - **Address:** Words of the supplier., Words of the supplier.
    - **Contact email:** privacy@example.org
    - **Contact telephone:** +44 1274 713425
    - **Service:** Example Cloud
    - **Fuller details:** https://example.org

    ## About this version

    - **Version:** 3 (an update)
    - **Published here:** 21 November 2026 (2026-11-21T09:30:00Z; simulated date)
    - **The supplier says it applies from:** no date given
    - **The supplier says the service changed on:** no date given
    - **Completed on:** 21 November 2026
    - **Completed by:** Data Protection Officer
    - **Verified by:** Director of Technology
    - **Wording answered:** A small checklist (small, sha256:6a3be761036549131b35f41209a76f395f0e49370ca37e2f27b32770c6c30d8e)
    - **Document:** sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008
    - **Place in the log:** 7
    - **Address of this version:** https://certreg.example/v1/certifications/example-learning/example-cloud/versions/3
    - **Supplier's correction:** Q 4.2 was wrong from 10 January 2026 on

    > Words of the supplier.

    ## 1. Supplier commitments

    In order that schools can be confident regarding the accuracy of the self-certification statements made in respect of the Example Cloud service, the supplier confirms:

    - that it was verified by the Director of Technology who is a senior company official
    - (not made) that they will update promptly

    ## 2. Using the Supplier Responses

    Every school has to be satisfied.

    - ● **Green: supplier says it fully meets this.** It fully meets the issue.
    - ▲ **Amber: supplier cannot fully confirm this.** It cannot be confirmed. *A single "Amber" is not necessarily a negative.*

    ## 4. Supplier Response - Data

    Example Learning Ltd answers for Example Cloud, see https://example.org.

    ### Q 4.1 – Do you act as a data controller?

    ● **Green: read the statement**

    > Words of the supplier.
    >
    > Words of the supplier.

    *About encryption.*

    ### Q 4.2 – Is data encrypted?

    ▲ **Amber: supplier cannot fully confirm this**

    *A single "Amber" is not necessarily a negative.*

    > Words of the supplier.
    >
    > Words of the supplier.

    - Evidence: [Words of the supplier.](<https://example.org/a_b?c=1&d=*2*>) (dated 31 January 2026)

    ### Q 4.10 – Do you transfer data?

    ○ **No code yet**

    *No statement yet.*

    ## Appendix 1: Availability and extent of support available to schools when using cloud software services

    ### 3.1 Addressing Serious Incidents

    *Give a UK phone number.*

    Supplier response:

    > Words of the supplier.

    - Contact: +44 1274 713425 · support@example.org · Words of the supplier.
    "#);
}

#[test]
fn writes_a_row_an_answer() {
    insta::assert_snapshot!(view(&sample::draft()).csv(), @r#"
    id,question,code,statement,evidence,contacts
    q4.1,Do you act as a data controller?,green,"Words of the supplier.

    Words of the supplier.",,
    q4.2,Is data encrypted?,amber,"Words of the supplier.

    Words of the supplier.",Words of the supplier.: https://example.org/a_b?c=1&d=*2* (dated 31 January 2026),
    q4.10,Do you transfer data?,,,,
    s3.1,3.1 Addressing Serious Incidents,,Words of the supplier.,,'+44 1274 713425 · support@example.org · Words of the supplier.
    "#);
}

#[test]
fn says_what_a_transcription_is() {
    let view = view(&sample::transcription());
    insta::assert_snapshot!(view.assurance.join("\n"), @r#"
    A later version exists.
    Transcribed from the supplier's published statement; not signed by the supplier.
    Never confirmed by the supplier, who may claim it by publishing a first statement of its own, ask the Department to correct it, or object to it.
    "#);
    let record: Vec<String> = view.record.iter().map(|row| format!("{}: {}", row.label, row.value)).collect();
    insta::assert_snapshot!(record.join("\n"), @r#"
    Version: 3 (a transcription)
    Published here: 21 November 2026 (2026-11-21T09:30:00Z; simulated date)
    Verified by: a person whose name is kept apart
    First published by the supplier: between 1 January 2015 and 31 December 2016
    Transcribed from: Statement as published (sha256:3b9c358f36f0a31b6ad3e14f309c7cf198ac9246e8316f9ce543d5b19ac02b80)
    Wording answered: A small checklist (small, sha256:6a3be761036549131b35f41209a76f395f0e49370ca37e2f27b32770c6c30d8e)
    Document: sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008
    Place in the log: 7
    Address of this version: https://certreg.example/v1/certifications/example-learning/example-cloud/versions/3
    "#);
    assert!(view.text().contains("○ Not recorded\n"));
    assert!(view.key.last().unwrap().meaning.contains("Nothing is guessed"));
    assert!(view.text().contains("The published statement holds no answer here."));
    assert!(view.html().contains("content=\"noindex\""));
    assert!(!self::view(&sample::draft()).html().contains("noindex"));
}

#[test]
fn says_how_many_signed_and_what_nobody_checked() {
    let mut draft = sample::draft();
    let last = |draft: &Draft, facts: &Facts| {
        StatementView::new(draft, &sample::edition(), facts, None).assurance.pop().unwrap()
    };
    let two = "Self-certified; not checked by the Department. Signed by two people at the company.";
    assert_eq!(last(&draft, &facts()), two);
    assert_eq!(last(&draft, &Facts::default()), "Draft: not published.");
    draft.official = None;
    let one = "Self-certified; not checked by the Department. Signed by one person; not independently verified.";
    assert_eq!(last(&draft, &facts()), one);
}

#[test]
fn names_persons_only_through_the_resolver() {
    let name = |person: Digest| (person == Digest::of(b"official")).then(|| "Jo [supplier] Doe".to_owned());
    let draft = sample::draft();
    let without = view(&draft).text();
    assert!(without.contains("verified by the Director of Technology who is"), "{without}");
    assert!(!without.contains("Contact name"));
    let with = StatementView::new(&draft, &sample::edition(), &facts(), Some(&name)).text();
    assert!(with.contains("verified by Jo [supplier] Doe (Director of Technology) who"), "{with}");
    assert!(with.contains("Completed by: Data Protection Officer\n"));
}

#[test]
fn hides_no_answer_that_the_edition_does_not_ask_for() {
    let mut draft = sample::draft();
    let answer = draft.responses[&"q4.1".parse().unwrap()].clone();
    draft.responses.insert("q9.9".parse().unwrap(), answer);
    draft.support.insert("s9.9".parse().unwrap(), draft.support[&"s3.1".parse().unwrap()].clone());
    for rendering in [view(&draft).text(), view(&draft).markdown(), view(&draft).html(), view(&draft).csv()] {
        assert!(rendering.contains("9.9"));
    }
}

#[test]
fn shows_the_caveat_with_amber_only() {
    let sections = view(&sample::draft()).sections;
    let caveats: Vec<bool> = sections[0].answers.iter().map(|answer| answer.caveat.is_some()).collect();
    assert_eq!(caveats, [false, true, false]);
    assert_eq!(sections[0].answers[0].code, code_words(Some(Code::Green), crate::domain::edition::Polarity::Neutral));
}
