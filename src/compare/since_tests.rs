//! Since-reports, histories and promptness, on a made-up supplier.

use super::{
    Baseline, BaselineKind, FreshnessState, Importance, Lag, Promptness, Reader, ReaderDay, SinceReport, StandingFact,
    TextOptions, baseline, history, in_force, of_supplier, promptness, since,
    testing::{Made, day, id, made},
};
use crate::domain::{
    ChangeKind, Code, Freshness,
    version::{PromptnessFacts, Publication},
};

fn publications(versions: &[&Made]) -> Vec<Publication> {
    versions.iter().map(|made| made.publication.clone().expect("it is published")).collect()
}

/// Five versions: an edit and its return, a lowered code, a correction, a re-affirmation.
fn versions() -> Vec<Made> {
    let one = made();
    let two = one.next("2024-03-01").says("q5.10", "Yes. All data is securely erased within 30 days.");
    let three = two
        .next("2024-09-01")
        .says("q5.10", "Yes. All data is securely erased after 60 days.")
        .code("q5.7", Code::Amber);
    let four = three.next("2025-09-04").code("q3.1", Code::Amber).corrects("q3.1", "2025-01-10");
    let five = four.next("2026-06-04").kind(ChangeKind::Reaffirmation);
    vec![one, two, three, four, five]
}

fn report(signed_up: &str) -> SinceReport {
    report_of(&versions(), signed_up, ReaderDay::SignedUp)
}

fn report_of(versions: &[Made], on: &str, kind: ReaderDay) -> SinceReport {
    let all = publications(&versions.iter().collect::<Vec<_>>());
    let found = baseline(day(on), &all).expect("something is published");
    let sides: Vec<_> = versions.iter().filter(|made| made.content.version >= found.version).map(Made::side).collect();
    since(Reader { day: day(on), kind }, found, &sides, day("2026-11-21")).expect("there are versions")
}

#[test]
fn the_baseline_is_what_the_reader_knew_before_their_day() {
    let versions = versions();
    let all = publications(&versions.iter().collect::<Vec<_>>());
    let find = |on: &str| {
        let Baseline { version, kind, .. } = baseline(day(on), &all).expect("something is published");
        (version, kind)
    };
    assert_eq!(find("2024-06-01"), (2, BaselineKind::InForce));
    // On the day of version 4 itself, the reader may have seen version 3: the change is shown.
    assert_eq!(find("2025-09-04"), (3, BaselineKind::InForce));
    assert_eq!(find("2025-09-05"), (4, BaselineKind::InForce));
    assert_eq!(find("2023-09-04"), (1, BaselineKind::FirstOnDay));
    assert_eq!(find("2019-01-01"), (1, BaselineKind::EarliestHeld));
    assert_eq!(baseline(day("2019-01-01"), &[]), None);
    // In summer the day begins an hour earlier in UTC: what was published in that hour belongs to the day.
    let mut late = all[..1].to_vec();
    late[0].published_at = "2024-06-30T23:30:00Z".parse().expect("an instant");
    assert_eq!(baseline(day("2024-07-01"), &late).expect("one").kind, BaselineKind::FirstOnDay);
    assert_eq!(baseline(day("2024-07-02"), &late).expect("one").kind, BaselineKind::InForce);
    // Two in one second: the registry's sequence decides.
    let mut twins = all[..2].to_vec();
    twins[0].published_at = twins[1].published_at;
    assert_eq!(in_force(&twins, twins[0].published_at).map(|found| found.version), Some(2));
}

