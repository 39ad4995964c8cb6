//! What a combined layer says of itself.

use navlayer::GENERATOR;
use navlayer::attack::Catalog;
use navlayer::layer::combine::{Colors, Inherit, Origin};
use navlayer::layer::expr::Expression;

use super::sides::Sides;
use super::{Args, Carried};

/// What the name of a combined layer ends in.
const COMBINED: &str = " (combined)";

/// How the layer is made.
pub(super) struct Told<'a> {
    pub(super) args: &'a Args,
    pub(super) sides: &'a Sides,
    pub(super) carried: &'a [Carried],
    pub(super) catalog: &'a Catalog,
    pub(super) inherit: Inherit,
    pub(super) colors: Colors,
}

impl Told<'_> {
    /// The layers' names. The Navigator makes a sheet's name of it, in which some characters break it off.
    pub(super) fn name(&self) -> String {
        const MOST: usize = 80;
        let mut titles: Vec<&str> = Vec::new();
        for one in self.carried {
            let title = one.title.trim_end_matches(COMBINED);
            if !titles.contains(&title) {
                titles.push(title);
            }
        }
        let titles: String = titles.join(", ").chars().take(MOST).collect();
        format!("{titles}{COMBINED}").replace(['/', '\\', ':', '*', '?', '[', ']'], ".")
    }

    /// The expression, the layers, and what is inherited.
    pub(super) fn description(&self) -> String {
        let layers: Vec<String> = self
            .sides
            .chosen
            .iter()
            .zip(self.carried)
            .map(|(chosen, one)| match one.was {
                Some(was) => format!("{} = {} (of ATT&CK {was})", chosen.name, one.title),
                None => format!("{} = {}", chosen.name, one.title),
            })
            .collect();
        let attack = format!("{} ATT&CK {}", self.catalog.domain().name(), self.catalog.version());
        let scores = match self.args.expression.trim() {
            "" => "No scores".to_owned(),
            text => format!("Scores: {text}"),
        };
        let mut sentences = vec![format!("{scores}, with {}, on {attack}.", layers.join(", "))];
        sentences.extend(self.inherited().into_iter().map(|one| one + "."));
        sentences.join(" ")
    }

    /// Rows about the layer.
    pub(super) fn metadata(&self) -> Vec<(String, String)> {
        let row = |name: &str, value: String| (name.to_owned(), value);
        let mut rows = vec![row("expression", self.args.expression.trim().to_owned())];
        for (chosen, one) in self.sides.chosen.iter().zip(self.carried) {
            let path = &self.sides.files[chosen.file].path;
            let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let was = one.was.map_or_else(String::new, |was| format!(", upgraded from ATT&CK {was}"));
            rows.push(row(&format!("layer {}", chosen.name), format!("{} ({file}){was}", one.title)));
        }
        rows.extend(self.inherited().into_iter().map(|one| row("inherited", one)));
        let attack = format!("{} {}", self.catalog.domain().id(), self.catalog.version());
        rows.push(row("ATT&CK", attack));
        rows.push(row("combined by", GENERATOR.to_owned()));
        rows
    }

    /// "comments of all layers", "gradient of a".
    fn inherited(&self) -> Vec<String> {
        let of = |what: &str, origin| match origin {
            Origin::Nobody => None,
            Origin::One(place) => Some(format!("{what} of {}", self.sides.chosen[place].name)),
            Origin::All => Some(format!("{what} of all layers")),
        };
        let gradient = match self.colors {
            Colors::Of(place) => Origin::One(place),
            Colors::Navigator | Colors::House => Origin::Nobody,
        };
        let parts = self.inherit.parts().into_iter().chain([("gradient", gradient)]);
        parts.filter_map(|(what, origin)| of(what, origin)).map(|text| capital(&text)).collect()
    }

    /// The layers that nothing asks for.
    pub(super) fn unused(&self, expression: Option<&Expression>) -> Vec<String> {
        let named = expression.map(Expression::layers).unwrap_or_default();
        let origins = self.inherit.parts().map(|(_, origin)| origin);
        let is_used = |place: usize| {
            named.contains(&place)
                || origins.iter().any(|origin| matches!(origin, Origin::All) || *origin == Origin::One(place))
                || self.colors == Colors::Of(place)
        };
        let chosen = self.sides.chosen.iter().enumerate().filter(|(place, _)| !is_used(*place));
        chosen.map(|(_, one)| format!("the layer {} is not used", one.name)).collect()
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
