//! From a comparison to its page.

use std::collections::BTreeSet;
use std::path::Path;

use super::METHOD;
use super::file::upgrades;
use super::threat;
use super::view::{
    CompareCell, CompareColumn, CompareComment, CompareMatrix, CompareMethod, ComparePlace, CompareRow,
    CompareSide, CompareView, DominatedView, GridCell, GridRow, SidesView, StandingColumn, StandingsRow,
    StandingsView,
};
use crate::attack::{Catalog, Technique, TechniqueId};
use crate::coverage::compare::{Comparison, Figures, Place, Row, Side, Standing, Verdict};
use crate::coverage::{Cell, Tally, whole};
use crate::layer::ColorBy;
use crate::mapping::{Category, Level, Origin};
use crate::matrix::Matrix;
use crate::matrix::gradient;
use crate::matrix::palette::Palette;
use crate::parallel;
use crate::report::site::{Counted, coverage_row, face, fraction, percent_text, source_view};
use crate::report::view::{
    CellState, CoverageRow, GapGroup, LegendEntry, Page, SourceView, TacticRef, TechniqueRef,
};
use crate::report::{Deployed, TemplateError, Templates, deployment, theme, upgrade};
use crate::tables::compare::{mapping_capabilities, mappings};
use crate::tables::{DominatedRow, dominated};

/// How a page is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageOptions<'a> {
    /// The colours of scores.
    pub palette: Palette,
    /// Templates that take the place of the embedded ones of the same name.
    pub templates: Option<&'a Path>,
    /// What runs, where the sides are narrowed to that.
    pub deployed: Option<Deployed<'a>>,
}

/// The page of a comparison: one file that needs nothing else.
///
/// # Errors
/// When a template is not sound, or asks for what the page does not have.
pub fn compare_page(comparison: &Comparison<'_>, options: PageOptions<'_>) -> Result<String, TemplateError> {
    // Compiling the templates takes about as long as making the view, and needs nothing of it.
    let (templates, (view, used)) = std::thread::scope(|scope| {
        let templates = scope.spawn(|| Templates::new(options.templates));
        let made = make(comparison, options.deployed);
        (templates.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), made)
    });
    draw(comparison, &view, &used, &options.palette, &mut templates?)
}

/// The page of a site that tells what is deployed: its matrix on paper beside the one as deployed.
///
/// # Errors
/// As [`compare_page`].
pub(in crate::report) fn page(
    comparison: &Comparison<'_>,
    palette: &Palette,
    templates: &mut Templates,
) -> Result<String, TemplateError> {
    let (view, used) = make(comparison, None);
    draw(comparison, &view, &used, palette, templates)
}

fn draw(
    comparison: &Comparison<'_>,
    view: &CompareView,
    used: &BTreeSet<usize>,
    palette: &Palette,
    templates: &mut Templates,
) -> Result<String, TemplateError> {
    let mut colors = theme::style(used, palette, &comparison.rules().scale);
    colors += &theme::sides(comparison.sides().len());
    if comparison.defence().is_some() {
        colors += &theme::threat_style(palette);
    }
    templates.set_theme_of("compare", &colors, "");
    templates.render("compare", view)
}

/// The view, and which of the ramp's colours it shows.
fn make(comparison: &Comparison<'_>, deployed: Option<Deployed<'_>>) -> (CompareView, BTreeSet<usize>) {
    let maker = Maker::new(comparison);
    let view = CompareView {
        deployed: deployed.map(|one| deployment::of_comparison(comparison, one)),
        ..maker.view()
    };
    let used = used_by(comparison, &view.grid);
    (view, used)
}

/// Which of the ramp's colours the places of a comparison and its grid show.
pub(in crate::report) fn used_by(comparison: &Comparison<'_>, grid: &[GridRow]) -> BTreeSet<usize> {
    let of_scores = comparison.rows().iter().flat_map(|row| {
        std::iter::once(&row.overall).chain(row.categories.iter().map(|(_, standing)| standing))
    });
    let scores = of_scores.flat_map(|standing| &standing.places).filter_map(|place| place.score);
    let scale = &comparison.rules().scale;
    let mut used: BTreeSet<usize> = theme::used(scores, Maker::new(comparison).top, scale).collect();
    used.extend((0..=100).map(|share| gradient::index(share, 0, 100)).filter(|index| {
        let class = format!("g{index}");
        grid.iter().flat_map(|row| &row.cells).any(|cell| cell.class == class)
    }));
    used
}