#[test]
fn the_report_tells_the_net_change_the_steps_and_what_came_back() {
    let report = report("2023-10-01");
    assert_eq!(
        report.headline,
        "2 of 10 answers changed: 1 green to amber, 1 was corrected. 2 need your attention. Last confirmed on 4 June \
         2026. 1 answer changed and changed back."
    );
    assert_eq!(report.baseline_sentence, "Version 1, in force at the start of 1 October 2023, when you signed up.");
    assert_eq!(report.steps.len(), 4);
    let [back] = report.changed_and_changed_back.as_slice() else { panic!("one came back") };
    assert_eq!((back.answer, back.versions.as_slice()), (id("q5.10"), &[2, 3][..]));
    assert_eq!(back.sentence, "Q 5.10 changed in version 2 and changed back in version 3.");
    let corrected = report.net.changes.iter().find(|change| change.about.key() == "q3.1").expect("it changed");
    assert_eq!(
        corrected.sentence,
        "Changed from GREEN to AMBER. Supplier's correction: wrong from 10 January 2025, after you signed up, until 4 \
         September 2025."
    );
    assert_eq!(report.importance, Some(Importance::Attention));
}

#[test]
fn a_correction_that_a_later_version_overtook_is_still_told() {
    let one = made();
    let two = one.next("2024-03-01").says("q5.7", "Yes. Databases only.").corrects("q5.7", "2023-12-01");
    let three = two.next("2024-04-01").says("q5.7", "Yes. Our service does what was asked here in every respect.");
    let report = report_of(&[one, two, three], "2023-10-01", ReaderDay::Reviewed);
    let change = &report.net.changes[0];
    assert_eq!((change.about.key().as_str(), change.reason), ("q5.7", "corrected"));
    assert!(change.sentence.contains("wrong from 1 December 2023, after your last review, until 1 March 2024."));
}

#[test]
fn nothing_new_is_said_in_one_line() {
    assert_eq!(report("2025-10-01").headline, "No new version since 1 October 2025. Last confirmed on 4 June 2026.");
    assert_eq!(report("2026-07-01").headline, "No new version since 1 July 2026. Last confirmed on 4 June 2026.");
    let mut back = versions();
    back.truncate(2);
    back.push(back[1].next("2024-09-01").says("q5.10", "Yes. All data is securely erased after 60 days."));
    let report = report_of(&back, "2023-10-01", ReaderDay::SignedUp);
    assert_eq!(report.headline, "Nothing differs from version 1 any more. 1 answer changed and changed back.");
}

#[test]
fn an_early_reader_is_told_that_the_registry_holds_nothing_from_then() {
    let mut transcription = made().transcribed();
    transcription.content.change.not_before = Some(day("2018-05-25"));
    transcription.content.change.not_after = Some(day("2020-07-16"));
    let report = report_of(&[transcription.published("2026-11-21")], "2019-01-01", ReaderDay::SignedUp);
    assert_eq!(
        report.headline,
        "No new version since the earliest statement held here (21 November 2026). Never confirmed by the supplier."
    );
    assert_eq!(
        report.baseline_sentence,
        "The registry holds nothing from before 21 November 2026; this compares with the earliest statement held, \
         version 1 (transcribed from the supplier's published statement, not signed by the supplier, who published it \
         between 25 May 2018 and 16 July 2020)."
    );
}

#[test]
fn what_lies_ahead_is_announced() {
    let mut all = versions();
    let six = all[4]
        .next("2026-11-20")
        .code("q6.6", Code::Amber)
        .edit(|draft| draft.change.effective_on = Some(day("2026-12-15")));
    all.push(six);
    let report = report_of(&all, "2026-07-01", ReaderDay::SignedUp);
    assert_eq!(
        report.headline,
        "1 of 10 answers changed: 1 green to amber. Announced for 15 December 2026. 1 needs your attention."
    );
    let announced = report.announced.expect("it lies ahead");
    assert_eq!((announced.version, announced.until_then), (6, Some(5)));
    assert_eq!(announced.sentence, "Announced for 15 December 2026; until then version 5.");
}

