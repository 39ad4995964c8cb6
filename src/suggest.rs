//! "Did you mean": the nearest of the names that would have been right.

/// The candidate nearest to what was typed, when one is near enough to be what was meant.
///
/// Case does not count. Ties go to the candidate that comes first.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    several(typed, candidates, 1).pop()
}

/// The up to `most` nearest candidates, nearest first.
#[must_use]
pub fn several<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    // Beyond this nobody mistypes, and the distance's cost grows with the product of the lengths.
    if typed.len() > 200 {
        return Vec::new();
    }
    let lower = typed.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 200)
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
}