/// The most techniques that a report lists in which sides differ.
const DIFFERING: usize = 20;

/// Sides beside each other, as a section of a report: the figures, and where they differ most.
pub(in crate::report) fn beside(comparison: &Comparison<'_>) -> SidesView {
    let maker = Maker::new(comparison);
    let mut differing: Vec<&Row> = comparison.rows().iter().filter(|row| row.overall.lead() > 0).collect();
    // Stable, so that the id breaks ties.
    differing.sort_by_key(|row| std::cmp::Reverse(row.overall.lead()));
    SidesView {
        sides: maker.sides(),
        scored: !comparison.is_count(),
        coverage: maker.coverage(),
        standings: maker.standings(),
        more: differing.len().saturating_sub(DIFFERING),
        rows: differing.into_iter().take(DIFFERING).map(|row| maker.row(row, None, &row.overall)).collect(),
        grid: maker.grid(),
    }
}

struct Maker<'a, 'c> {
    comparison: &'c Comparison<'a>,
    catalog: &'a Catalog,
    /// The end of the ramp, the same for all sides.
    top: i64,
}

impl<'a, 'c> Maker<'a, 'c> {
    fn new(comparison: &'c Comparison<'a>) -> Self {
        Self {
            comparison,
            catalog: comparison.sides()[0].coverage.catalog(),
            top: whole(comparison.full_score(), f64::MAX),
        }
    }

    fn view(&self) -> CompareView {
        let comparison = self.comparison;
        let attack = format!("{} ATT&CK {}", self.catalog.domain().name(), self.catalog.version());
        let title = comparison.title();
        let matrices = self.matrices();
        let rows = self.rows();
        let figures = comparison.overall();
        CompareView {
            page: Page {
                title: title.clone(),
                description: format!("{title}: what they cover of {attack}, side by side."),
                root: String::new(),
                site: "Side by side".to_owned(),
                generator: crate::GENERATOR.to_owned(),
            },
            attack,
            sides: self.sides(),
            scored: !comparison.is_count(),
            coverage: self.coverage(),
            standings: self.standings(),
            threat: threat::view(comparison, |id| self.overall(id), |id| self.url(id)),
            many: comparison.sides().len() > 3,
            legend: self.legend(&matrices),
            matrices,
            left_out: fraction(figures.nobody.total(), figures.in_scope.total()),
            commented: rows.iter().any(|row| !row.comments.is_empty()),
            rows,
            grid: self.grid(),
            dominated: dominated(comparison).into_iter().map(dominated_view).collect(),
            open: self.open(),
            deployed: None,
            upgrades: upgrades(comparison).map(upgrade::view).collect(),
            absences: upgrade::absences(upgrades(comparison)),
            method: self.method(),
            sources: self.sources(),
        }
    }

    /// What each side covers, a row each.
    fn coverage(&self) -> Vec<CoverageRow> {
        let comparison = self.comparison;
        let rows = comparison.sides().iter().enumerate().map(|(place, side)| {
            let statistics = &comparison.overall().sides[place].statistics;
            let key = format!("side{place}");
            coverage_row(
                &side.name,
                &key,
                statistics,
                Counted::Both,
                !comparison.is_count(),
                comparison.rules(),
            )
        });
        rows.collect()
    }

    fn sides(&self) -> Vec<CompareSide> {
        self.comparison.sides().iter().enumerate().map(|(place, side)| self.side(place, side)).collect()
    }

    fn side(&self, place: usize, side: &Side<'_>) -> CompareSide {
        let sources = side.coverage.involved().map(|(_, set)| {
            let made_on = set.made_on();
            let other = if made_on == self.catalog.version() {
                String::new()
            } else {
                format!(", made on ATT&CK {made_on}")
            };
            format!("{}{other}", set.framework.label())
        });
        let sets = side.coverage.sets();
        let capabilities = mapping_capabilities(&side.coverage).into_iter();
        CompareSide {
            name: side.name.clone(),
            class: format!("side{place}"),
            sources: sources.collect(),
            capabilities: capabilities
                .map(|key| sets[key.set].capabilities[key.capability].name.clone())
                .collect(),
            is_empty: side.is_empty(),
        }
    }

