//! "What changed since we signed up?": what is asked and what is answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Links, address, comparison::ComparisonView, links, standing::StandingView};
use crate::{
    api::extract::Object,
    compare::{ChangedBack, Step},
    domain::{Publication, RegistrySettings, WatchItem},
    registry::{RegistryError, compare::Since},
};

/// A reader's list. The registry answers it and keeps nothing of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SinceRequest {
    /// 1 to 1,000 services.
    #[schema(min_items = 1, max_items = 1000, value_type = Vec<SinceItem>)]
    pub items: Vec<Object<SinceItem>>,
    /// The day of the last review of the whole list; then that is where each comparison begins.
    #[serde(default)]
    #[schema(example = "2026-06-30")]
    pub reviewed_on: Option<String>,
    /// `summary` (usual) or `full`, which adds every change in full.
    #[serde(default)]
    #[schema(example = "summary")]
    pub detail: Option<String>,
}

/// One service and the day on which the reader signed up.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SinceItem {
    /// `supplier/service`.
    #[schema(example = "example-learning/example-cloud")]
    pub certification: String,
    /// A day (`2019-09-04`), a month (`2019-09`) or a year (`2019`): the period's first day.
    #[schema(example = "2019-09")]
    pub signed_up_on: String,
    /// The day of the last review; then that is where the comparison begins.
    #[serde(default)]
    pub reviewed_on: Option<String>,
    /// The caller's own reference, given back unchanged.
    #[serde(default, rename = "ref")]
    #[schema(max_length = 200)]
    pub reference: Option<String>,
    /// The caller's own name for the service, shown in pages and tables.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub label: Option<String>,
}

/// What changed, a result for each item.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SinceReportView {
    /// The whole in one line.
    pub headline: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// The log's newest sequence when it was made.
    pub sequence: u64,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// In the order of the request.
    pub items: Vec<SinceResult>,
}

/// What changed for one service; or why that cannot be said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SinceResult {
    /// As it was asked.
    pub certification: String,
    /// As it was asked.
    #[serde(skip_serializing_if = "Option::is_none", rename = "ref")]
    #[schema(nullable = false)]
    pub reference: Option<String>,
    /// As it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub label: Option<String>,
    /// `unchanged`, `changed`, or `failed`. The set is open.
    #[schema(example = "changed")]
    pub outcome: String,
    /// What changed in one line, or why that cannot be said.
    pub sentence: String,
    /// `attention`, `worth_reading` or `information`; absent when nothing happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub importance: Option<String>,
    /// When it failed: a slug as in problems. The set is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code: Option<String>,
    /// The answer itself; absent when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub found: Option<SinceFound>,
}

/// What stood then, what stands now, and the way between.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SinceFound {
    /// The day on which the reader signed up.
    #[schema(format = Date)]
    pub signed_up_on: String,
    /// The day of the last review, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub reviewed_on: Option<String>,
    /// `in_force`, `first_on_day`, or `earliest_held` (the registry holds nothing from before). The set is open.
    #[schema(example = "in_force")]
    pub baseline: String,
    /// The last instant that counts as before the reader's day.
    #[schema(format = DateTime)]
    pub baseline_instant: String,
    /// Which version that is and why, in words.
    pub baseline_sentence: String,
    /// The version that stood then.
    pub from_version: u32,
    /// The version that stands now.
    pub to_version: u32,
    /// As the supplier calls the service now.
    pub service_name: String,
    /// The legal entity now.
    pub supplier_name: String,
    /// When the current change lies ahead: in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub announced: Option<String>,
    /// The certification that carries it on now, where it was sold or renamed: `supplier/service`. `to_version` is its.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub carried_on_as: Option<String>,
    /// What stands beside the current version.
    pub standing: StandingView,
    /// Each version since, compared with the one before it, oldest first.
    pub steps: Vec<SinceStep>,
    /// Answers that moved and returned: the comparison of then and now does not show them.
    pub changed_and_changed_back: Vec<ChangedBackView>,
    /// With `detail=full`: then and now compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub comparison: Option<ComparisonView>,
    /// Where more is.
    pub links: Links,
}

/// One version on the way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SinceStep {
    /// Which version.
    pub version: u32,
    /// Both of its dates in words.
    pub dates: String,
    /// What it changed, in one line.
    pub headline: String,
}

/// An answer that changed and changed back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangedBackView {
    /// Its id in the current edition.
    pub answer: String,
    /// Versions in which it moved, oldest first.
    pub versions: Vec<u32>,
    /// `attention`, `worth_reading` or `information`. The set is open.
    pub importance: String,
    /// In words.
    pub sentence: String,
}

impl SinceResult {
    /// What was found for `item`.
    pub fn found(item: SinceItem, watched: &WatchItem, since: &Since, full: bool, settings: &RegistrySettings) -> Self {
        let report = &since.report;
        let outcome = if report.steps.is_empty() && report.net.is_empty() { "unchanged" } else { "changed" };
        let step = |step: &Step| SinceStep {
            version: step.version,
            dates: step.dates.clone(),
            headline: step.headline.clone(),
        };
        let back = |back: &ChangedBack| ChangedBackView {
            answer: back.answer.to_string(),
            versions: back.versions.clone(),
            importance: back.importance.as_str().to_owned(),
            sentence: back.sentence.clone(),
        };
        let (from, to) = (report.baseline.version, report.net.new.version);
        let base = address(&watched.certification);
        let comparison = || ComparisonView::of(item.certification.clone(), &report.net, settings);
        let found = SinceFound {
            signed_up_on: watched.signed_up_on.to_string(),
            reviewed_on: watched.reviewed_on.map(|day| day.to_string()),
            baseline: report.baseline.kind.as_str().to_owned(),
            baseline_instant: report.baseline.instant.to_string(),
            baseline_sentence: report.baseline_sentence.clone(),
            from_version: from,
            to_version: to,
            service_name: report.net.new.service_name.clone(),
            supplier_name: report.net.new.supplier_name.clone(),
            carried_on_as: since.carried_on_as.as_ref().map(ToString::to_string),
            standing: StandingView::of(&since.standing),
            announced: report.announced.as_ref().map(|announced| announced.sentence.clone()),
            steps: report.steps.iter().map(step).collect(),
            changed_and_changed_back: report.changed_and_changed_back.iter().map(back).collect(),
            comparison: full.then(comparison),
            links: since_links(since, base),
        };
        SinceResult {
            certification: item.certification,
            reference: item.reference,
            label: item.label,
            outcome: outcome.to_owned(),
            sentence: report.headline.clone(),
            importance: report.importance.map(|importance| importance.as_str().to_owned()),
            code: None,
            found: Some(found),
        }
    }

    /// Why nothing can be said of `item`.
    pub fn failed(item: SinceItem, error: &RegistryError) -> Self {
        SinceResult {
            certification: item.certification,
            reference: item.reference,
            label: item.label,
            outcome: "failed".to_owned(),
            sentence: error.detail.clone(),
            importance: None,
            code: Some(error.code.to_owned()),
            found: None,
        }
    }
}

fn since_links(since: &Since, base: String) -> Links {
    let (then, now) = (&since.then.publication, &since.now.publication);
    let side =
        |publication: &Publication| format!("{}/versions/{}", address(&publication.certification), publication.version);
    let mut links = links([("then", side(then)), ("now", side(now)), ("certification", base)]);
    if then.certification == now.certification {
        let base = address(&now.certification);
        links.insert("diff", format!("{base}/diff?from={}&to={}", then.version, now.version));
    }
    links
}
