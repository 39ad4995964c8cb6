//! What is said of a plan.

use navlayer::attack::TechniqueId;
use navlayer::coverage::plan::{Amount, Plan, Question, Terms};
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
    /// What a technique weighs.
    pub(super) fn weight(&self, id: TechniqueId) -> Amount {
        self.terms.weights.get(&id).copied().unwrap_or(self.terms.other_weight)
    }

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

    /// `These 3 cover 146 of 215 techniques (67.9 %) and reach 74.8 of 117 (63.9 %); …`
    fn result(&self) -> String {
        let Plan { before, after, reachable, .. } = self.plan;
        let share =
            |n: f64, of: f64| if of > 0.0 { format!(" ({:.1} %)", 100.0 * n / of) } else { String::new() };
        let covered = format!(
            "{} of {}{}",
            after.covered,
            counted(reachable.covered, "technique"),
            share(after.covered as f64, reachable.covered as f64)
        );
        let reached = format!(
            "{} of {}{}",
            after.value,
            reachable.value,
            share(after.value.value(), reachable.value.value())
        );
        let steps = self.plan.steps.len();
        let who = match (self.plan.enabled, steps) {
            (0, 0) => "Nothing is enabled: it covers".to_owned(),
            (_, 0) => "What is enabled covers".to_owned(),
            (0, 1) => "This capability covers".to_owned(),
            (0, _) => format!("These {steps} capabilities cover"),
            (_, 1) => "What is enabled covers, with this capability,".to_owned(),
            (..) => format!("What is enabled covers, with these {steps} capabilities,"),
        };
        let cost = if self.plan.has_costs && steps > 0 {
            format!(" for a cost of {}", self.plan.cost)
        } else {
            String::new()
        };
        let was = if self.plan.enabled > 0 && steps > 0 {
            format!("; what is enabled alone, {} and {}", before.covered, before.value)
        } else {
            String::new()
        };
        format!("{who} {covered} and reaches {reached}{cost}{was}.").replace(
            &format!("These {steps} capabilities cover {covered} and reaches"),
            &format!("These {steps} capabilities cover {covered} and reach"),
        )
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

    /// Those that add nothing to an order.
    fn rest(&self) -> Option<String> {
        let rest = &self.plan.rest;
        if rest.is_empty() || self.plan.question != Question::Order {
            return None;
        }
        let names = listed(rest.iter().map(|key| name(self.coverage, *key)));
        let verb = if rest.len() == 1 { "adds" } else { "add" };
        Some(format!("{} {verb} nothing more: {names}.", counted(rest.len(), "capability")))
    }
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