    fn standings(&self) -> StandingsView {
        let of_categories = self.comparison.of_categories();
        let name = if of_categories.is_empty() { "All" } else { "All categories" };
        let mut columns = vec![StandingColumn { name: name.to_owned(), hue: None }];
        let mut all: Vec<&Figures> = vec![self.comparison.overall()];
        for (category, figures) in of_categories {
            let hue = Some(category.key().to_owned());
            columns.push(StandingColumn { name: category.name().to_owned(), hue });
            all.push(figures);
        }
        let row = |name: String, side: Option<usize>, is_part: bool, count: &dyn Fn(&Figures) -> Tally| {
            let figures = all
                .iter()
                .map(|figures| fraction(count(figures).total(), figures.in_scope.total()))
                .collect();
            StandingsRow { name, is_part, class: side.map(|side| format!("side{side}")), figures }
        };
        let mut rows = vec![row("Mapped by any side".to_owned(), None, false, &|figures| figures.any)];
        let sides = || self.comparison.sides().iter().enumerate();
        for (place, side) in sides() {
            let name = format!("only by {}", side.name);
            rows.push(row(name, Some(place), true, &|figures| figures.sides[place].only));
        }
        for (place, side) in sides() {
            let name = format!("by several, {} strongest", side.name);
            rows.push(row(name, Some(place), true, &|figures| figures.sides[place].stronger));
        }
        rows.push(row("by several, equal".to_owned(), None, true, &|figures| figures.equal));
        rows.push(row("Mapped by every side".to_owned(), None, false, &|figures| figures.every));
        rows.push(row("Mapped by no side".to_owned(), None, false, &|figures| figures.nobody));
        StandingsView { columns, rows }
    }

    fn matrices(&self) -> Vec<CompareMatrix> {
        let places: Vec<usize> = (0..self.comparison.sides().len()).collect();
        parallel::map(&places, |place| self.matrix(*place))
    }

    fn matrix(&self, place: usize) -> CompareMatrix {
        let side = &self.comparison.sides()[place];
        let coverage = &side.coverage;
        let version = self.catalog.version();
        let is_kept =
            |technique: &Technique| self.comparison.row(technique.id).is_some() || self.is_used(technique.id);
        let laid_out = Matrix::new(self.catalog, &coverage.selection().scope, is_kept, |technique| {
            self.cell(place, side, technique)
        });
        let columns = laid_out.columns.into_iter().map(|column| {
            let is_mapped = |id: TechniqueId| coverage.cell(id).is_some_and(Cell::is_mapped);
            let mapped = column.entries.iter().filter(|entry| is_mapped(entry.technique.id)).count();
            let cells = column.entries.into_iter().map(|entry| {
                let subs_covered = entry.subs.iter().filter(|(sub, _)| is_mapped(sub.id)).count();
                let subs = entry.subs.into_iter().map(|(_, cell)| cell).collect();
                CompareCell { subs, subs_covered, subs_total: entry.subs_in_scope, ..entry.shows }
            });
            CompareColumn {
                tactic: TacticRef {
                    id: column.tactic.id.to_string(),
                    name: column.tactic.name.to_string(),
                    url: version.page("tactics", &column.tactic.id),
                },
                mapped: fraction(mapped, column.in_scope),
                cells: cells.collect(),
            }
        });
        CompareMatrix {
            name: side.name.clone(),
            class: format!("side{place}"),
            caption: format!("{} on {} ATT&CK {version}", side.name, self.catalog.domain().name()),
            columns: columns.collect(),
        }
    }

    fn cell(&self, place: usize, side: &Side<'_>, technique: &Technique) -> CompareCell {
        let face = face(&side.coverage, technique.id, ColorBy::Score, self.top);
        let (mark, said) =
            self.comparison.row(technique.id).map_or(("nobody", ""), |row| mark(&row.overall, place));
        // The kinds of empty keep their own look; what is mapped without a level is one of them.
        let class =
            if face.state == CellState::Covered { self.class(face.score.as_deref()) } else { face.class };
        CompareCell {
            id: technique.id.to_string(),
            name: technique.name.to_string(),
            href: self.url(technique.id),
            class,
            label: face.label,
            mark: mark.to_owned(),
            said: said.to_owned(),
            used: self.is_used(technique.id),
            subs: Vec::new(),
            subs_covered: 0,
            subs_total: 0,
        }
    }

