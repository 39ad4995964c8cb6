//! Plans: the steps, what each of them adds, and how far they go against a threat.

use super::{Cell, Column, Row, Shown};
use crate::attack::TechniqueId;
use crate::coverage::plan::{Amount, Change, Course, Plan, Stand, Standing, Step};
use crate::coverage::threat::{Exposure, percent};
use crate::coverage::{Coverage, Tally};
use crate::mapping::select::TechniqueKind;

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

/// What of a threat is covered after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CourseRow {
    /// What is covered.
    pub stand: Stand,
    /// The threat's techniques in scope.
    pub in_scope: Tally,
}

impl Row for CourseRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::share("threat_covered", "Threat covered", Shown::Always, |row| {
            Cell::share(row.stand.covered.total(), row.in_scope.total())
        }),
        Column::number("threat_weighted_percent", "Threat weighted percent", Shown::OnRequest, |row| {
            row.stand.weighted().map_or(Cell::Empty, |share| Cell::Decimal(percent(share)))
        }),
        Column::number("threat_residual_percent", "Threat residual percent", Shown::Always, |row| {
            row.stand.weighted().map_or(Cell::Empty, |share| Cell::Decimal(percent(1.0 - share)))
        }),
    ];
}

/// What of a threat is covered after each step of a plan.
#[must_use]
pub fn steps_against(course: &Course<'_>) -> Vec<CourseRow> {
    let in_scope = course.after().in_scope();
    course.steps().iter().map(|stand| CourseRow { stand: *stand, in_scope }).collect()
}

/// A technique of a threat of which a risk remains after a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanGapRow {
    /// What is known of it.
    pub exposure: Exposure,
    /// Its name, of a sub-technique with its technique's before it.
    pub name: String,
    /// The highest score that any capability gives it, of those on and of those not.
    pub best: Option<i64>,
    /// The names of the groups and campaigns that use it.
    pub used_by: Vec<String>,
}

impl Row for PlanGapRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("id", "ID", Shown::Always, |row| Cell::Text(row.exposure.technique.to_string())),
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::text("kind", "Kind", Shown::OnRequest, |row| {
            Cell::of_text(TechniqueKind::of(row.exposure.technique).name())
        }),
        Column::text("state", "State", Shown::WhenVaried, |row| Cell::of_text(row.exposure.state.name())),
        Column::number("use", "Use", Shown::Always, |row| Cell::Decimal(percent(row.exposure.usage))),
        Column::number("score", "Score", Shown::Always, |row| whole(row.exposure.score)),
        Column::number("residual", "Residual", Shown::Always, |row| {
            Cell::Decimal(percent(row.exposure.residual))
        }),
        Column::number("best", "Best", Shown::WhenFilled, |row| whole(row.best)),
        Column::text("used_by", "Used by", Shown::WhenVaried, |row| Cell::List(row.used_by.clone())),
    ];
}

fn whole(score: Option<i64>) -> Cell {
    score.map_or(Cell::Empty, Cell::Whole)
}

/// The techniques of a threat of which a risk remains after a plan: most used first, of one use the weakest first.
#[must_use]
pub fn plan_gaps(course: &Course<'_>) -> Vec<PlanGapRow> {
    let row = |exposure: &Exposure| PlanGapRow {
        exposure: *exposure,
        name: course.coverage().full_name(exposure.technique),
        best: course.best(exposure.technique),
        used_by: course.threat().users(exposure.technique).map(|member| member.name.clone()).collect(),
    };
    course.after().gaps().into_iter().map(row).collect()
}
