//! What is said of a plan.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use navlayer::attack::TechniqueId;
use navlayer::coverage::plan::{Amount, Course, Plan, Question, Stand, Terms};
use navlayer::coverage::threat::percent;
use navlayer::coverage::{CapabilityKey, Coverage, Metric};
use navlayer::tables::{self, Table};

use super::super::table::Sheet;

/// How many names a sentence lists.
const LISTED: usize = 12;

/// A plan, and what it is of.
pub(super) struct Told<'a> {
    pub(super) plan: &'a Plan,
    pub(super) coverage: &'a Coverage<'a>,
    pub(super) terms: &'a Terms,
    /// How far it goes against the threat that is named.
    pub(super) course: Option<&'a Course<'a>>,
}

/// What stands above the techniques of a threat of which a risk remains.
pub(super) const REMAINS: &str = "Where risk remains after the plan, most used first, of one use the weakest first (a use of 100 %: by \
                                  all actors named, or a layer's highest score; residual: use × (1 − score / 100); best: the score with every \
                                  capability)";

impl Told<'_> {
    /// `The best 3 capabilities, on top of 2 that are enabled`
    pub(super) fn title(&self) -> String {
        let mut title = self.plan.title();
        if let Some(course) = self.course.filter(|course| course.weighs(self.terms)) {
            let _ = write!(title, " against {}", course.threat().name());
        }
        match self.plan.enabled {
            0 => title,
            1 => format!("{title}, on top of 1 that is enabled"),
            more => format!("{title}, on top of {more} that are enabled"),
        }
    }

    /// What it comes to, how sure it is, of how many, and what it does not say.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut all = vec![self.result(), self.plan.claim(), self.denominator()];
        all.extend(self.unweighed());
        all.extend(self.ample());
        all.extend(self.rest());
        all.extend(self.course.into_iter().flat_map(|course| self.against(course)));
        all
    }

    /// What a use is, and what of a threat is covered before the plan and after it, and with everything.
    fn against(&self, course: &Course<'_>) -> Vec<String> {
        let (threat, all) = (course.threat(), course.after().in_scope());
        if all.total() == 0 {
            return vec![format!("Nothing that {} uses is in scope.", threat.name())];
        }
        let share = |stand: &Stand| percent(stand.weighted().unwrap_or_default());
        let of = |stand: &Stand, nouns: [&str; 2], weighted: &str| {
            format!(
                "{} of {}{} and {} of {}{} ({:.1} %{weighted})",
                stand.covered.techniques,
                all.techniques,
                nouns[0],
                stand.covered.sub_techniques,
                all.sub_techniques,
                nouns[1],
                share(stand)
            )
        };
        let weighed =
            if course.after().is_counted() { " of all use" } else { " of all use, weighted by score" };
        let in_full = |stand: &Stand| of(stand, [" techniques", " sub-techniques"], weighed);
        let last = course.steps().last().unwrap_or(course.before());
        let covered = match (self.plan.enabled, self.plan.steps.len()) {
            (0, 0) => format!("nothing is enabled, which covers {}", in_full(last)),
            (_, 0) => format!("what is enabled covers {}", in_full(last)),
            (0, _) => format!("the plan covers {}", in_full(last)),
            _ => {
                let after = of(last, ["", ""], "");
                format!(
                    "what is enabled covers {}, and together with the plan {after}",
                    in_full(course.before())
                )
            }
        };
        let residual = |weighted: f64| percent(1.0 - weighted);
        let remains = residual(last.weighted().unwrap_or_default());
        let mut text = format!(
            "Against {}, {covered}: {remains:.1} % of all use remains as residual risk.",
            threat.name()
        );
        let unreachable = residual(course.reachable().weighted().unwrap_or_default());
        if unreachable < remains {
            let capabilities = counted(self.plan.enabled + self.plan.open, "capability");
            let _ = write!(text, " All {capabilities} together leave {unreachable:.1} %.");
        }
        match course.after().out_of_scope().total() {
            0 => {}
            1 => text.push_str(" 1 more technique is used, and out of scope."),
            more => {
                let _ = write!(text, " {more} more techniques are used, and out of scope.");
            }
        }
        vec![text, threat.definition()]
    }

    /// The techniques of the threat of which a risk remains; `None` when there is none.
    pub(super) fn gaps(&self) -> Option<Sheet> {
        let rows = tables::plan_gaps(self.course?);
        (!rows.is_empty()).then(|| Sheet { table: Table::new(&rows), below: None })
    }

    /// `These 3 capabilities cover 136 of 215 techniques (63.3 %) and reach 74.8 of 117 (63.9 %).`
    fn result(&self) -> String {
        let Plan { before, after, reachable, .. } = self.plan;
        let steps = self.plan.steps.len();
        let covered = format!(
            "{} of {}{}",
            after.covered,
            counted(reachable.covered, "technique"),
            share(after.covered as f64, reachable.covered as f64)
        );
        // Where the sum counts techniques, it is the same figure.
        let (was, reached) = if self.plan.counts() {
            (String::new(), String::new())
        } else {
            let of = share(after.value.value(), reachable.value.value());
            (
                format!(" and reaches {}", before.value),
                format!(" and reaches {} of {}{of}", after.value, reachable.value),
            )
        };
        let cost = if self.plan.has_costs && steps > 0 {
            format!(", for a cost of {}", self.plan.cost)
        } else {
            String::new()
        };
        let text = match (self.plan.enabled, steps) {
            (0, 0) => format!("Nothing is enabled, which covers {covered}{reached}"),
            (_, 0) => format!("What is enabled covers {covered}{reached}"),
            (0, 1) => format!("This capability covers {covered}{reached}"),
            (0, _) => {
                format!(
                    "These {steps} capabilities cover {covered}{}",
                    reached.replacen("reaches", "reach", 1)
                )
            }
            (..) => {
                let these = if steps == 1 { "this capability" } else { "these capabilities" };
                format!(
                    "What is enabled covers {}{was}; together with {these} it covers {covered}{reached}",
                    before.covered
                )
            }
        };
        format!("{text}{cost}.")
    }

    /// What shares are of.
    fn denominator(&self) -> String {
        let catalog = self.coverage.catalog();
        let all = counted(self.plan.enabled + self.plan.open, "capability");
        let of = if self.plan.counts() {
            format!("Shares are of what all {all} together cover")
        } else {
            let sum = match (self.coverage.rules().metric, self.terms.weights.is_empty()) {
                (Metric::Count, _) => "weight over the techniques that are covered",
                (_, true) => "strongest score / 100 over the techniques",
                (_, false) => "weight × strongest score / 100 over the techniques",
            };
            format!("Shares are of what all {all} together cover, and of what they reach: the sum of {sum}")
        };
        let inactive = self.counted_ids().filter(|id| catalog.technique(**id).is_none()).count();
        let inactive = match inactive {
            0 => String::new(),
            1 => format!(", and 1 of the {} is not active in it", self.plan.reachable.covered),
            more => format!(", and {more} of the {} are not active in it", self.plan.reachable.covered),
        };
        format!(
            "{of}. {} ATT&CK {} has {} in scope{inactive}.",
            catalog.domain().name(),
            catalog.version(),
            counted(self.coverage.statistics(None, None).in_scope.total(), "active technique"),
        )
    }

    /// The techniques that count: covered, and with a weight.
    fn counted_ids(&self) -> impl Iterator<Item = &TechniqueId> {
        let cells = self.coverage.cells().iter().filter(|(_, cell)| cell.own_score.is_some());
        cells.map(|(id, _)| id).filter(|id| self.terms.weight(**id) > Amount::ZERO)
    }

    /// How many of the techniques with a weight nothing covers; of those of a threat, see [`Told::against`].
    fn unweighed(&self) -> Option<String> {
        if self.course.is_some_and(|course| course.weighs(self.terms)) {
            return None;
        }
        let weighed = self.terms.weights.iter().filter(|(_, weight)| **weight > Amount::ZERO);
        let weighed: Vec<&TechniqueId> = weighed.map(|(id, _)| id).collect();
        let is_covered =
            |id: &TechniqueId| self.coverage.cell(*id).is_some_and(|cell| cell.own_score.is_some());
        let open = weighed.iter().filter(|id| !is_covered(id)).count();
        let verb = if open == 1 { "is" } else { "are" };
        (open > 0).then(|| {
            let all = counted(weighed.len(), "technique");
            format!("Of {all} with a weight, {open} {verb} covered by no capability.")
        })
    }

    /// That the budget was no limit.
    fn ample(&self) -> Option<String> {
        let idle = self.plan.open - self.plan.steps.len();
        if !self.plan.is_ample || self.plan.steps.is_empty() {
            return None;
        }
        match idle {
            0 => None,
            1 => Some("The other capability adds nothing to these.".to_owned()),
            more => Some(format!("The other {more} capabilities add nothing to these.")),
        }
    }

    /// Those that add nothing to an order, by why.
    fn rest(&self) -> Vec<String> {
        if self.plan.question != Question::Order {
            return Vec::new();
        }
        let (scoring, mapping) = (scoring(self.coverage), mapping(self.coverage));
        let why = |key: &CapabilityKey| match (scoring.contains(key), mapping.contains(key)) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        };
        let reasons = [
            ["adds nothing to these", "add nothing to these"],
            ["maps techniques without a score", "map techniques without a score"],
            ["maps no technique in scope", "map no technique in scope"],
        ];
        let told = |(place, verbs): (usize, [&str; 2])| {
            let keys: Vec<&CapabilityKey> = self.plan.rest.iter().filter(|key| why(key) == place).collect();
            let names = listed(keys.iter().map(|key| name(self.coverage, **key)));
            let count = counted(keys.len(), "capability");
            (!keys.is_empty()).then(|| format!("{count} {}: {names}.", verbs[usize::from(keys.len() > 1)]))
        };
        reasons.into_iter().enumerate().filter_map(told).collect()
    }
}

