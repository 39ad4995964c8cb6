//! What the user makes of findings: codes that are allowed, warned of or denied.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic, Severity};
use crate::suggest;

/// What is made of a finding. The order is that of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is left out.
    Allow,
    /// It is a warning.
    Warn,
    /// It is an error.
    Deny,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Deny];

    /// The name in a configuration and, after `--`, on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    const fn severity(self) -> Option<Severity> {
        match self {
            Self::Allow => None,
            Self::Warn => Some(Severity::Warning),
            Self::Deny => Some(Severity::Error),
        }
    }
}

/// Findings of many codes by one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// All that can be changed.
    All,
    /// What is a note so far.
    Notes,
    /// What is a warning so far.
    Warnings,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 3] = [Self::All, Self::Notes, Self::Warnings];

    /// The word.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Notes => "notes",
            Self::Warnings => "warnings",
        }
    }
}

/// What a rule is about. Groups come before codes: so they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A group.
    Group(Group),
    /// One code.
    Code(Code),
}

/// Text that names neither a code nor a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no finding has the code `{value}`")]
pub struct ParseTargetError {
    /// The text as given.
    pub value: String,
    /// The nearest code, as it was meant: `NL0203` or `retired-technique`.
    pub nearest: Option<String>,
}

impl FromStr for Target {
    type Err = ParseTargetError;

    /// Reads `NL0203`, `retired-technique`, `all`, `warnings` or `notes`, in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is = |name: &str| name.eq_ignore_ascii_case(text);
        if let Some(group) = Group::ALL.into_iter().find(|group| is(group.key())) {
            return Ok(Self::Group(group));
        }
        if let Some(code) = Code::ALL.iter().find(|code| is(code.id()) || is(&code.name())) {
            return Ok(Self::Code(*code));
        }
        let names: Vec<String> = Code::ALL.iter().map(|code| code.name()).collect();
        let words = names.iter().map(String::as_str).chain(Group::ALL.map(Group::key));
        // Of two numbers the nearer means nothing.
        let is_number = text.len() > 2 && text.bytes().skip(2).all(|byte| byte.is_ascii_digit());
        let nearest = if is_number { None } else { suggest::nearest(text, words) };
        Err(ParseTargetError { value: text.to_owned(), nearest: nearest.map(str::to_owned) })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group(group) => group.key(),
            Self::Code(code) => code.id(),
        })
    }
}

/// One thing that the user wants of findings. The order is that in which rules are applied: the wider first, and of
/// two about one thing the stricter last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Which findings.
    pub target: Target,
    /// What is made of them.
    pub action: Action,
}

impl Rule {
    /// Whether the rule can be followed: a file that cannot be read is an error whatever anybody wants.
    #[must_use]
    pub fn is_possible(self) -> bool {
        match self.target {
            Target::Code(code) => self.action == Action::Deny || !is_fixed(code),
            Target::Group(_) => true,
        }
    }
}

/// Whether findings of this code stay errors: there is nothing to go on with.
fn is_fixed(code: Code) -> bool {
    code.severity() == Severity::Error && (code.id().starts_with("NL01") || code.id().starts_with("NL07"))
}

/// Rules in the order in which they are applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(Vec<Rule>);

