//! The answer in one page: sentences made of the figures, and of nothing else.
//!
//! Which sentences stand there follows from the data by fixed rules: for the better the tactic, the category and the
//! capability that are ahead; for the worse what a threat uses and nothing covers, the tactic and the category that are
//! behind, what hangs on a single capability, what is weak, and what is open altogether.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::grouped;
use super::view::{AnswerView, PointView, ReportFramework};
use crate::attack::{Technique, TechniqueId};
use crate::coverage::{CapabilityKey, Cell, State};
use crate::mapping::{Level, MappingSet};
use crate::report::index::retired_notice;
use crate::report::site::{Site, fraction, headline};
use crate::report::view::{CapabilityRow, CoverageRow};

/// How many points of each kind there are at most.
const POINTS: usize = 3;

/// A tactic with fewer techniques than this is not named as ahead or behind.
const FEW: usize = 5;

pub(super) fn answer(
    site: &Site<'_>,
    scored: bool,
    tactics: &[CoverageRow],
    categories: &[CoverageRow],
    frameworks: &[ReportFramework],
) -> AnswerView {
    let headline = headline(&site.combined, scored);
    let is_mapped = headline.last().is_some_and(|all| all.mapped.n > 0);
    let answer = Answer { site, scored, tactics, categories, frameworks };
    let strengths =
        [answer.broadest_tactic(), answer.strongest_category(), answer.widest_capability(), answer.depth()];
    let gaps = [
        answer.open_threat(),
        answer.narrowest_tactic(),
        answer.weakest_category(),
        answer.single_handed(),
        answer.weak(),
        answer.open(),
    ];
    let first = |points: Vec<Option<PointView>>| points.into_iter().flatten().take(POINTS).collect();
    AnswerView {
        lead: answer.lead(&headline),
        relation: relation(site),
        strengths: if is_mapped { first(strengths.into()) } else { Vec::new() },
        gaps: if is_mapped { first(gaps.into()) } else { Vec::new() },
        retired_notice: retired_notice(site, &site.combined),
        headline,
    }
}

/// What mappings say that are no statement of defence, as those of vulnerabilities and incidents; absent for all others.
pub(super) fn relation(site: &Site<'_>) -> Option<String> {
    let involved = || site.frameworks.iter().map(|one| &site.content.sets[one.set]);
    let defends = |set: &MappingSet| {
        set.is_scored()
            || set.mappings.iter().any(|mapping| DEFENDING.contains(&mapping.mapping_type.as_str()))
    };
    if involved().any(defends) {
        return None;
    }
    let types: BTreeSet<&str> =
        involved().flat_map(|set| &set.mappings).map(|mapping| mapping.mapping_type.as_str()).collect();
    let types: Vec<&str> = types.into_iter().filter(|kind| !kind.is_empty()).take(5).collect();
    let kind = if types.is_empty() { String::new() } else { format!(" ({})", types.join(", ")) };
    Some(format!(
        "These mappings relate techniques to entries of {}{kind}. They say what goes together, not that anything is defended \
         against: read “mapped” for “covered” wherever it stands.",
        site.name()
    ))
}

/// The mapping types, beside levels, with which a publisher says that a capability does something about a technique.
const DEFENDING: [&str; 3] = ["mitigates", "technique_scores", "protects"];

struct Answer<'a, 's> {
    site: &'s Site<'a>,
    scored: bool,
    tactics: &'s [CoverageRow],
    categories: &'s [CoverageRow],
    frameworks: &'s [ReportFramework],
}