    /// Whether the threat uses a technique.
    fn is_used(&self, id: TechniqueId) -> bool {
        self.comparison.defence().is_some_and(|defence| defence.together().exposure(id).is_some())
    }

    fn class(&self, score: Option<&str>) -> String {
        let score = score.and_then(|score| score.parse().ok()).unwrap_or(0);
        theme::score_class(score, self.top)
    }

    fn url(&self, id: TechniqueId) -> String {
        self.catalog.version().page("techniques", &id.url_path())
    }

    fn legend(&self, matrices: &[CompareMatrix]) -> Vec<LegendEntry> {
        let comparison = self.comparison;
        let mut entries: Vec<LegendEntry> = Vec::new();
        if comparison.is_count() {
            let mut counts = vec![1, (self.top + 1) / 2, self.top];
            counts.dedup();
            entries.extend(counts.into_iter().map(|count| LegendEntry {
                class: theme::score_class(count, self.top),
                label: format!("{count} {}", if count == 1 { "capability" } else { "capabilities" }),
            }));
        } else {
            entries.extend(self.scale());
        }
        let cells = || {
            let columns = matrices.iter().flat_map(|matrix| &matrix.columns);
            let cells = columns.flat_map(|column| &column.cells);
            cells.flat_map(|cell| std::iter::once(cell).chain(&cell.subs))
        };
        let kinds = [
            ("not-covered", "Not covered"),
            ("not-mappable", "Not mappable, says the source"),
            ("not-assessed", "Not assessed: mapped without a level, or new in this version"),
            ("out-of-scope", "Outside the filters"),
        ];
        let met = kinds.into_iter().filter(|(class, _)| cells().any(|cell| cell.class == *class));
        entries.extend(
            met.map(|(class, label)| LegendEntry { class: class.to_owned(), label: label.to_owned() }),
        );
        entries
    }

    fn scale(&self) -> Vec<LegendEntry> {
        let scale = &self.comparison.rules().scale;
        let entries = Level::ALL.into_iter().map(|level| {
            let score = whole(scale.score(level), 100.0);
            LegendEntry { class: theme::score_class(score, self.top), label: format!("{level} ({score})") }
        });
        entries.collect()
    }

    fn rows(&self) -> Vec<CompareRow> {
        let mut rows = Vec::new();
        for row in self.comparison.rows() {
            if row.categories.is_empty() {
                rows.push(self.row(row, None, &row.overall));
            }
            rows.extend(
                row.categories.iter().map(|(category, standing)| self.row(row, Some(*category), standing)),
            );
        }
        rows
    }

    fn row(&self, row: &Row, category: Option<Category>, standing: &Standing) -> CompareRow {
        let id = row.technique;
        let sides = self.comparison.sides();
        let name = sides[0].coverage.full_name(id);
        let technique = self.catalog.technique(id);
        let tactics = technique.into_iter().flat_map(|technique| technique.tactics.iter());
        let tactics: Vec<&str> = tactics.map(|place| &*self.catalog.tactics()[place].name).collect();
        let mut comments = Vec::new();
        for side in sides {
            let mut seen = BTreeSet::new();
            for (set, mapping) in mappings(side, id, category) {
                let capability = &set.capabilities[mapping.capability].name;
                if !mapping.comment.is_empty() && seen.insert((capability.as_str(), mapping.comment.as_str()))
                {
                    comments.push(CompareComment {
                        side: side.name.clone(),
                        capability: capability.clone(),
                        text: mapping.comment.clone(),
                    });
                }
            }
        }
        let verdict = match standing.verdict() {
            Verdict::Nobody => String::new(),
            Verdict::Only(side) => format!("Only {}", sides[side].name),
            Verdict::Strongest(side) => sides[side].name.clone(),
            Verdict::Equal(equal) if equal.len() == sides.len() => "Equal".to_owned(),
            Verdict::Equal(equal) => {
                let names: Vec<&str> = equal.iter().map(|side| sides[*side].name.as_str()).collect();
                format!("Equal: {}", names.join(", "))
            }
        };
        let leader = match standing.verdict() {
            Verdict::Only(side) | Verdict::Strongest(side) => Some(format!("side{side}")),
            Verdict::Nobody | Verdict::Equal(_) => None,
        };
        CompareRow {
            id: id.to_string(),
            name,
            href: self.url(id),
            fate: technique.is_none().then(|| self.catalog.fate(id).describe()),
            tactics: tactics.join(", "),
            category: category.map(|category| category.name().to_owned()),
            hue: category.map(|category| category.key().to_owned()),
            places: standing.places.iter().map(|place| self.place(*place)).collect(),
            verdict,
            leader,
            lead: standing.lead(),
            used: self.comparison.defence().and_then(|defence| threat::used(defence, id)),
            comments,
        }
    }

