//! Which ATT&CK releases are known: the embedded ones, those of the data folder, and a bundle for one run.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use navlayer::attack::stix::Release;
use navlayer::attack::{Domain, Releases, Version};

use super::{Failure, Global, findings};

/// What stands in the environment for `--data-dir`.
const VARIABLE: &str = "NAVLAYER_DATA";

/// The releases of a run.
pub(crate) struct Known {
    pub(crate) releases: Releases,
    /// The release of `--attack-data`.
    pub(crate) bundle: Option<(Domain, Version)>,
}

impl Known {
    /// Reads the data folder, and the bundle that the user names.
    pub(crate) fn read(global: &Global) -> Result<Self, Failure> {
        Self::read_as(global, None)
    }

    /// As [`Known::read`], with a version that overrides what the bundle says.
    pub(crate) fn read_as(global: &Global, version: Option<Version>) -> Result<Self, Failure> {
        let mut releases = match tables(global)? {
            None => Releases::default(),
            Some(folder) => Releases::with_folder(&folder)?,
        };
        let mut bundle = None;
        if let Some(path) = &global.attack_data {
            let release = Release::read(path, version)?;
            for note in release.notes() {
                findings::say(global, &format!("note: {}: {note}", path.display()));
            }
            bundle = Some((release.domain(), release.version()));
            releases.add_release(release)?;
        }
        Ok(Self { releases, bundle })
    }
}

/// The folder of the user's tables, to read from: see [`home`].
///
/// # Errors
///
/// What the user names has to be there; what may be there need not.
pub(crate) fn tables(global: &Global) -> Result<Option<PathBuf>, Failure> {
    if let Some(named) = global.data_dir.as_deref().filter(|named| !named.is_dir()) {
        return Err(Failure::new(format!("there is no folder {}", named.display()))
            .with_help("`navlayer catalog import --data-dir` makes it"));
    }
    Ok(home(global))
}

/// Where the user's tables are, or would be: below `--data-dir`, else `NAVLAYER_DATA`, else the platform's own; `None`
/// where there is no home.
pub(crate) fn home(global: &Global) -> Option<PathBuf> {
    let named = global.data_dir.clone();
    let of_variable = || std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let of_platform = || {
        let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
        Some(strategy.data_dir().join("navlayer"))
    };
    named.or_else(of_variable).or_else(of_platform).map(|folder| attack(&folder))
}

/// Where a data folder keeps its tables.
fn attack(folder: &Path) -> PathBuf {
    folder.join("attack")
}
