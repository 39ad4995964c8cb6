//! Plans: the steps, and what each of them adds.

use super::{Cell, Column, Row, Shown};
use crate::attack::TechniqueId;
use crate::coverage::Coverage;
use crate::coverage::plan::{Amount, Change, Plan, Standing, Step};

/// One step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// Its number, from 1.
    pub number: usize,
    /// Name and edition of the capability's framework: `AWS 12/12/2024`.
    pub framework: String,
    /// The capability's id in the source.
    pub id: String,
    /// Its name; the id where the source has none.
    pub name: String,
    /// What it adds.
    pub step: Step,
    /// Whether the capabilities of the plan have costs.
    pub has_costs: bool,
    /// How far this step goes, with everything before it.
    pub after: Standing,
    /// How far all capabilities go.
    pub reachable: Standing,
}

impl StepRow {
    fn percent(&self) -> Cell {
        let of = self.reachable.value.value();
        if of > 0.0 {
            Cell::Decimal((1000.0 * self.after.value.value() / of).round() / 10.0)
        } else {
            Cell::Empty
        }
    }
}

impl Row for StepRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("step", "Step", Shown::Always, |row| Cell::count(row.number)),
        Column::text("framework", "Framework", Shown::WhenVaried, |row| Cell::of_text(&row.framework)),
        Column::text("id", "ID", Shown::WhenUnlike("capability"), |row| Cell::of_text(&row.id)),
        Column::text("capability", "Capability", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::number("cost", "Cost", Shown::WhenFilled, |row| {
            if row.has_costs { Cell::Amount(row.step.cost) } else { Cell::Empty }
        }),
        Column::number("gain", "Gain", Shown::Always, |row| Cell::Amount(row.step.gain)),
        Column::number("alone", "Alone", Shown::Always, |row| Cell::Amount(row.step.alone)),
        Column::number("newly_covered", "Newly covered", Shown::Always, |row| {
            Cell::count(row.step.newly_covered)
        }),
        Column::number("raised", "Raised", Shown::OnRequest, |row| {
            Cell::count(row.step.changes.len() - row.step.newly_covered)
        }),
        Column::share("covered", "Covered", Shown::Always, |row| {
            Cell::share(row.after.covered, row.reachable.covered)
        }),
        Column::share("reached", "Reached", Shown::WhenUnlike("covered"), |row| Cell::Part {
            n: row.after.value,
            of: row.reachable.value,
        }),
        Column::number("reached_percent", "Reached percent", Shown::OnRequest, Self::percent),
        Column::text("techniques", "Techniques", Shown::OnRequest, |row| {
            Cell::List(row.step.changes.iter().map(|change| change.technique.to_string()).collect())
        }),
    ];
}

/// A technique that a step covers or raises.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRow {
    /// The number of the step, from 1.
    pub step: usize,
    /// Name and edition of the capability's framework.
    pub framework: String,
    /// The capability's id in the source.
    pub capability_id: String,
    /// Its name.
    pub capability: String,
    /// What it does to the technique.
    pub change: Change,
    /// The technique's name, of a sub-technique with its technique's before it.
    pub technique_name: String,
    /// What the technique weighs.
    pub weight: Amount,
}

impl Row for ChangeRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("step", "Step", Shown::Always, |row| Cell::count(row.step)),
        Column::text("framework", "Framework", Shown::WhenVaried, |row| Cell::of_text(&row.framework)),
        Column::text("capability_id", "Capability ID", Shown::WhenUnlike("capability"), |row| {
            Cell::of_text(&row.capability_id)
        }),
        Column::text("capability", "Capability", Shown::Always, |row| Cell::of_text(&row.capability)),
        Column::text("technique", "Technique", Shown::Always, |row| {
            Cell::Text(row.change.technique.to_string())
        }),
        Column::text("technique_name", "Technique name", Shown::Always, |row| {
            Cell::of_text(&row.technique_name)
        }),
        Column::number("from", "From", Shown::Always, |row| {
            row.change.from.map_or(Cell::Empty, |from| Cell::Whole(from.into()))
        }),
        Column::number("to", "To", Shown::Always, |row| Cell::Whole(row.change.to.into())),
        Column::number("weight", "Weight", Shown::WhenVaried, |row| Cell::Amount(row.weight)),
    ];
}

/// The steps of a plan, in their order.
#[must_use]
pub fn steps(plan: &Plan, coverage: &Coverage<'_>) -> Vec<StepRow> {
    let sets = coverage.sets();
    let steps = plan.steps.iter().zip(plan.standings()).enumerate().map(|(at, (step, after))| {
        let set = &sets[step.capability.set];
        let capability = &set.capabilities[step.capability.capability];
        StepRow {
            number: at + 1,
            framework: set.framework.label(),
            id: capability.id.clone(),
            name: capability.name.clone(),
            step: step.clone(),
            has_costs: plan.has_costs,
            after,
            reachable: plan.reachable,
        }
    });
    steps.collect()
}

/// What the steps of a plan add, by step and then by technique; `weight` tells what a technique weighs.
#[must_use]
pub fn changes(
    plan: &Plan,
    coverage: &Coverage<'_>,
    weight: impl Fn(TechniqueId) -> Amount,
) -> Vec<ChangeRow> {
    let rows = steps(plan, coverage).into_iter().flat_map(|row| {
        let StepRow { number, framework, id, name, step, .. } = row;
        let weight = &weight;
        step.changes.into_iter().map(move |change| ChangeRow {
            step: number,
            framework: framework.clone(),
            capability_id: id.clone(),
            capability: name.clone(),
            change,
            technique_name: coverage.full_name(change.technique),
            weight: weight(change.technique),
        })
    });
    rows.collect()
}