#[test]
fn the_history_of_an_answer_names_every_version_that_changed_it() {
    let versions = versions();
    let sides: Vec<_> = versions.iter().map(Made::side).collect();
    let answer = history(&sides, id("q5.10")).expect("it is asked");
    assert_eq!(answer.sentence, "stands unchanged since version 3 (1 September 2024)");
    let numbers: Vec<u32> = answer.entries.iter().map(|entry| entry.version.version).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(
        answer.entries[1].change.as_ref().map(|change| change.sentence.as_str()),
        Some("Still GREEN. 'after 60 days' became 'within 30 days'.")
    );
    assert!(answer.entries[2].change.is_none());
    assert_eq!(
        history(&sides, id("q9.1")).expect("it is asked").sentence,
        "stands unchanged since version 1 (4 September 2023)"
    );
    assert_eq!(history(&sides, id("q7.7")), None);
    // Through a change of edition, and where the answer is new there.
    let newer = [made(), made().next("2024-09-01").in_newer_edition()];
    let sides: Vec<_> = newer.iter().map(Made::side).collect();
    assert_eq!(history(&sides, id("q5.10")).expect("it is asked").unchanged_since, 1);
    assert_eq!(history(&sides, id("q9.2")).expect("it is asked").unchanged_since, 2);
}

