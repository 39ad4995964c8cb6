//! ATT&CK technique ids: `T1562` for a technique, `T1562.008` for a sub-technique.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a technique (`T1562`) or a sub-technique (`T1562.008`).
///
/// Ordered as ATT&CK lists them: a technique, then its sub-techniques, then the next technique.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TechniqueId {
    number: u16,
    /// 0 for a technique; 1 to 999 for a sub-technique.
    sub: u16,
}

/// Text that is not a technique id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a technique id such as T1562 or T1562.008")]
pub struct ParseIdError(
    /// The text as given.
    pub String,
);

impl TechniqueId {
    /// Whether this is a sub-technique.
    #[must_use]
    pub const fn is_sub(self) -> bool {
        self.sub != 0
    }

    /// The technique that a sub-technique's number names, `None` for a technique.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        if self.sub == 0 { None } else { Some(Self { number: self.number, sub: 0 }) }
    }

    /// The id as it stands in an attack.mitre.org path: `T1562` or `T1562/008`.
    #[must_use]
    pub fn url_path(self) -> String {
        if self.sub == 0 {
            format!("T{:04}", self.number)
        } else {
            format!("T{:04}/{:03}", self.number, self.sub)
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |digits: &[u8]| -> Option<u16> {
            digits.iter().try_fold(0, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
            })
        };
        match text.as_bytes() {
            [b'T' | b't', digits @ ..] if digits.len() == 4 => Some(Self { number: number(digits)?, sub: 0 }),
            [b'T' | b't', digits @ .., b'.', a, b, c] if digits.len() == 4 => {
                let sub = number(&[*a, *b, *c])?;
                (sub != 0).then_some(Self { number: number(digits)?, sub })
            }
            _ => None,
        }
    }
}

impl FromStr for TechniqueId {
    type Err = ParseIdError;

    /// Reads `T` (or `t`), four digits, and for a sub-technique a dot and three digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or_else(|| ParseIdError(text.to_owned()))
    }
}

impl fmt::Display for TechniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sub == 0 {
            write!(f, "T{:04}", self.number)
        } else {
            write!(f, "T{:04}.{:03}", self.number, self.sub)
        }
    }
}

impl fmt::Debug for TechniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for TechniqueId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TechniqueId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for TechniqueId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TechniqueId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An ATT&CK technique (T1562) or sub-technique (T1562.008).",
            "type": "string",
            "pattern": r"^T\d{4}(\.\d{3})?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_both_kinds() {
        for text in ["T1562", "T1562.008", "T0001", "T0800.001"] {
            let id: TechniqueId = text.parse().expect(text);
            assert_eq!(id.to_string(), text);
        }
        let sub: TechniqueId = "t1562.008".parse().expect("lower case is read");
        assert_eq!(sub.to_string(), "T1562.008");
        assert_eq!(sub.parent(), "T1562".parse().ok());
        assert_eq!(sub.url_path(), "T1562/008");
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in [
            "",
            "T",
            "T156",
            "T15622",
            "T1562.",
            "T1562.08",
            "T1562.000",
            "T1098.A006",
            "TA0001",
            "T1562.0081",
            "T+562",
            "T1562 ",
            "١٥٦٢",
        ] {
            assert!(text.parse::<TechniqueId>().is_err(), "{text}");
        }
    }

    #[test]
    fn sorts_sub_techniques_after_their_technique() {
        let mut ids: Vec<TechniqueId> = ["T1563", "T1562.002", "T1562", "T1562.001"]
            .iter()
            .map(|text| text.parse().expect(text))
            .collect();
        ids.sort();
        assert_eq!(
            ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["T1562", "T1562.001", "T1562.002", "T1563"]
        );
    }
}