    /// What each side reaches over all categories.
    fn overall(&self, id: TechniqueId) -> Vec<ComparePlace> {
        let nothing = || vec![Place::default(); self.comparison.sides().len()];
        let places = self.comparison.row(id).map_or_else(nothing, |row| row.overall.places.clone());
        places.into_iter().map(|place| self.place(place)).collect()
    }

    fn place(&self, place: Place) -> ComparePlace {
        let (class, label) = match (place.is_mapped, place.level, place.score) {
            (false, ..) => (String::new(), String::new()),
            (true, Some(level), Some(score)) if !self.comparison.is_count() => {
                (theme::score_class(score, self.top), level.name().to_owned())
            }
            (true, _, Some(score)) => (theme::score_class(score, self.top), score.to_string()),
            (true, _, None) => ("not-assessed".to_owned(), "mapped".to_owned()),
        };
        let order = if place.is_mapped { place.weight() } else { -1 };
        ComparePlace { class, label, order }
    }

    fn grid(&self) -> Vec<GridRow> {
        let sides = self.comparison.sides();
        let cell = |one: usize, other: usize| {
            let pair = self
                .comparison
                .pairs()
                .iter()
                .find(|pair| (pair.left, pair.right) == (one.min(other), one.max(other)));
            let overlap = pair.map(|pair| pair.overall).unwrap_or_default();
            let share = fraction(overlap.both, overlap.union());
            let weighted = overlap
                .weighted_jaccard()
                .map(|_| percent_text(overlap.lower_sum as f64, overlap.higher_sum as f64));
            // A share is between 0 and 100.
            #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
            let class = theme::score_class(share.percent as i64, 100);
            GridCell { same: one == other, class, overlap: share, weighted }
        };
        let rows = (0..sides.len()).map(|one| GridRow {
            name: sides[one].name.clone(),
            cells: (0..sides.len()).map(|other| cell(one, other)).collect(),
        });
        rows.collect()
    }

    fn open(&self) -> Vec<GapGroup> {
        let scope = &self.comparison.sides()[0].coverage.selection().scope;
        let wanted = scope.tactics();
        let is_mapped = |id: TechniqueId| self.comparison.row(id).is_some();
        let mut groups = Vec::new();
        for (index, tactic) in self.catalog.tactics().iter().enumerate() {
            if wanted.is_some_and(|wanted| !wanted.contains(&index)) {
                continue;
            }
            let in_scope: Vec<&Technique> =
                self.catalog.in_tactic(index).into_iter().filter(|one| scope.contains(one)).collect();
            let is_open = |one: &&&Technique| {
                !is_mapped(one.id) && !self.catalog.sub_techniques(one.id).any(|sub| is_mapped(sub.id))
            };
            let open: Vec<TechniqueRef> = in_scope
                .iter()
                .filter(is_open)
                .map(|one| TechniqueRef {
                    id: one.id.to_string(),
                    name: one.name.to_string(),
                    href: self.url(one.id),
                    external: true,
                })
                .collect();
            if !in_scope.is_empty() {
                groups.push(GapGroup {
                    name: tactic.name.to_string(),
                    key: tactic.shortname.to_string(),
                    open: fraction(open.len(), in_scope.len()),
                    techniques: open,
                });
            }
        }
        groups
    }