#[test]
fn a_report_is_written_with_its_steps_and_what_came_back() {
    let report = report("2023-10-01");
    let text = report.text(&TextOptions { marked_text: false, width: None, ansi: false });
    insta::assert_snapshot!(text, @r##"
    What changed since you signed up: Example Cloud (Example Learning Ltd)
    Then  Version 1, in force at the start of 1 October 2023, when you signed up.
    Now   Version 5, published here on 4 June 2026; the supplier confirmed it without a change

    2 of 10 answers changed: 1 green to amber, 1 was corrected. 2 need your attention. Last confirmed on 4 June 2026. 1 answer changed and changed back.

    Needs your attention
      Q 3.1  Does your standard contract fully comply with the DPA?
        Changed from GREEN to AMBER. Supplier's correction: wrong from 10 January 2025, after you signed up, until 4 September 2025.
        What you might do: Ask the supplier about q3.1.
        A single Amber is not necessarily a negative.
      Q 5.7  Does your cloud service ensure that data at rest is encrypted?
        Changed from GREEN to AMBER.
        What you might do: Ask the supplier about q5.7.
        A single Amber is not necessarily a negative.

    For information
      Version
        Version 5 confirms again what stood before it.

    Changed and changed back
      Q 5.10 changed in version 2 and changed back in version 3.

    Step by step
      Version 2, published here on 1 March 2024; the supplier gives no date from which it applies; no change date given. 1 of 10 answers changed: 1 kept its colour and changed words.
      Version 3, published here on 1 September 2024; the supplier gives no date from which it applies; no change date given. 2 of 10 answers changed: 1 green to amber, 1 kept its colour and changed words. 1 needs your attention.
      Version 4, published here on 4 September 2025; the supplier gives no date from which it applies; no change date given. 1 of 10 answers changed: 1 was corrected. 1 needs your attention.
      Version 5, published here on 4 June 2026; the supplier confirmed it without a change. No new version since 4 September 2025. Last confirmed on 4 June 2026.
    "##);
    let markdown = report.markdown();
    let html = report.html_page();
    for said in
        ["Changed and changed back", "Q 5.10 changed in version 2 and changed back in version 3.", "Step by step"]
    {
        assert!(markdown.contains(said) && html.contains(said), "{said}");
    }
    assert!(html.contains("<title>What changed since you signed up: Example Cloud"));
}

#[test]
fn a_withdrawal_stands_in_the_headline_of_a_report() {
    let report = report("2026-07-01").with_standing(&[StandingFact::Withdrawn(day("2026-10-01"))]);
    assert_eq!(
        report.headline,
        "No answer changed. Withdrawn on 1 October 2026. 1 needs your attention. Last confirmed on 4 June 2026."
    );
    assert_eq!(report.importance, Some(Importance::Attention));
}

fn fact(kind: ChangeKind, published: &str, changed: Option<&str>) -> PromptnessFacts {
    PromptnessFacts {
        kind,
        published_at: day(published).starts_at(),
        service_changed_on: changed.map(day),
        wrong_since: None,
        wording_only: false,
    }
}

fn measured(facts: &[PromptnessFacts]) -> Promptness {
    promptness(facts, Freshness::default(), day("2026-11-21"))
}

#[test]
fn promptness_is_the_lag_from_the_change_to_its_publication() {
    use ChangeKind::{Initial, Reaffirmation, Transcription, Update};
    let wording = PromptnessFacts { wording_only: true, ..fact(Update, "2026-06-01", None) };
    let corrected =
        PromptnessFacts { wrong_since: Some(day("2026-01-01")), ..fact(Update, "2026-07-01", Some("2026-06-20")) };
    let facts = [
        fact(Transcription, "2025-01-01", None),
        fact(Initial, "2025-02-01", None),
        fact(Update, "2025-03-01", Some("2025-02-19")),
        fact(Update, "2025-04-01", None),
        fact(Update, "2025-05-01", Some("2025-05-08")),
        wording,
        corrected,
        fact(Reaffirmation, "2026-08-01", None),
    ];
    let found = measured(&facts);
    let days = [Lag::Days(10), Lag::NoDateGiven, Lag::Days(-7), Lag::WordingOnly, Lag::Days(181), Lag::NotMeasured];
    assert_eq!(found.lags[2..], days);
    assert_eq!((found.median_days, found.worst_days, found.latest_days), (Some(10), Some(181), Some(181)));
    assert_eq!((found.with_date, found.updates, found.share_with_date()), (3, 4, Some(75)));
    assert_eq!((found.own_versions, found.quiet), (7, false));
    assert_eq!(found.days_since_affirmed, Some(112));
    assert_eq!(
        found.sentence(),
        "Updates follow the change by 10 days (median), 181 at most. 3 of 4 updates give a change date. Last affirmed on \
         1 August 2026."
    );
}

#[test]
fn a_certification_is_due_after_eleven_months_and_lapsed_after_twelve() {
    let since = |published: &str| measured(&[fact(ChangeKind::Initial, published, None)]).freshness;
    assert_eq!(since("2025-12-22"), FreshnessState::Affirmed);
    assert_eq!(since("2025-12-21"), FreshnessState::Due);
    assert_eq!(since("2025-11-22"), FreshnessState::Due);
    assert_eq!(since("2025-11-21"), FreshnessState::Lapsed);
    assert_eq!(measured(&[fact(ChangeKind::Transcription, "2026-11-01", None)]).freshness, FreshnessState::Never);
}

#[test]
fn only_re_affirming_is_quiet_not_prompt_and_a_supplier_is_all_its_services() {
    use ChangeKind::{Initial, Reaffirmation, Transcription, Update};
    let quiet = measured(&[fact(Initial, "2025-02-01", None), fact(Reaffirmation, "2026-02-01", None)]);
    assert!(quiet.quiet);
    assert!(quiet.sentence().starts_with("Quiet: only re-affirmed so far."));
    let busy = measured(&[fact(Initial, "2025-02-01", None), fact(Update, "2026-09-11", Some("2026-09-01"))]);
    let lone = measured(&[fact(Transcription, "2026-11-01", None)]);
    let all = of_supplier(&[quiet.clone(), busy, lone.clone()], day("2026-11-21")).expect("three services");
    assert_eq!((all.median_days, all.latest_days, all.quiet), (Some(10), Some(10), false));
    assert_eq!(all.last_affirmed_on, Some(day("2026-02-01")));
    assert!(all.sentence().ends_with("Longest without confirmation: since 1 February 2026."), "{}", all.sentence());
    assert!(of_supplier(&[quiet, lone], day("2026-11-21")).expect("two services").quiet);
    assert_eq!(of_supplier(&[], day("2026-11-21")), None);
}
