//! The text form of `catalog diff`: what a terminal shows, short enough to be read.
//!
//! Techniques that changed their tactics or platforms in the same way stand together: a release moves dozens at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use navlayer::attack::TechniqueId;
use navlayer::attack::diff::{
    Changed, Count, Diff, Exchange, Retired, Retirement, TacticName, TechniqueName,
};

use crate::cli::findings::clean;

/// Where long lists of ids wrap.
const WIDTH: usize = 100;

pub(super) fn text(diff: &Diff) -> String {
    let mut page = Page { lines: vec![diff.title().replace(" to ", " -> ")] };
    if diff.is_empty() {
        let Count { techniques, sub_techniques } = diff.counts.to;
        page.lines.push(String::new());
        page.lines.push(format!(
            "Nothing differs: {techniques} techniques and {sub_techniques} sub-techniques are active in both."
        ));
        return page.finish();
    }
    if diff.is_backwards() {
        let (from, to) = (diff.from, diff.to);
        page.lines.push(format!("{from} is the later version: this is what is different in {to}."));
    }
    balance(diff, &mut page);
    matrix(diff, &mut page);
    retired(diff, &mut page);
    arrived(diff, &mut page);
    renamed(diff, &mut page);
    regrouped(diff, &mut page);
    page.finish()
}

struct Page {
    lines: Vec<String>,
}

impl Page {
    fn heading(&mut self, heading: String) {
        self.lines.push(String::new());
        self.lines.push(heading);
    }

    /// A heading with its count: `Renamed (11 of 656: 1 technique, 10 sub-techniques)`.
    fn counted(&mut self, name: &str, count: Count, of: Count) {
        let (techniques, subs) = (count.techniques, count.sub_techniques);
        self.heading(format!(
            "{name} ({} of {}: {techniques} {}, {subs} {})",
            count.total(),
            of.total(),
            if techniques == 1 { "technique" } else { "techniques" },
            if subs == 1 { "sub-technique" } else { "sub-techniques" },
        ));
    }

    /// Rows of an id and what is said of it, the words below each other.
    fn rows(&mut self, rows: &[(TechniqueId, String)]) {
        let width = rows.iter().map(|(id, _)| id.to_string().len()).max().unwrap_or_default();
        self.lines.extend(rows.iter().map(|(id, text)| format!("  {:<width$}  {text}", id.to_string())));
    }

    /// What a bundle holds may be meant for a terminal to obey.
    fn finish(self) -> String {
        let lines = self.lines.iter().map(|line| clean(line).trim_end().to_owned() + "\n");
        lines.collect()
    }
}

fn balance(diff: &Diff, page: &mut Page) {
    let counts = diff.counts;
    page.heading(format!("{:<18}  techniques  sub-techniques  together", ""));
    let mut row = |name: &str, count: Count| {
        page.lines.push(format!(
            "{name:<18}  {:>10}  {:>14}  {:>8}",
            count.techniques,
            count.sub_techniques,
            count.total()
        ));
    };
    row(&format!("active in {}", diff.from), counts.from);
    row("  unchanged", counts.unchanged);
    row("  changed", counts.changed);
    let backwards = diff.is_backwards();
    row(if backwards { "  not active" } else { "  retired" }, counts.retired);
    row(&format!("active in {}", diff.to), counts.to);
    row("  unchanged", counts.unchanged);
    row("  changed", counts.changed);
    row(if backwards { "  retired later" } else { "  brought back" }, counts.brought_back);
    row("  added", counts.added);
}

fn matrix(diff: &Diff, page: &mut Page) {
    if !diff.tactics.is_empty() {
        page.heading(format!("Tactics ({})", diff.tactics.len()));
        page.lines.extend(diff.tactics.iter().map(|tactic| format!("  {}", tactic.describe(diff.from))));
    }
    let Exchange { gained, lost } = &diff.platforms;
    let renamed = &diff.renamed_platforms;
    if !diff.platforms.is_empty() || !renamed.is_empty() {
        page.heading(format!("Platforms of the domain ({})", gained.len() + lost.len() + renamed.len()));
        for (verb, platforms) in [("added", gained), ("removed", lost)] {
            if !platforms.is_empty() {
                page.lines.push(format!("  {verb:<7}  {}", platforms.join(", ")));
            }
        }
        page.lines.extend(renamed.iter().map(|one| {
            let Count { techniques, sub_techniques } = one.techniques;
            format!("  renamed  {}: {techniques} techniques, {sub_techniques} sub-techniques", one.describe())
        }));
    }
}