    fn method(&self) -> CompareMethod {
        let comparison = self.comparison;
        let selection = comparison.sides()[0].coverage.selection();
        let Tally { techniques, sub_techniques } = comparison.overall().in_scope;
        let scope = if selection.scope.is_everything() { "" } else { " that the filters leave" };
        CompareMethod {
            meaning: METHOD.to_owned(),
            scale: if comparison.is_count() { Vec::new() } else { self.scale() },
            metric: comparison.rules().metric.definition().to_owned(),
            denominator: format!(
                "Unless another one is named, the {} active techniques of {} ATT&CK {}{scope}: {techniques} techniques and \
                 {sub_techniques} sub-techniques. Mapped ids that are not active count in no figure.",
                techniques + sub_techniques,
                self.catalog.domain().name(),
                self.catalog.version(),
            ),
            filters: selection.phrases.clone(),
        }
    }

    fn sources(&self) -> Vec<SourceView> {
        let mut met = BTreeSet::new();
        let mut sources = Vec::new();
        for (index, set) in self.comparison.sides().iter().flat_map(|side| side.coverage.involved()) {
            if met.insert(index) {
                let notice = (set.origin == Origin::Embedded).then(|| {
                    "The built-in mapping holds facts only. The analysts’ comments are in the file that Mappings Explorer \
                     publishes; give that file as a source and they appear here."
                        .to_owned()
                });
                sources.push(SourceView { notice, ..source_view(set, self.catalog) });
            }
        }
        sources
    }
}

/// How a side stands to the others in a technique: a class, and the same in words.
fn mark(standing: &Standing, place: usize) -> (&'static str, &'static str) {
    if !standing.places[place].is_mapped {
        return match standing.verdict() {
            Verdict::Nobody => ("nobody", ""),
            _ => ("elsewhere", "elsewhere"),
        };
    }
    match standing.verdict() {
        Verdict::Nobody => ("nobody", ""),
        Verdict::Only(_) => ("only", "only here"),
        Verdict::Strongest(side) if side == place => ("ahead", "strongest"),
        Verdict::Equal(sides) if sides.contains(&place) => ("same", "equal"),
        Verdict::Strongest(_) | Verdict::Equal(_) => ("behind", "less"),
    }
}

fn dominated_view(row: DominatedRow) -> DominatedView {
    const MOST: usize = 5;
    let more = row.by.len().saturating_sub(MOST) + row.same.len().saturating_sub(MOST);
    let first = |names: Vec<String>| names.into_iter().take(MOST).collect();
    DominatedView {
        name: row.name,
        sides: row.sides,
        mapped: row.mapped,
        by: first(row.by),
        same: first(row.same),
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Roster;
    use crate::coverage::Rules;
    use crate::coverage::threat::Threat;
    use crate::mapping::named::Named;
    use crate::mapping::read;

    #[test]
    fn what_the_template_is_given_is_what_the_schema_says() {
        let schema = serde_json::to_value(schemars::schema_for!(CompareView)).expect("a schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
        let sets = read::embedded().sets;
        let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded");
        for names in [&["aws", "amazon_macie"][..], &["amazon_guardduty", "aws_config", "*inspector*"]] {
            let sides = names.iter().map(|name| {
                let named = Named::find(name, &sets).expect(name);
                ((*name).to_owned(), named.filter.resolve(&sets, &catalog).expect(name))
            });
            let threat = Threat::of_actors(&Roster::new(&catalog), [("APT29", 1.0), ("APT28", 2.0)]);
            let threat = threat.expect("two groups");
            let comparison = Comparison::new(&sets, &catalog, Rules::default(), &sides.collect::<Vec<_>>());
            let comparison = if names.len() == 3 { comparison.against(&threat) } else { comparison };
            let (view, used) = make(&comparison, None);
            let value = serde_json::to_value(&view).expect("a view is JSON");
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
            let cells =
                view.matrices.iter().flat_map(|matrix| &matrix.columns).flat_map(|column| &column.cells);
            let classes =
                cells.flat_map(|cell| std::iter::once(cell).chain(&cell.subs)).map(|cell| &cell.class);
            let is_styled = |class: &String| {
                let index = class.strip_prefix('g').and_then(|index| index.parse::<usize>().ok());
                index.is_none_or(|index| used.contains(&index))
            };
            assert!(classes.chain(view.legend.iter().map(|entry| &entry.class)).all(is_styled));
        }
    }
}
