//! The ATT&CK releases that are known: those that `navlayer` ships with, and those that the user brought.

use std::path::Path;
use std::sync::Arc;

use super::stix::Release;
use super::{Catalog, CatalogError, Domain, Table, Version};

/// The releases of every domain, each found by its version, wherever it came from.
///
/// [`Releases::default`] knows the embedded ones. What the user brings stands beside them, and takes the place of an
/// embedded release of the same version. A copy is cheap.
#[derive(Debug, Clone, Default)]
pub struct Releases {
    /// By the place of the domain in [`Domain::ALL`]: the joined table, where the user brought something.
    own: [Option<Arc<Table>>; 3],
    /// The same for what the user brought alone.
    brought: [Option<Arc<Table>>; 3],
}

/// Two of them are equal when one is a copy of the other, or nobody brought anything: the facts are not compared.
impl PartialEq for Releases {
    fn eq(&self, other: &Self) -> bool {
        self.brought.iter().zip(&other.brought).all(|tables| match tables {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        })
    }
}

impl Eq for Releases {}

impl Releases {
    /// The embedded releases and those of the tables in a folder, as [`Table::files`] names them. A folder that does not
    /// exist holds none.
    ///
    /// # Errors
    ///
    /// When a file of the folder cannot be read, or is no fact table.
    pub fn with_folder(folder: &Path) -> Result<Self, CatalogError> {
        let mut releases = Self::default();
        for domain in Domain::ALL {
            if let Some(table) = Table::read(folder, domain)? {
                releases.add(table)?;
            }
        }
        Ok(releases)
    }

    /// Makes a release known that has been read from a bundle.
    ///
    /// # Errors
    ///
    /// When there are more releases than a table can hold.
    pub fn add_release(&mut self, release: Release) -> Result<(), CatalogError> {
        self.add(super::union::table_of(release)?)
    }

    /// Makes the releases of a table known; those of the same domain and version are replaced.
    ///
    /// # Errors
    ///
    /// When there are more releases than a table can hold.
    pub fn add(&mut self, table: Table) -> Result<(), CatalogError> {
        let domain = table.domain();
        let joined = self.table(domain).with(&table)?;
        let place = place(domain);
        let brought = match &self.brought[place] {
            Some(brought) => brought.with(&table)?,
            None => table,
        };
        self.own[place] = Some(Arc::new(joined));
        self.brought[place] = Some(Arc::new(brought));
        Ok(())
    }

    /// All that is known of a domain.
    #[must_use]
    pub fn table(&self, domain: Domain) -> &Table {
        self.own[place(domain)].as_deref().unwrap_or_else(|| Table::embedded(domain))
    }

    /// What the user brought of a domain.
    #[must_use]
    pub fn brought(&self, domain: Domain) -> Option<&Table> {
        self.brought[place(domain)].as_deref()
    }

    /// The known versions of a domain, in ascending order; at least one.
    #[must_use]
    pub fn versions(&self, domain: Domain) -> &[Version] {
        self.table(domain).versions()
    }

    /// The catalog of one release.
    ///
    /// # Errors
    ///
    /// [`CatalogError::UnknownVersion`] when no such version of the domain is known.
    pub fn catalog(&self, domain: Domain, version: Version) -> Result<Catalog, CatalogError> {
        let catalog = match &self.own[place(domain)] {
            None => Catalog::embedded(domain, version),
            Some(table) => Catalog::of_table(table, version),
        };
        let others = self.own.iter().flatten().filter(|table| table.domain() != domain);
        Ok(catalog?.beside(others.cloned().collect()))
    }
}

fn place(domain: Domain) -> usize {
    domain as usize
}