fn retired(diff: &Diff, page: &mut Page) {
    let counts = diff.counts;
    let mut section = |name: &str, count: Count, remark: Option<String>, is: fn(&Retirement) -> bool| {
        let rows: Vec<_> = diff.retired.iter().filter(|one| is(&one.how)).map(retired_row).collect();
        if !rows.is_empty() {
            page.counted(name, count, counts.from);
            page.lines.extend(remark.map(|remark| format!("  {remark}")));
            page.rows(&rows);
        }
    };
    let is_replaced = |how: &Retirement| matches!(how, Retirement::Replaced { .. });
    section("Replaced", counts.replaced, diff.moves_of_replaced(), is_replaced);
    section("Revoked without a successor", counts.revoked_without_successor, None, |how| {
        *how == Retirement::RevokedWithoutSuccessor
    });
    section("Deprecated", counts.deprecated, None, |how| *how == Retirement::Deprecated);
    section("Removed, not even listed as retired", counts.removed, None, |how| *how == Retirement::Removed);
    section("Not there yet", counts.not_yet, None, |how| *how == Retirement::NotYet);
}

fn retired_row(retired: &Retired) -> (TechniqueId, String) {
    let mut text = retired.technique.full_name();
    if let Retirement::Replaced { chain } = &retired.how {
        for step in chain {
            let _ = write!(text, " -> {}", step.technique);
        }
        if retired.how.successor().is_none() {
            text.push_str(" (not active itself)");
        }
    }
    (retired.technique.id, text)
}

fn arrived(diff: &Diff, page: &mut Page) {
    let counts = diff.counts;
    if !diff.brought_back.is_empty() {
        let name = if diff.is_backwards() { "Retired later" } else { "Brought back" };
        page.counted(name, counts.brought_back, counts.to);
        let rows = diff.brought_back.iter().map(|one| {
            let was = format!("{}; in {} {}", one.technique.full_name(), diff.from, one.was.describe());
            (one.technique.id, was + &replaces(&one.replaces))
        });
        page.rows(&rows.collect::<Vec<_>>());
    }
    if !diff.added.is_empty() {
        page.counted("Added", counts.added, counts.to);
        let taking = diff.added.iter().filter(|one| !one.replaces.is_empty()).count();
        let new = diff.added.len() - taking;
        page.lines.push(format!("  Of these, {new} wholly new and {taking} in the place of former ones."));
        let rows = diff
            .added
            .iter()
            .map(|one| (one.technique.id, one.technique.full_name() + &replaces(&one.replaces)));
        page.rows(&rows.collect::<Vec<_>>());
    }
    if !diff.merged.is_empty() {
        page.heading(format!(
            "Merged into: active in both, and successors of retired ones ({})",
            diff.merged.len()
        ));
        let rows = diff
            .merged
            .iter()
            .map(|one| (one.technique.id, one.technique.full_name() + &replaces(&one.replaces)));
        page.rows(&rows.collect::<Vec<_>>());
    }
}

fn replaces(replaces: &[TechniqueName]) -> String {
    if replaces.is_empty() {
        return String::new();
    }
    let ids: Vec<String> = replaces.iter().map(|one| one.id.to_string()).collect();
    format!("; replaces {}", ids.join(", "))
}

fn renamed(diff: &Diff, page: &mut Page) {
    let counts = diff.counts;
    let rows: Vec<(TechniqueId, String)> = diff
        .changed
        .iter()
        .filter_map(|one| {
            let TechniqueName { name, parent_name, .. } = &one.technique;
            let parent = parent_name.as_ref().map_or_else(String::new, |parent| format!("{parent}: "));
            Some((one.technique.id, format!("{parent}{} -> {name}", one.former_name.as_ref()?)))
        })
        .collect();
    if !rows.is_empty() {
        page.counted("Renamed", counts.renamed, counts.from);
        page.rows(&rows);
    }
    let parents = diff.changed.iter().filter_map(|one| {
        Some((one.technique.id, format!("{}: {}", one.technique.name, one.parent.as_ref()?.describe())))
    });
    let rows: Vec<(TechniqueId, String)> = parents.collect();
    if !rows.is_empty() {
        page.counted("Other parent", counts.moved_parent, counts.from);
        page.rows(&rows);
    }
}

