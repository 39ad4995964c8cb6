//! "Did you mean": the nearest of the names that would have been right.

/// The candidate nearest to what was typed, when one is near enough to be what was meant.
///
/// Case does not count. Ties go to the candidate that comes first.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    several(typed, candidates, 1).pop()
}

/// Suggestions to what a file says, and against what it says: as many as cost little.
#[derive(Debug)]
pub(crate) struct Suggestions {
    /// How many pairs of bytes may still be compared.
    left: usize,
}

impl Default for Suggestions {
    fn default() -> Self {
        Self { left: 10_000_000 }
    }
}

impl Suggestions {
    /// Among how many names one is looked for.
    const MOST: usize = 500;

    /// The candidate nearest to what was typed; `None` also when there are too many, or too many were asked for.
    pub(crate) fn nearest<'a>(
        &mut self,
        typed: &str,
        candidates: impl ExactSizeIterator<Item = &'a str> + Clone,
    ) -> Option<&'a str> {
        if typed.len() > LONGEST || candidates.len() > Self::MOST {
            return None;
        }
        let cost = candidates.clone().map(|one| typed.len() * one.len().min(LONGEST)).sum();
        self.left = self.left.checked_sub(cost)?;
        nearest(typed, candidates)
    }
}

/// Beyond this, in bytes, nobody mistypes, and the distance's cost grows with the product of the lengths.
const LONGEST: usize = 200;

/// The up to `most` nearest candidates, nearest first.
#[must_use]
pub fn several<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    if typed.len() > LONGEST {
        return Vec::new();
    }
    let lower = typed.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (likeness(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut names: Vec<&str> = Vec::new();
    for (_, name) in scored {
        if names.len() < most && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// From 0 to 1. A word of the name counts nearly as much as the name: "guardduty" means "Amazon GuardDuty".
fn likeness(typed: &str, candidate: &str) -> f64 {
    let whole = strsim::normalized_damerau_levenshtein(typed, candidate)
        .max(strsim::jaro_winkler(typed, candidate) - 0.12);
    let word = candidate
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(|word| strsim::normalized_damerau_levenshtein(typed, word))
        .fold(0.0, f64::max);
    whole.max(word - 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(nearest("Protct", ["Protect", "Detect", "Respond"]), Some("Protect"));
        assert_eq!(nearest("guarduty", ["AWS Shield", "Amazon GuardDuty"]), Some("Amazon GuardDuty"));
        assert_eq!(nearest("Mninimal", ["Minimal", "Partial"]), Some("Minimal"));
        assert_eq!(nearest("zzz", ["Protect", "Detect"]), None);
        assert_eq!(nearest(&"x".repeat(10_000), ["x"]), None);
    }

    #[test]
    fn suggests_as_long_as_that_costs_little() {
        let mut suggestions = Suggestions::default();
        assert_eq!(suggestions.nearest("Protct", ["Protect", "Detect"].into_iter()), Some("Protect"));
        assert_eq!(suggestions.nearest("Protct", ["Protect"; 501].into_iter()), None);
        let long = "x".repeat(200);
        let times =
            (0..1_000).take_while(|_| suggestions.nearest(&long, [long.as_str()].into_iter()).is_some());
        assert_eq!(times.count(), 249);
    }
}
