//! Names that the user gives to what sources call otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::Settings;
use super::walk::shown;
use super::written::Setting;
use crate::diagnostic::{Code, Diagnostic};
use crate::mapping::MappingSet;
use crate::suggest::Suggestions;

impl Settings {
    /// Gives frameworks and capabilities the names that outputs show; ids stay. Returns a finding for each id that no
    /// set has.
    #[must_use]
    pub fn rename(&self, sets: &mut [MappingSet]) -> Vec<Diagnostic> {
        let mut met = BTreeSet::new();
        for set in sets.iter_mut() {
            if let Some((id, name)) = self.frameworks.get_key_value(&set.framework.id.to_lowercase()) {
                set.framework.title = Some(name.value.clone());
                met.insert(("framework", id.as_str()));
            }
            for capability in &mut set.capabilities {
                if let Some((id, name)) = self.capabilities.get_key_value(&capability.id.to_lowercase()) {
                    capability.name.clone_from(&name.value);
                    met.insert(("capability", id.as_str()));
                }
            }
        }
        let frameworks: BTreeSet<&str> = sets.iter().map(|set| set.framework.id.as_str()).collect();
        let capabilities = sets.iter().flat_map(|set| &set.capabilities);
        let capabilities: BTreeSet<&str> = capabilities.map(|one| one.id.as_str()).collect();
        let mut findings = Vec::new();
        for (what, names, known) in
            [("framework", &self.frameworks, &frameworks), ("capability", &self.capabilities, &capabilities)]
        {
            findings.extend(unmet(what, names, known, &met));
        }
        findings.sort_by_key(|finding| finding.place.as_ref().map(|place| (place.line, place.column)));
        findings
    }
}

fn unmet(
    what: &'static str,
    names: &BTreeMap<String, Setting<String>>,
    known: &BTreeSet<&str>,
    met: &BTreeSet<(&str, &str)>,
) -> Vec<Diagnostic> {
    let mut suggestions = Suggestions::default();
    let left = names.iter().filter(|(id, _)| !met.contains(&(what, id.as_str())));
    let finding = left.map(|(id, name)| {
        let message = format!("no {what} of the sources has the id `{}`", shown(id));
        let help = match suggestions.nearest(id, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "its name is shown nowhere".to_owned(),
        };
        let finding = Diagnostic::new(Code::NameWithoutMatch, message).help(help);
        match name.origin.place() {
            Some(place) => finding.at(place),
            None => finding,
        }
    });
    finding.collect()
}
