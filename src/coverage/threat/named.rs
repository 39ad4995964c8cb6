//! A part of a threat as people write it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The largest weight: beyond it, the others would count for nothing.
pub const MOST_WEIGHT: f64 = 1_000_000.0;

/// An actor with its weight, or a layer's file.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    /// `APT29`, `G0016=2`: an id, a name or an alias; without a weight, 1.
    Actor {
        /// The id, name or alias.
        name: String,
        /// The weight, above 0.
        weight: f64,
    },
    /// `threat.json`: a layer whose scores say how much techniques are used.
    Layer(PathBuf),
}

/// What is no part of a threat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNamedError {
    /// Nobody is named.
    #[error("`{0}` names nobody; an actor is given as APT29, G0016 or APT29=2")]
    Nobody(String),
    /// The weight is no number above 0.
    #[error("`{weight}` is no weight of {name}: a weight is a number above 0, and at most {MOST_WEIGHT}")]
    Weight {
        /// Who is named.
        name: String,
        /// The weight as given.
        weight: String,
    },
    /// A layer with a weight.
    #[error("the layer {0} stands without a weight: its scores are the weights")]
    LayerWeight(String),
}

impl Named {
    /// The parts of a text: actors between commas; a layer's file stands alone, whatever its name holds.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn list(text: &str) -> Result<Vec<Self>, ParseNamedError> {
        if is_layer(text.trim()) && (!text.contains(',') || Path::new(text.trim()).is_file()) {
            return Ok(vec![text.parse()?]);
        }
        text.split(',').map(str::parse).collect()
    }
}

impl FromStr for Named {
    type Err = ParseNamedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if is_layer(text) {
            return Ok(Self::Layer(PathBuf::from(text)));
        }
        let (name, weight) = match text.rsplit_once('=') {
            Some((name, weight)) => (name.trim(), Some(weight.trim())),
            None => (text, None),
        };
        if is_layer(name) {
            return Err(ParseNamedError::LayerWeight(name.to_owned()));
        }
        if name.is_empty() {
            return Err(ParseNamedError::Nobody(text.to_owned()));
        }
        let weight = match weight {
            None => 1.0,
            Some(text) => match text.parse::<f64>() {
                Ok(weight) if weight > 0.0 && weight <= MOST_WEIGHT => weight,
                _ => {
                    let (name, weight) = (name.to_owned(), text.to_owned());
                    return Err(ParseNamedError::Weight { name, weight });
                }
            },
        };
        Ok(Self::Actor { name: name.to_owned(), weight })
    }
}

impl fmt::Display for Named {
    /// As it is written: `APT29`, `APT29=2`, `threat.json`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actor { name, weight } if weight.to_bits() == 1.0_f64.to_bits() => f.write_str(name),
            Self::Actor { name, weight } => write!(f, "{name}={weight}"),
            Self::Layer(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Whether a text names a file: no group is called so.
fn is_layer(text: &str) -> bool {
    let lower = text.to_lowercase();
    [".json", ".json.gz"].iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(name: &str, weight: f64) -> Named {
        Named::Actor { name: name.to_owned(), weight }
    }

    #[test]
    fn names_weights_and_files_are_told_apart() {
        let list = Named::list(" APT29 = 2, cozy bear,G0007=0.5").expect("three actors");
        assert_eq!(list, [actor("APT29", 2.0), actor("cozy bear", 1.0), actor("G0007", 0.5)]);
        let layer = Named::list("a=b/Threats.JSON").expect("a layer");
        assert_eq!(layer, [Named::Layer(PathBuf::from("a=b/Threats.JSON"))]);
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        for text in ["A=0", "A=-1", "A=nan", "A=inf", "A=", "A=two", "A=1e9", "A=1=-2"] {
            assert!(matches!(text.parse::<Named>(), Err(ParseNamedError::Weight { .. })), "{text}");
        }
        assert!(matches!("=2".parse::<Named>(), Err(ParseNamedError::Nobody(_))));
        assert!(matches!(Named::list("A,,B"), Err(ParseNamedError::Nobody(_))));
        assert!(matches!("t.json=2".parse::<Named>(), Err(ParseNamedError::LayerWeight(_))));
    }
}
