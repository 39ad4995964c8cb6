//! What a record has of the records of its sides.

use super::{Combiner, Key, Origin, is_divider};
use crate::layer::read::{InputLink, InputMetadata, Spanned};
use crate::layer::upgrade::row;
use crate::source::Span;

impl Combiner<'_> {
    pub(super) fn color(&self, key: Key) -> Option<String> {
        self.said(self.options.inherit.colors, key).find_map(|(_, record)| record.color.clone())
    }

    /// A technique of which a layer says nothing is enabled there.
    pub(super) fn is_enabled(&self, key: Key) -> bool {
        let origin = self.options.inherit.states;
        let mut sides = self.of(origin);
        origin == Origin::Nobody
            || sides.any(|place| self.records[place].get(&key).is_none_or(|record| record.enabled))
    }

    pub(super) fn comment(&self, key: Key) -> String {
        let origin = self.options.inherit.comments;
        let said = self.said(origin, key).filter(|(_, record)| !record.comment.value.trim().is_empty());
        let part = |(place, record): (usize, &crate::layer::read::InputAnnotation)| match origin {
            Origin::All => format!("{}: {}", self.labels[place], record.comment.value),
            Origin::Nobody | Origin::One(_) => record.comment.value.clone(),
        };
        said.map(part).collect::<Vec<_>>().join("\n\n")
    }

    pub(super) fn metadata(&self, key: Key) -> Vec<InputMetadata> {
        let origin = self.options.inherit.metadata;
        let mut rows = Vec::new();
        for (place, record) in self.said(origin, key) {
            if origin == Origin::All && !record.metadata.iter().all(is_divider) {
                rows.push(row("layer", self.labels[place].clone(), Span::default()));
            }
            rows.extend(record.metadata.iter().map(without_place));
        }
        rows
    }

    /// Each link once; dividers only between links.
    pub(super) fn links(&self, key: Key) -> Vec<InputLink> {
        let origin = self.options.inherit.links;
        let divider = InputLink::Divider { shown: true, span: Span::default() };
        let mut links: Vec<InputLink> = Vec::new();
        for (_, record) in self.said(origin, key) {
            for link in &record.links {
                let link = match link {
                    InputLink::Link { label, url } => InputLink::Link {
                        label: label.clone(),
                        url: Spanned { value: url.value.clone(), span: Span::default() },
                    },
                    InputLink::Divider { .. } => divider.clone(),
                };
                let is_held = match link {
                    InputLink::Divider { .. } => links.last().is_none_or(|last| *last == divider),
                    InputLink::Link { .. } => links.contains(&link),
                };
                if origin != Origin::All || !is_held {
                    links.push(link);
                }
            }
        }
        if origin == Origin::All && links.last() == Some(&divider) {
            links.pop();
        }
        links
    }
}

/// A row as it is anywhere: records of several tactics that say the same are equal.
fn without_place(one: &InputMetadata) -> InputMetadata {
    match one {
        InputMetadata::Row { name, value } => row(name, value.value.clone(), Span::default()),
        InputMetadata::Divider { shown, .. } => {
            InputMetadata::Divider { shown: *shown, is_row: false, span: Span::default() }
        }
    }
}
