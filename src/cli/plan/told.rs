//! What is said of a plan.

use std::collections::BTreeSet;

use navlayer::coverage::plan::{Plan, Question, Terms};
use navlayer::coverage::{CapabilityKey, Coverage, Metric};

/// How many names a sentence lists.
const LISTED: usize = 12;

/// A plan, and what it is of.
pub(super) struct Told<'a> {
    pub(super) plan: &'a Plan,
    pub(super) coverage: &'a Coverage<'a>,
    pub(super) terms: &'a Terms,
}

impl Told<'_> {
    /// `The best 3 capabilities, on top of 2 that are enabled`
    pub(super) fn title(&self) -> String {
        let title = self.plan.title();
        match self.plan.enabled {
            0 => title,
            1 => format!("{title}, on top of 1 that is enabled"),
            more => format!("{title}, on top of {more} that are enabled"),
        }
    }

    /// What it comes to, how sure it is, of how many, and what it does not say.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut all = vec![self.result(), self.plan.claim(), self.denominator()];
        all.extend(self.ample());
        all.extend(self.rest());
        all
    }

    /// `These 3 capabilities cover 136 of 215 techniques (63.3 %) and reach 74.8 of 117 (63.9 %).`
    fn result(&self) -> String {
        let Plan { before, after, reachable, .. } = self.plan;
        let techniques = counted(reachable.covered, "technique");
        let covered = share(after.covered as f64, reachable.covered as f64);
        let reached = share(after.value.value(), reachable.value.value());
        let figures = (
            format!("{} of {techniques}{covered}", after.covered),
            format!("{} of {}{reached}", after.value, reachable.value),
        );
        let (covered, reached) = figures;
        let steps = self.plan.steps.len();
        let mut text = match (self.plan.enabled, steps) {
            (0, 0) => format!("Nothing is enabled: {covered} are covered, and {reached} are reached"),
            (_, 0) => format!("What is enabled covers {covered} and reaches {reached}"),
            (0, 1) => format!("This capability covers {covered} and reaches {reached}"),
            (0, _) => format!("These {steps} capabilities cover {covered} and reach {reached}"),
            (..) => {
                let these = if steps == 1 { "this capability" } else { "these capabilities" };
                format!(
                    "What is enabled covers {} and reaches {}; together with {these} it covers {covered} and reaches \
                     {reached}",
                    before.covered, before.value
                )
            }
        };
        if self.plan.has_costs && steps > 0 {
            text += &format!(", for a cost of {}", self.plan.cost);
        }
        text + "."
    }

    /// What is counted, and of how many.
    fn denominator(&self) -> String {
        let catalog = self.coverage.catalog();
        let in_scope = self.coverage.statistics(None, None).in_scope.total();
        let is_weighted = !self.terms.weights.is_empty();
        let sum = match (self.coverage.rules().metric, is_weighted) {
            (Metric::Count, false) => "techniques that are mapped",
            (Metric::Count, true) => "the weights of techniques that are mapped",
            (_, false) => "strongest scores / 100",
            (_, true) => "weight × strongest score / 100",
        };
        let all = counted(self.plan.enabled + self.plan.open, "capability");
        format!(
            "Shares are of what all {all} together cover and reach, in sums of {sum}; {} ATT&CK {} has {} in scope.",
            catalog.domain().name(),
            catalog.version(),
            counted(in_scope, "active technique"),
        )
    }

    /// That the budget was no limit.
    fn ample(&self) -> Option<String> {
        let idle = self.plan.open - self.plan.steps.len();
        (self.plan.is_ample && idle > 0 && !self.plan.steps.is_empty())
            .then(|| format!("The other {} add nothing to these.", counted(idle, "capability")))
    }

    /// Those that add nothing to an order: because others cover all that they map, or because they map nothing.
    fn rest(&self) -> Vec<String> {
        if self.plan.question != Question::Order {
            return Vec::new();
        }
        let cells = self.coverage.cells().values();
        let mapping: BTreeSet<CapabilityKey> =
            cells.flat_map(|cell| &cell.capabilities).map(|(key, _)| *key).collect();
        let (idle, silent): (Vec<CapabilityKey>, Vec<CapabilityKey>) =
            self.plan.rest.iter().partition(|key| mapping.contains(key));
        let told = |keys: &[CapabilityKey], what: [&str; 2]| {
            let names = listed(keys.iter().map(|key| name(self.coverage, *key)));
            let count = counted(keys.len(), "capability");
            (!keys.is_empty()).then(|| format!("{count} {}: {names}.", what[usize::from(keys.len() > 1)]))
        };
        let idle = told(&idle, ["adds nothing to these", "add nothing to these"]);
        let silent = told(&silent, ["maps no technique in scope", "map no technique in scope"]);
        idle.into_iter().chain(silent).collect()
    }
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