impl Answer<'_, '_> {
    /// `AWS maps 93 of 202 techniques (46 %) and 207 of 454 sub-techniques (46 %) of Enterprise ATT&CK 16.1. …`
    fn lead(&self, headline: &[CoverageRow]) -> String {
        let (site, attack) = (self.site, self.site.attack());
        let [techniques, subs, all] = headline else { return String::new() };
        if all.mapped.n == 0 {
            return format!(
                "Nothing of {} that passes the filters maps a technique of {attack}.",
                site.name()
            );
        }
        let verb = if self.frameworks.len() > 1 { "together map" } else { "maps" };
        let running = if site.content.deployed.is_some() { "What is deployed of " } else { "" };
        let verb = if running.is_empty() { verb } else { "maps" };
        let share = |row: &CoverageRow, what: &str| {
            let mapped = &row.mapped;
            format!("{} of {} {what} ({})", grouped(mapped.n), grouped(mapped.of), mapped.text)
        };
        // ICS has no sub-techniques, and a filter may leave one kind.
        let kinds = [(techniques, "techniques"), (subs, "sub-techniques")];
        let shares: Vec<String> =
            kinds.iter().filter(|(row, _)| row.mapped.of > 0).map(|(row, what)| share(row, what)).collect();
        let mut text = format!("{running}{} {verb} {} of {attack}.", site.name(), shares.join(" and "));
        if let (Some(partial), Some(significant)) = (&all.partial, &all.significant) {
            let _ = write!(
                text,
                " Of all {}, {} reach at least Partial ({}) and {} Significant ({}).",
                grouped(all.mapped.of),
                grouped(partial.n),
                partial.text,
                grouped(significant.n),
                significant.text
            );
        }
        text
    }

    /// The tactics that are large enough to be named.
    fn tactics(&self) -> Vec<&CoverageRow> {
        let few = if self.tactics.iter().any(|row| row.mapped.of >= FEW) { FEW } else { 1 };
        let large: Vec<&CoverageRow> = self.tactics.iter().filter(|row| row.mapped.of >= few).collect();
        // Of one alone nothing is most or least.
        if large.len() > 1 { large } else { Vec::new() }
    }

    /// Of a tactic's techniques and sub-techniques, how many are not covered, not mappable and not assessed.
    fn empty(&self, tactic: &str) -> [usize; 3] {
        let (catalog, coverage) = (self.site.content.catalog, &self.site.combined);
        let mut counts = [0; 3];
        let index = catalog.tactics().iter().position(|one| *one.shortname == *tactic);
        let is_in = |technique: &&Technique| {
            index.is_some_and(|index| technique.tactics.contains(index))
                && coverage.selection().scope.contains(technique)
        };
        for technique in catalog.techniques().iter().filter(is_in) {
            match coverage.own_state(technique.id) {
                State::NotCovered => counts[0] += 1,
                State::NotMappable => counts[1] += 1,
                State::NotAssessed => counts[2] += 1,
                State::Covered | State::OutOfScope => {}
            }
        }
        counts
    }

    fn broadest_tactic(&self) -> Option<PointView> {
        // Of equal ones the first, in matrix order.
        let tactics = self.tactics();
        let best = tactics.into_iter().rev().max_by(|a, b| share(a).total_cmp(&share(b)));
        let row = best.filter(|row| row.mapped.n > 0)?;
        let level = self.levels(row);
        Some(PointView {
            title: format!("{} is mapped most broadly", row.name),
            text: format!(
                "{} of its {} techniques and sub-techniques are mapped ({}){level}.",
                grouped(row.mapped.n),
                grouped(row.mapped.of),
                row.mapped.text
            ),
            href: "#tactics".to_owned(),
        })
    }

    /// The tactic of which most is not covered, in proportion.
    fn narrowest_tactic(&self) -> Option<PointView> {
        let open = |row: &CoverageRow| self.empty(&row.key)[0];
        let share = |row: &CoverageRow| open(row) as f64 / row.mapped.of.max(1) as f64;
        let tactics = self.tactics();
        let worst = tactics.into_iter().rev().max_by(|a, b| share(a).total_cmp(&share(b)));
        let row = worst.filter(|row| open(row) > 0)?;
        let [open, not_mappable, not_assessed] = self.empty(&row.key);
        let kinds = [(open, "not covered"), (not_mappable, "not mappable"), (not_assessed, "not assessed")];
        let left = kinds.iter().filter(|(n, _)| *n > 0);
        let left: Vec<String> = left.map(|(n, kind)| format!("{} {kind}", grouped(*n))).collect();
        let verb = if row.mapped.n == 1 { "is" } else { "are" };
        Some(PointView {
            title: format!("{} is mapped least", row.name),
            text: format!(
                "{} of its {} techniques and sub-techniques {verb} mapped ({}), {}.",
                if row.mapped.n == 0 { "None".to_owned() } else { grouped(row.mapped.n) },
                grouped(row.mapped.of),
                row.mapped.text,
                left.join(", "),
            ),
            href: "#gaps".to_owned(),
        })
    }