/// The capabilities that map a technique in scope.
fn mapping(coverage: &Coverage<'_>) -> BTreeSet<CapabilityKey> {
    coverage.cells().values().flat_map(|cell| &cell.capabilities).map(|(key, _)| *key).collect()
}

/// Those of them that give one a score.
pub(super) fn scoring(coverage: &Coverage<'_>) -> BTreeSet<CapabilityKey> {
    if coverage.rules().metric == Metric::Count {
        return mapping(coverage);
    }
    let (categories, scale) = (&coverage.selection().categories, &coverage.rules().scale);
    let all = coverage.cells().values().flat_map(|cell| &cell.capabilities);
    all.filter(|(_, levels)| levels.score(categories, scale).is_some()).map(|(key, _)| *key).collect()
}

/// ` (63.9 %)`: never 0 or 100 for what is neither.
fn share(n: f64, of: f64) -> String {
    if of <= 0.0 {
        return String::new();
    }
    if n >= of {
        return " (100 %)".to_owned();
    }
    if n <= 0.0 {
        return " (0 %)".to_owned();
    }
    format!(" ({:.1} %)", (100.0 * n / of).clamp(0.1, 99.9))
}

/// A capability's name.
pub(super) fn name<'c>(coverage: &'c Coverage<'_>, key: CapabilityKey) -> &'c str {
    &coverage.sets()[key.set].capabilities[key.capability].name
}

/// Names with commas; of many the first ones.
pub(super) fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let shown: Vec<&str> = names.take(LISTED).collect();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    shown.join(", ") + &more
}

/// `1 technique`, `3 capabilities`
pub(super) fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// A sentence in lines of at most so many characters, without what a terminal would obey.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in super::findings::clean(text).split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}