fn regrouped(diff: &Diff, page: &mut Page) {
    let counts = diff.counts;
    if counts.moved_tactic.total() > 0 {
        page.counted("Other tactics", counts.moved_tactic, counts.from);
        let groups = groups(diff, |one| {
            let tactics = one.tactics.as_ref()?;
            let names = |tactics: &[TacticName]| tactics.iter().map(|one| one.name.clone()).collect();
            Some(Exchange { gained: names(&tactics.gained), lost: names(&tactics.lost) })
        });
        for (exchange, techniques) in groups {
            page.lines.push(format!("  {} ({})", exchanged(&exchange), techniques.len()));
            let rows: Vec<String> = families(&techniques).iter().map(Family::line).collect();
            page.lines.extend(rows.iter().map(|row| format!("    {row}")));
        }
    }
    if counts.platforms.total() > 0 {
        page.counted("Other platforms", counts.platforms, counts.from);
        for (exchange, techniques) in groups(diff, |one| one.platforms.clone()) {
            page.lines.push(format!("  {} ({})", exchanged(&exchange), techniques.len()));
            let ids: Vec<String> = families(&techniques).iter().map(Family::short).collect();
            page.lines.extend(wrap(&ids, WIDTH - 4).iter().map(|line| format!("    {line}")));
        }
    }
}

/// `+ ESXi, Network Devices  - Network`
fn exchanged(exchange: &Exchange<String>) -> String {
    let side =
        |sign: &str, names: &[String]| (!names.is_empty()).then(|| format!("{sign} {}", names.join(", ")));
    let sides = [side("+", &exchange.gained), side("-", &exchange.lost)];
    sides.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

type Group<'d> = (Exchange<String>, Vec<&'d TechniqueName>);

/// The techniques by what they gained and lost: largest groups first.
fn groups(diff: &Diff, exchange: impl Fn(&Changed) -> Option<Exchange<String>>) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<Exchange<String>, Vec<&TechniqueName>> = BTreeMap::new();
    for one in &diff.changed {
        if let Some(exchange) = exchange(one) {
            groups.entry(exchange).or_default().push(&one.technique);
        }
    }
    let mut groups: Vec<Group<'_>> = groups.into_iter().collect();
    groups.sort_by_key(|(_, techniques)| std::cmp::Reverse(techniques.len()));
    groups
}

/// A technique with those of its sub-techniques that share its change, or a sub-technique alone.
struct Family<'d> {
    first: &'d TechniqueName,
    /// `.001`
    subs: Vec<String>,
}

/// Techniques in the order of their ids, with their sub-techniques.
fn families<'d>(techniques: &[&'d TechniqueName]) -> Vec<Family<'d>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for technique in techniques {
        let number = technique.id.to_string().split_once('.').map(|(_, sub)| format!(".{sub}"));
        match (families.last_mut(), number) {
            (Some(family), Some(number)) if technique.id.parent() == Some(family.first.id) => {
                family.subs.push(number);
            }
            _ => families.push(Family { first: technique, subs: Vec::new() }),
        }
    }
    families
}

impl Family<'_> {
    /// `T1222  File and Directory Permissions Modification, with .001, .002`
    fn line(&self) -> String {
        let mut text = format!("{:<9}  {}", self.first.id.to_string(), self.first.full_name());
        if !self.subs.is_empty() {
            let _ = write!(text, ", with {}", self.subs.join(", "));
        }
        text
    }

    /// `T1222 with .001 .002`
    fn short(&self) -> String {
        let id = self.first.id;
        if self.subs.is_empty() { id.to_string() } else { format!("{id} with {}", self.subs.join(" ")) }
    }
}

/// The words between commas, on as few lines as they fit on.
fn wrap(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let word = if place + 1 < words.len() { format!("{word},") } else { word.clone() };
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}
