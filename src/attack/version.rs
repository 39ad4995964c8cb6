//! ATT&CK release versions and domains.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::CatalogError;

/// An ATT&CK release such as 16.1. A bare major number means its `.0` release: `9` is 9.0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The part before the dot: what attack.mitre.org and the Navigator call "v16".
    pub major: u16,
    /// The part after the dot.
    pub minor: u16,
}

impl Version {
    /// A page of this version on attack.mitre.org: `page("tactics", "TA0006")`.
    ///
    /// The site keeps one edition of each major version.
    #[must_use]
    pub fn page(self, section: &str, path: &str) -> String {
        format!("https://attack.mitre.org/versions/v{}/{section}/{path}/", self.major)
    }
}

/// Text that is not an ATT&CK version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ATT&CK version such as 16.1")]
pub struct ParseVersionError(
    /// The text as given.
    pub String,
);

impl FromStr for Version {
    type Err = ParseVersionError;

    /// Reads `16.1`, `16` and, with the `v` that ATT&CK's site writes, `v16.1`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseVersionError(text.to_owned());
        let number = |part: &str| -> Option<u16> {
            (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse().ok())
                .flatten()
        };
        let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (major, minor) = digits.split_once('.').unwrap_or((digits, "0"));
        Ok(Self { major: number(major).ok_or_else(error)?, minor: number(minor).ok_or_else(error)? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Version {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An ATT&CK release, major and minor.",
            "type": "string",
            "pattern": r"^\d+\.\d+$"
        })
    }
}

/// The version that somebody asks for: the newest, a release, or the newest of a major number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedVersion {
    /// `latest`
    Newest,
    /// `19`: the newest release of that number that is known.
    Major(u16),
    /// `16.1`
    Exactly(Version),
}

/// Text that asks for no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("give a version such as 16.1, or latest")]
pub struct ParseWantedError;

impl WantedVersion {
    /// The release that is meant, of those that are known in a domain.
    ///
    /// # Errors
    ///
    /// [`CatalogError::UnknownVersion`] when none of them is.
    pub fn among(self, known: &[Version], domain: Domain) -> Result<Version, CatalogError> {
        let (found, version) = match self {
            Self::Newest => (known.last(), Version { major: 0, minor: 0 }),
            Self::Major(major) => {
                let newest = known.iter().rev().find(|version| version.major == major);
                (newest, Version { major, minor: 0 })
            }
            Self::Exactly(version) => (known.iter().find(|one| **one == version), version),
        };
        let unknown = || CatalogError::UnknownVersion { domain, version, known: known.to_vec() };
        found.copied().ok_or_else(unknown)
    }
}

impl FromStr for WantedVersion {
    type Err = ParseWantedError;

    /// Reads `latest`, `16.1`, `v16.1` and `16`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("latest") {
            return Ok(Self::Newest);
        }
        let version: Version = text.parse().map_err(|_| ParseWantedError)?;
        Ok(if text.contains('.') { Self::Exactly(version) } else { Self::Major(version.major) })
    }
}

impl fmt::Display for WantedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest => f.write_str("latest"),
            Self::Major(major) => major.fmt(f),
            Self::Exactly(version) => version.fmt(f),
        }
    }
}

/// One of ATT&CK's three domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub enum Domain {
    /// `enterprise-attack`
    #[serde(rename = "enterprise-attack")]
    Enterprise,
    /// `mobile-attack`
    #[serde(rename = "mobile-attack")]
    Mobile,
    /// `ics-attack`
    #[serde(rename = "ics-attack")]
    Ics,
}

/// Text that names no ATT&CK domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ATT&CK domain, which is enterprise, mobile or ics")]
pub struct ParseDomainError(
    /// The text as given.
    pub String,
);

impl Domain {
    /// All domains, in ATT&CK's own order.
    pub const ALL: [Self; 3] = [Self::Enterprise, Self::Mobile, Self::Ics];

    /// The id that layers and bundles use: `enterprise-attack`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise-attack",
            Self::Mobile => "mobile-attack",
            Self::Ics => "ics-attack",
        }
    }

    /// The name that people read: `Enterprise`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enterprise => "Enterprise",
            Self::Mobile => "Mobile",
            Self::Ics => "ICS",
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Domain {
    type Err = ParseDomainError;

    /// Reads `enterprise-attack`, the short `enterprise` of mapping files and the `mitre-enterprise` of old layers,
    /// in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.to_ascii_lowercase();
        let bare = lower.strip_suffix("-attack").unwrap_or(&lower);
        match bare.strip_prefix("mitre-").unwrap_or(bare) {
            "enterprise" => Ok(Self::Enterprise),
            "mobile" => Ok(Self::Mobile),
            "ics" => Ok(Self::Ics),
            _ => Err(ParseDomainError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let version = |text: &str| text.parse::<Version>().expect(text);
        assert!(version("9") < version("10.0"));
        assert_eq!(version("9").to_string(), "9.0");
        assert_eq!(version("v16.1"), version("16.1"));
        for text in ["", "x", "16.", ".1", "16.1.2", "4.x", "-1", "70000"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn domains_have_three_spellings() {
        for text in ["ics", "ics-attack", "mitre-ics", "ICS"] {
            assert_eq!(text.parse(), Ok(Domain::Ics));
        }
        assert!("cloud".parse::<Domain>().is_err());
    }
}