    /// `, 31 of them at least Partial`
    fn levels(&self, row: &CoverageRow) -> String {
        match &row.partial {
            Some(partial) if self.scored => {
                let n = if partial.n == 0 { "none".to_owned() } else { grouped(partial.n) };
                format!(", {n} of them at least Partial")
            }
            _ => String::new(),
        }
    }

    /// The categories, where there are at least two to compare.
    fn categories(&self) -> &[CoverageRow] {
        if self.categories.len() > 1 { self.categories } else { &[] }
    }

    fn strongest_category(&self) -> Option<PointView> {
        let row = self.categories().iter().rev().max_by(|a, b| weight(a).total_cmp(&weight(b)))?;
        let (partial, significant) = (row.partial.as_ref()?, row.significant.as_ref()?);
        (row.mapped.n > 0).then(|| PointView {
            title: format!("{} is the strongest category", row.name),
            text: format!(
                "{} of {} techniques and sub-techniques are mapped in it ({}): {} reach at least Partial, {} Significant.",
                grouped(row.mapped.n),
                grouped(row.mapped.of),
                row.mapped.text,
                grouped(partial.n),
                grouped(significant.n)
            ),
            href: "#categories".to_owned(),
        })
    }

    fn weakest_category(&self) -> Option<PointView> {
        let row = self.categories().iter().min_by(|a, b| weight(a).total_cmp(&weight(b)))?;
        let partial = row.partial.as_ref()?;
        Some(PointView {
            title: format!("{} is the weakest category", row.name),
            text: if row.mapped.n == 0 {
                format!(
                    "None of the {} techniques and sub-techniques in scope is mapped in it.",
                    grouped(row.mapped.of)
                )
            } else {
                format!(
                    "{} of {} techniques and sub-techniques are mapped in it ({}), {} of them at least Partial.",
                    grouped(row.mapped.n),
                    grouped(row.mapped.of),
                    row.mapped.text,
                    if partial.n == 0 { "none".to_owned() } else { grouped(partial.n) }
                )
            },
            href: "#categories".to_owned(),
        })
    }

    fn widest_capability(&self) -> Option<PointView> {
        let rows = self.frameworks.iter().flat_map(|one| &one.capabilities).filter(|row| !row.non_mappable);
        let mut mapping = rows.filter(|row| row.coverage.mapped.n > 0);
        let first = mapping.next()?;
        let is_wider =
            |best: &CapabilityRow, row: &CapabilityRow| row.coverage.mapped.n > best.coverage.mapped.n;
        let row = mapping.fold(first, |best, row| if is_wider(best, row) { row } else { best });
        let alone = match row.only {
            _ if !self.are_several() => String::new(),
            0 => "; every one of them is mapped by another capability, too".to_owned(),
            1 => "; 1 of them nothing else maps".to_owned(),
            n => format!("; {} of them nothing else maps", grouped(n)),
        };
        Some(PointView {
            title: format!("{} maps most", row.name),
            text: format!(
                "It maps {} of {} techniques and sub-techniques ({}){alone}.",
                grouped(row.coverage.mapped.n),
                grouped(row.coverage.mapped.of),
                row.coverage.mapped.text,
            ),
            href: row.href.clone(),
        })
    }

    /// The active techniques that are mapped, with their cells.
    fn mapped(&self) -> impl Iterator<Item = (&TechniqueId, &Cell)> {
        let catalog = self.site.content.catalog;
        let cells = self.site.combined.cells().iter();
        cells.filter(move |(id, cell)| cell.is_mapped() && catalog.technique(**id).is_some())
    }

    /// Whether more than one capability maps anything.
    fn are_several(&self) -> bool {
        let mut keys = self.mapped().flat_map(|(_, cell)| &cell.capabilities).map(|(key, _)| *key);
        let first = keys.next();
        keys.any(|key| Some(key) != first)
    }

    fn depth(&self) -> Option<PointView> {
        let all = self.mapped().count();
        let several = self.mapped().filter(|(_, cell)| cell.capabilities.len() > 1).count();
        (several > 0).then(|| {
            let share = fraction(several, all);
            PointView {
                title: "Much is mapped more than once".to_owned(),
                text: format!(
                    "{} of the {} mapped techniques and sub-techniques are mapped by at least two capabilities ({}).",
                    grouped(several),
                    grouped(all),
                    share.text
                ),
                href: "#techniques".to_owned(),
            }
        })
    }

