//! The generated part of the style sheet: the colours of scores, categories and levels, light and dark.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::briefing::Paper;
use crate::coverage::threat::Guard;
use crate::coverage::{Scale, whole};
use crate::mapping::Level;
use crate::matrix::palette::{Color, Hue, Palette, Theme};
use crate::matrix::{gradient, sides};

/// How many stops a page's ramp has, as a layer of scores from 0 to 100 has.
pub(super) const STOPS: usize = 5;

/// Custom properties and classes, to stand before `site.css`: `.g0` to `.g99` for scores, `.protect-partial` and the
/// like for a category's level. Dark values hold on dark screens only, so that paper stays light.
///
/// Every page carries its style sheet, so of the hundred colours of scores only those in `used` are written.
#[must_use]
pub(super) fn style(used: &BTreeSet<usize>, palette: &Palette, scale: &Scale) -> String {
    let mut css = String::with_capacity(8 * 1024);
    block(&mut css, Theme::Light, used, palette, scale);
    css.push_str("@media screen and (prefers-color-scheme:dark){");
    block(&mut css, Theme::Dark, used, palette, scale);
    css.push_str("}\n");
    css
}

/// The classes of what a threat uses and what covers it: `.guard-open` and the like. Only sites with a threat have them.
#[must_use]
pub(super) fn threat_style(palette: &Palette) -> String {
    let block = |theme| {
        Guard::ALL
            .map(|guard| {
                let color = palette.guard(guard, theme);
                let (fill, ink) = (color.hex(), color.ink().hex());
                format!(".guard-{}{{background:{fill};color:{ink};fill:{fill}}}", guard.key())
            })
            .concat()
    };
    let dark = "@media screen and (prefers-color-scheme:dark){";
    format!("{}\n{dark}{}}}\n", block(Theme::Light), block(Theme::Dark))
}

/// The class of a score's colour, for a ramp from 0 to `top`.
#[must_use]
pub(super) fn score_class(score: i64, top: i64) -> String {
    format!("g{}", gradient::index(score, 0, top))
}

/// The colours that a ramp from 0 to `top` shows for these scores and in its legend.
pub(super) fn used(
    scores: impl Iterator<Item = i64>,
    top: i64,
    scale: &Scale,
) -> impl Iterator<Item = usize> {
    // Levels on a ramp to 100, and counts on any other.
    let legend = level_scores(scale).into_iter().chain([1, (top + 1) / 2, top]);
    scores.chain(legend).map(move |score| gradient::index(score, 0, top))
}

/// The levels' scores as pages show them, weakest first.
fn level_scores(scale: &Scale) -> [i64; 3] {
    Level::ALL.map(|level| whole(scale.score(level), 100.0))
}

/// Classes `.side0` and so on for the sides.
#[must_use]
pub(super) fn sides(count: usize) -> String {
    let mut css = String::new();
    for side in 0..count {
        let color = sides::of_side(side);
        let (fill, ink) = (color.hex(), color.ink().hex());
        let _ = write!(css, ".side{side}{{background:{fill};color:{ink}}}");
    }
    css.push('\n');
    css
}

/// The pages of a report on paper: upright ones, the cover, and lying ones for matrices.
#[must_use]
pub(super) fn paper(paper: Paper) -> String {
    let size = paper.name();
    format!(
        "@page{{size:{size};margin:16mm 15mm 18mm}}\n@page cover{{size:{size};margin:24mm 22mm 20mm}}\n\
         @page matrix{{size:{size} landscape;margin:9mm 9mm 11mm}}\n"
    )
}

/// The class of a category's level.
#[must_use]
pub(super) fn category_class(hue: Hue, level: Level) -> String {
    format!("{}-{}", hue.key(), level.key())
}

fn block(css: &mut String, theme: Theme, used: &BTreeSet<usize>, palette: &Palette, scale: &Scale) {
    let ramp = gradient::sample(&palette.ramp_stops(theme, STOPS));
    css.push_str(":root{");
    for (level, score) in Level::ALL.into_iter().zip(level_scores(scale)) {
        property(css, level.key(), ramp[gradient::index(score, 0, 100)]);
    }
    for hue in Hue::ALL {
        property(css, hue.key(), palette.chip(hue, theme));
        let _ = write!(css, "--{}-text:{};", hue.key(), palette.text(hue, theme).hex());
    }
    css.push_str("}\n");
    for (index, color) in ramp.iter().enumerate().filter(|(index, _)| used.contains(index)) {
        let _ = write!(css, ".g{index}{{background:{};color:{}}}", color.hex(), color.ink().hex());
    }
    for hue in Hue::ALL {
        for level in Level::ALL {
            let color = palette.fill(hue, theme, level);
            let (fill, ink, class) = (color.hex(), color.ink().hex(), category_class(hue, level));
            let _ = write!(css, ".{class}{{background:{fill};color:{ink};fill:{fill}}}");
        }
    }
    css.push('\n');
}

fn property(css: &mut String, name: &str, color: Color) {
    let _ = write!(css, "--{name}:{};--{name}-ink:{};", color.hex(), color.ink().hex());
}