impl Levels {
    /// Rules that were given together, in any order: a code beats a group, and of two about one thing the stricter wins.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut rules: Vec<Rule> = rules.into_iter().collect();
        rules.sort_unstable();
        rules.dedup();
        Self(rules)
    }

    /// These rules, and after them others that beat them.
    #[must_use]
    pub fn then(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }

    /// The rules without those that deny: for what the user cannot mend.
    #[must_use]
    pub fn without_denials(&self) -> Self {
        Self(self.0.iter().copied().filter(|rule| rule.action != Action::Deny).collect())
    }

    /// The rules, in the order in which they are applied.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }

    /// Leaves findings out and changes their severities, as the rules say. The order stays.
    pub fn apply(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain_mut(|finding| match self.severity(finding.code, finding.severity) {
            Some(severity) => {
                finding.severity = severity;
                true
            }
            None => false,
        });
    }

    /// The severity that a finding ends with; `None` when it is left out.
    fn severity(&self, code: Code, own: Severity) -> Option<Severity> {
        if is_fixed(code) {
            return Some(own);
        }
        let meets = |target: Target, now: Option<Severity>| match target {
            Target::Code(wanted) => wanted == code,
            Target::Group(Group::All) => true,
            Target::Group(Group::Notes) => now == Some(Severity::Note),
            Target::Group(Group::Warnings) => now == Some(Severity::Warning),
        };
        let mut now = Some(own);
        for rule in &self.0 {
            if meets(rule.target, now) {
                now = rule.action.severity();
            }
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(rules: &[(&str, Action)]) -> Levels {
        let rule = |(target, action): &(&str, Action)| Rule {
            target: target.parse().expect("a code or a group"),
            action: *action,
        };
        Levels::new(rules.iter().map(rule))
    }

    fn after(levels: &Levels, code: Code) -> Option<Severity> {
        let mut findings = vec![Diagnostic::new(code, "x")];
        levels.apply(&mut findings);
        findings.first().map(|finding| finding.severity)
    }

    #[test]
    fn each_action_does_what_it_says() {
        let rules =
            levels(&[("NL0203", Action::Allow), ("name-differs", Action::Warn), ("nl0301", Action::Deny)]);
        assert_eq!(after(&rules, Code::RetiredTechnique), None);
        assert_eq!(after(&rules, Code::NameDiffers), Some(Severity::Warning));
        assert_eq!(after(&rules, Code::DuplicateRow), Some(Severity::Error));
        assert_eq!(after(&rules, Code::NotALink), Some(Severity::Note), "the others stay");
    }

    #[test]
    fn a_code_beats_a_group_in_any_order() {
        let strict = levels(&[("NL0203", Action::Warn), ("warnings", Action::Deny)]);
        assert_eq!(after(&strict, Code::RetiredTechnique), Some(Severity::Warning));
        assert_eq!(after(&strict, Code::HalfScore), Some(Severity::Error));
        assert_eq!(after(&strict, Code::NotALink), Some(Severity::Note));
    }

    #[test]
    fn what_comes_later_wins_and_what_is_allowed_is_no_warning() {
        let file = levels(&[("NL0203", Action::Allow), ("NL0301", Action::Deny)]);
        let strict = file.clone().then(levels(&[("warnings", Action::Deny)]));
        assert_eq!(after(&strict, Code::RetiredTechnique), None);
        let turned =
            file.then(levels(&[("retired-technique", Action::Deny), ("duplicate-row", Action::Allow)]));
        assert_eq!(after(&turned, Code::RetiredTechnique), Some(Severity::Error));
        assert_eq!(after(&turned, Code::DuplicateRow), None);
        assert_eq!(after(&turned.without_denials(), Code::RetiredTechnique), None);
    }

    #[test]
    fn a_file_that_cannot_be_read_stays_an_error() {
        for action in [Action::Allow, Action::Warn] {
            let rule = Rule { target: Target::Code(Code::Syntax), action };
            assert!(!rule.is_possible());
            assert_eq!(after(&Levels::new([rule]), Code::Syntax), Some(Severity::Error));
            assert_eq!(after(&levels(&[("all", action)]), Code::Syntax), Some(Severity::Error));
        }
        assert!(Rule { target: Target::Code(Code::Syntax), action: Action::Deny }.is_possible());
        assert!(Rule { target: Target::Code(Code::FileSkipped), action: Action::Allow }.is_possible());
        assert_eq!(after(&levels(&[("all", Action::Allow)]), Code::FileSkipped), None);
    }

    #[test]
    fn what_is_no_code_is_told_with_the_nearest() {
        let error = "retired-technik".parse::<Target>().expect_err("no code");
        assert_eq!(error.nearest.as_deref(), Some("retired-technique"));
        assert_eq!("warning".parse::<Target>().expect_err("no code").nearest.as_deref(), Some("warnings"));
        assert_eq!("NL9999".parse::<Target>().expect_err("no code").nearest, None);
    }
}