    fn single_handed(&self) -> Option<PointView> {
        if !self.are_several() {
            return None;
        }
        let all = self.mapped().count();
        let mut alone: BTreeMap<CapabilityKey, usize> = BTreeMap::new();
        for (_, cell) in self.mapped() {
            if let [(key, _)] = cell.capabilities.as_slice() {
                *alone.entry(*key).or_default() += 1;
            }
        }
        let sum: usize = alone.values().sum();
        // Of equal ones the first.
        let (key, most) = alone.iter().rev().max_by_key(|(_, n)| **n)?;
        let name = &self.site.content.sets[key.set].capabilities[key.capability].name;
        let whose = if *most == sum {
            format!("all of them on {name}")
        } else {
            format!("{} of them on {name}", grouped(*most))
        };
        Some(PointView {
            title: "Some of it hangs on a single capability".to_owned(),
            text: format!(
                "{} of the {} mapped techniques and sub-techniques rest on one capability alone ({}), {whose}.",
                grouped(sum),
                grouped(all),
                fraction(sum, all).text,
            ),
            href: format!("#{}", self.capabilities_of(*key)),
        })
    }

    fn capabilities_of(&self, key: CapabilityKey) -> String {
        let framework = self.site.frameworks.iter().find(|one| one.set == key.set);
        framework.map_or_else(String::new, |one| format!("{}-capabilities", one.key))
    }

    fn weak(&self) -> Option<PointView> {
        let statistics = self.site.combined.statistics(None, None);
        let minimal = statistics.levels.exactly(Level::Minimal).total();
        (self.scored && minimal > 0).then(|| PointView {
            title: "Part of it is thin".to_owned(),
            text: format!(
                "{} of the {} mapped techniques and sub-techniques reach Minimal and no more ({}).",
                grouped(minimal),
                grouped(statistics.mapped.total()),
                fraction(minimal, statistics.mapped.total()).text
            ),
            href: "#heatmap".to_owned(),
        })
    }

    /// What is open altogether: where there is little else to say.
    fn open(&self) -> Option<PointView> {
        let (catalog, coverage) = (self.site.content.catalog, &self.site.combined);
        let is_open = |id| coverage.own_state(id) == State::NotCovered;
        let scope = &coverage.selection().scope;
        let techniques =
            catalog.techniques().iter().filter(|one| one.parent.is_none() && scope.contains(one));
        let (mut open, mut all) = (0, 0);
        for technique in techniques {
            all += 1;
            let mut subs = catalog.sub_techniques(technique.id);
            let is_mapped = |id| coverage.cell(id).is_some();
            open += usize::from(is_open(technique.id) && !subs.any(|sub| is_mapped(sub.id)));
        }
        (open > 0).then(|| PointView {
            title: "Whole techniques are left open".to_owned(),
            text: format!(
                "{} of {} techniques are not covered, neither themselves nor in a sub-technique ({}).",
                grouped(open),
                grouped(all),
                fraction(open, all).text
            ),
            href: "#gaps".to_owned(),
        })
    }

    fn open_threat(&self) -> Option<PointView> {
        let against = self.site.against.as_ref()?;
        let (covered, all) = (against.covered().total(), against.in_scope().total());
        let open = all - covered;
        if open == 0 {
            return None;
        }
        let gaps = against.gaps();
        let worst = gaps.iter().find(|gap| gap.state != State::Covered).map_or_else(String::new, |gap| {
            format!(" The first of them: {} {}.", gap.technique, self.site.full_name(gap.technique))
        });
        let verb = if open == 1 { "is" } else { "are" };
        let (all_are, use_them) =
            if against.threat().members().len() > 1 { ("are", "they use") } else { ("is", "it uses") };
        Some(PointView {
            title: format!("{} {all_are} not covered in full", against.threat().name()),
            text: format!(
                "{} of the {} techniques and sub-techniques that {use_them} {verb} not covered ({}).{worst}",
                grouped(open),
                grouped(all),
                fraction(open, all).text,
            ),
            href: "#threat".to_owned(),
        })
    }
}

fn share(row: &CoverageRow) -> f64 {
    if row.mapped.of == 0 { 0.0 } else { row.mapped.n as f64 / row.mapped.of as f64 }
}

/// What categories are compared by: the sum of the scores, else how much is mapped.
fn weight(row: &CoverageRow) -> f64 {
    row.weighted.as_ref().map_or_else(|| share(row), |weighted| weighted.sum / weighted.of.max(1) as f64)
}
