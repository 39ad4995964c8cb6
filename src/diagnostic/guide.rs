//! What to do about each kind of finding, with the part of a file that makes it where that is short.
//!
//! An example that starts with `{` is JSON and holds only what matters of a Mappings Explorer file; any other one holds
//! what matters of a control, in YAML. A test puts each into a whole file and finds what it says.

use super::Code;

impl Code {
    /// What to do about it, in a sentence or two.
    #[must_use]
    pub fn advice(self) -> Option<&'static str> {
        guide(self).map(|(_, advice, _)| *advice)
    }

    /// The part of a file that makes it.
    #[must_use]
    pub fn example(self) -> Option<&'static str> {
        guide(self).map(|(.., example)| *example).filter(|example| !example.is_empty())
    }
}

fn guide(code: Code) -> Option<&'static (Code, &'static str, &'static str)> {
    GUIDES.iter().find(|(one, ..)| *one == code)
}

/// Code, advice, example; the example is empty where none is short.
const GUIDES: &[(Code, &str, &str)] = &[
    (
        Code::Syntax,
        "Mend the file where the finding points; the mistake may stand a little before it. A file that breaks off at its \
         end was cut short: fetch it again.",
        r#"{"metadata": {"attack_version": "16.1"},, "mapping_objects": []}"#,
    ),
    (
        Code::NotAMapping,
        "Give the mapping file itself, not an export of another kind. A table with a header of your own is read once \
         its columns are named.",
        r#"{"report": "quarterly"}"#,
    ),
    (
        Code::MissingField,
        "Add the field that the finding names.",
        r#"{"metadata": {"attack_version": null}}"#,
    ),
    (
        Code::WrongType,
        "Write the value as the type that the finding names: text in quotes, a list in brackets. Of a field that stands \
         twice, keep one.",
        r#"{"mapping_objects": [{"references": "https://example.org"}]}"#,
    ),
    (
        Code::UnknownVersion,
        "State a published ATT&CK version as `major.minor`, or bring its STIX bundle with --attack-data.",
        r#"{"metadata": {"attack_version": "16.7"}}"#,
    ),
    (
        Code::UnknownDomain,
        "State `enterprise`, `mobile` or `ics`.",
        r#"{"metadata": {"technology_domain": "cloud"}}"#,
    ),
    (Code::NoMappings, "Add mappings, or leave the file out.", r#"{"mapping_objects": []}"#),
    (
        Code::FileSkipped,
        "Nothing, unless the file was meant to be read: then name it by itself to see why not.",
        "",
    ),
    (
        Code::TooManyFindings,
        "Mend what is listed and run again; what so many findings share is often one mistake.",
        "",
    ),
    (Code::TooLong, "Shorten the text.", ""),
    (
        Code::UnknownField,
        "Correct the spelling, or remove the field.",
        r#"{"mapping_objects": [{"score_valu": "partial"}]}"#,
    ),
    (
        Code::VersionAssumed,
        "State the version in the file, or on the command line.",
        r#"{"Framework": "MITRE-ATTACK", "Version": "", "Requirements": [{"Id": "T1110", "Attributes": [
  {"AWSService": "Door Lock", "Category": "Protect", "Value": "Partial"}]}]}"#,
    ),
    (Code::MixedPublication, "Let all rows say the same, or leave all but the first empty.", ""),
    (Code::RepeatedSource, "Name the mapping in one of its forms.", ""),
    (
        Code::MalformedId,
        "Write `T` and four digits, for a sub-technique a dot and three more. Tactics (`TA…`), groups (`G…`) and software \
         (`S…`) cannot be mapped.",
        r#"{"mapping_objects": [{"attack_object_id": "TA0006"}]}"#,
    ),
    (
        Code::UnknownTechnique,
        "Look the technique up with `navlayer catalog show NAME`, and correct the id.",
        r#"{"mapping_objects": [{"attack_object_id": "T9999"}]}"#,
    ),
    (
        Code::RetiredTechnique,
        "Map the technique that replaces it; where none does, `navlayer catalog show ID` tells what became of it.",
        r#"{"mapping_objects": [{"attack_object_id": "T1053.001"}]}"#,
    ),
    (
        Code::MisplacedTechnique,
        "Move the row to the file of the technique's own domain, or state the ATT&CK version that has it.",
        r#"{"mapping_objects": [{"attack_object_id": "T1521.003"}]}"#,
    ),
    (
        Code::NameDiffers,
        "Check that the id is the one that was meant; if so, bring the name up to date.",
        r#"{"mapping_objects": [{"attack_object_id": "T1110", "attack_object_name": "Brute Strength"}]}"#,
    ),
    (
        Code::WrongParent,
        "Correct whichever of the two ids is wrong.",
        r#"{"mapping_objects": [{"attack_object_id": "T1078.004", "related_score": "T1110"}]}"#,
    ),
    (
        Code::DuplicateRow,
        "Remove one of the rows, or say in one what both say.",
        r#"{"mapping_objects": [{"comments": "one"}, {"comments": "two"}]}"#,
    ),
    (
        Code::ConflictingLevels,
        "Decide for one level; if each is right for another part of the capability, map the parts as capabilities.",
        r#"{"mapping_objects": [{"score_value": "minimal"}, {"score_value": "significant"}]}"#,
    ),
    (
        Code::UnknownCategory,
        "Write `protect`, `detect` or `respond`.",
        r#"{"mapping_objects": [{"score_category": "prevent"}]}"#,
    ),
    (
        Code::UnknownLevel,
        "Write `minimal`, `partial` or `significant`.",
        r#"{"mapping_objects": [{"score_value": "mninimal"}]}"#,
    ),
    (
        Code::HalfScore,
        "State both category and level, or neither.",
        r#"{"mapping_objects": [{"score_category": "protect", "score_value": ""}]}"#,
    ),
    (
        Code::NoTechnique,
        "Name the technique, or declare the row non-mappable by `\"status\": \"non_mappable\"`.",
        r#"{"mapping_objects": [{"attack_object_id": null}]}"#,
    ),
    (
        Code::NoCapability,
        "Name the capability, or declare the row non-mappable by `\"status\": \"non_mappable\"`.",
        r#"{"mapping_objects": [{"capability_id": null}]}"#,
    ),
    (
        Code::MappedAndNonMappable,
        "Remove the declaration, or the mappings.",
        r#"{"mapping_objects": [{}, {"attack_object_id": null, "status": "non_mappable"}]}"#,
    ),
    (
        Code::UnknownStatus,
        "Write `complete`, `in_progress` or `non_mappable`.",
        r#"{"mapping_objects": [{"status": "done"}]}"#,
    ),
    (
        Code::MixedVersions,
        "Bring all controls of a folder to one ATT&CK version, or keep those of another version in a folder of their own.",
        "",
    ),
    (
        Code::NoScore,
        "Add a score, or remove the technique.",
        "techniques:\n  - id: T1110\n    name: Brute Force\n",
    ),
    (
        Code::UndefinedGroup,
        "Define the group in `capability_groups`, or correct the row.",
        r#"{"metadata": {"capability_groups": {"wall": "Walls"}},
 "mapping_objects": [{"capability_group": "walls"}]}"#,
    ),
    (
        Code::UndefinedType,
        "Define the type in `mapping_types`, or correct the row.",
        r#"{"metadata": {"mapping_types": {"technique_scores": {"name": "technique_scores", "description": ""}}},
 "mapping_objects": [{"mapping_type": "technique_score"}]}"#,
    ),
    (
        Code::UnusedGroup,
        "Remove the group; Mappings Explorer's own tools do so without a word.",
        r#"{"metadata": {"capability_groups": {"wall": "Walls"}}}"#,
    ),
    (
        Code::UnusedType,
        "Remove the mapping type.",
        r#"{"metadata": {"mapping_types": {"mitigates": {"name": "mitigates", "description": ""}}}}"#,
    ),
    (Code::UnknownTag, "Correct the tag, or add it to the valid_tags.txt beside the file.", ""),
    (
        Code::SpoiltList,
        "Remove what stands twice or is empty; where nothing is left, write `null`.",
        "tags: [Hardware, Hardware]\n",
    ),
    (Code::ListedOnly, "Nothing; that is how the source tells which sub-techniques it means.", ""),
    (Code::ZeroScore, "Leave the score out where nothing is covered.", ""),
    (Code::ScaledScore, "Bring the scores into the range of the layer's gradient.", ""),
    (
        Code::ListedTwice,
        "Put what is said of one technique into one entry.",
        "techniques:
  - id: T1110
    technique-scores: [{category: Protect, value: Partial}]
  - id: T1110
    technique-scores: [{category: Detect, value: Minimal}]
",
    ),
    (
        Code::NoTechniques,
        "Nothing, if the control cannot be mapped; else add its techniques.",
        "techniques: []\n",
    ),
    (
        Code::SubAsTechnique,
        "Move it below `sub-techniques-scores` of its technique.",
        "techniques:
  - id: T1110.001
    technique-scores: [{category: Protect, value: Partial}]
",
    ),
    (
        Code::RowDisagrees,
        "Correct the row, or move it to a file of its own kind.",
        r#"{"mapping_objects": [{"attack_version": "15.1"}]}"#,
    ),
    (
        Code::PairNonMappable,
        "Leave out the technique to declare the capability not mappable, or the capability to declare the technique so.",
        r#"{"mapping_objects": [{"status": "non_mappable"}]}"#,
    ),
    (
        Code::NotALink,
        "Give a whole address, and one address for each entry; notes belong into the comment.",
        r#"{"mapping_objects": [{"references": ["see the manual"]}]}"#,
    ),
    (
        Code::NoComments,
        "Say why the capability is scored as it is, for those who have to defend the score.",
        r#"{"mapping_objects": [{"comments": ""}]}"#,
    ),
    (
        Code::NoReferences,
        "Point at the documentation of the capability.",
        r#"{"mapping_objects": [{"references": []}]}"#,
    ),
    (
        Code::MalformedDate,
        "Write the date as mm/dd/yyyy, each with all its digits.",
        r#"{"metadata": {"creation_date": "6/29/2021"}}"#,
    ),
    (Code::NoTags, "Add the field, empty if need be.", ""),
    (Code::FileName, "Rename the file to end in `.yaml`.", ""),
    (Code::NonAscii, "Nothing, unless that publisher's tools are to read the file.", "description: Türen\n"),
    (
        Code::ExpectedField,
        "Add the field, if that publisher's tools are to read the file.",
        r#"{"metadata": {"mapping_types": {"technique_scores": {"name": "technique_scores"}}}}"#,
    ),
    (
        Code::LetterCase,
        "Change the letters, if that publisher's tools are to read the file.",
        r#"{"mapping_objects": [{"score_category": "Protect"}]}"#,
    ),
    (Code::LayerBreaks, "Write the value as the finding says, or leave the field out.", ""),
    (Code::LayerNeeds, "Add the field.", ""),
    (Code::LayerDomain, "Write `enterprise-attack`, `mobile-attack` or `ics-attack`.", ""),
    (
        Code::LayerFormat,
        "Nothing, if the warning does not matter; saving the layer in the Navigator writes the current version.",
        "",
    ),
    (
        Code::LayerFormatMajor,
        "State the format in `versions.layer`; opening the layer in the Navigator and saving it brings it up to date.",
        "",
    ),
    (Code::LayerAttackVersion, r#"State the ATT&CK version in `versions.attack`, as text: "16"."#, ""),
    (
        Code::CustomData,
        "Leave `customDataURL` out, unless everybody who opens the layer has that data open.",
        "",
    ),
    (Code::DroppedField, "Correct the spelling, or move what matters into the metadata.", ""),
    (Code::IgnoredValue, "Write the value as the type that the finding names.", ""),
    (Code::LayerOption, "Write one of the values that the finding names.", ""),
    (Code::PlatformFilter, "Write the platform as the ATT&CK version calls it; an empty list shows all.", ""),
    (Code::LayerColor, "Write `#rrggbb`, or a CSS name.", ""),
    (Code::GradientRange, "Give the gradient a lowest score below its highest.", ""),
    (Code::ScoreBreaks, "Round the score to a whole number, or end the gradient elsewhere.", ""),
    (Code::IgnoredScore, "Write the score as a number, without quotes.", ""),
    (Code::NoTechniqueId, "Add `techniqueID`, or remove the entry.", ""),
    (Code::GhostRecord, "Write a tactic that the technique has, or leave `tactic` out.", ""),
    (Code::LostRecord, "Keep one entry for each technique and tactic.", ""),
    (Code::DroppedRow, "Give the row a name and a text, or the link a label and an address.", ""),
    (Code::DroppedLegendItem, "Give the item a label and a colour.", ""),
    (Code::ForeignDivider, r#"Write `{"divider": true}`."#, ""),
    (Code::PythonRefuses, "Change what the finding says, if the layer is to be read with that library.", ""),
    (Code::PythonLoses, "Nothing, unless the layer passes through that library.", ""),
    (Code::ManyLayers, "Give the layers files of their own.", ""),
    (Code::LayerOrder, "Nothing; the Navigator shows the last layer of the file first.", ""),
    (Code::LayerEncoding, "Save the file as UTF-8.", ""),
    (Code::LostTags, "Nothing; keep the file that the tags came from.", ""),
    (Code::LostDescriptions, "Nothing; keep the file that the descriptions came from.", ""),
    (Code::LostGroups, "Write JSON or YAML if every group matters.", ""),
    (Code::LostCapabilityTexts, "Move what matters into the comments and references of the mappings.", ""),
    (Code::LostCapabilities, "Declare the capability non-mappable, or map it.", ""),
    (Code::LostDefinitions, "Write JSON or YAML if the definitions matter.", ""),
    (Code::LostIds, "Write JSON or YAML if the ids matter.", ""),
    (Code::LostMetadata, "Write JSON or YAML if the field matters.", ""),
    (Code::CutTexts, "Write CSV, JSON or YAML, which hold texts of any length.", ""),
    (Code::ReplacedCharacters, "Remove the characters from the source.", ""),
    (Code::FormulaLike, "Open the table as text, or write XLSX, whose cells say what they are.", ""),
    (Code::RefusedDates, "State the date as mm/dd/yyyy, if those tools are to read the file.", ""),
    (Code::LostScores, "Nothing; the layer that the numbers came from holds them.", ""),
    (Code::LostOrigins, "Keep the account of the upgrade beside the file.", ""),
    (Code::ConfigSyntax, "Mend the file where the finding points.", ""),
    (Code::UnknownKey, "Correct the spelling; `navlayer config show` lists every key.", ""),
    (Code::WrongSettingType, "Write the value as the type that the finding names.", ""),
    (Code::InvalidSetting, "Write one of the values that the finding names.", ""),
    (Code::RepeatedSetting, "Keep one of the two.", ""),
    (Code::FilterWithoutMatch, "Correct the name, or remove it.", ""),
    (Code::NameWithoutMatch, "Correct the id, or remove the name.", ""),
    (
        Code::DroppedByUpgrade,
        "Map what the row is about to a technique of that version, or annotate that technique; `navlayer catalog show ID` \
         tells what became of the old one.",
        "",
    ),
    (
        Code::MovedByUpgrade,
        "Nothing, unless the successor covers more than the old technique did: then assess it again.",
        "",
    ),
    (Code::MergedByUpgrade, "Nothing; or assess the one technique anew where the rows disagree.", ""),
    (Code::Rewritten, "Nothing.", ""),
    (Code::NotWritten, "Give the annotation the id of its technique, or remove what is empty.", ""),
    (Code::ExpressionSyntax, "Mend the expression at the mark.", ""),
    (
        Code::ExpressionName,
        "Correct the spelling; layers are named on the command line, as in `a=layer.json`.",
        "",
    ),
    (
        Code::NoValue,
        "Say what such a technique is to have: `b == 0 ? 0 : a / b`. Until then it has no score.",
        "",
    ),
    (
        Code::LeftOut,
        "Where the technique was revoked, `navlayer upgrade` carries the layer's annotations to what took over; else \
         correct the id or the tactic.",
        "",
    ),
    (
        Code::NotAnAmount,
        "Write a number from 0 up, with a point before its decimals; leave out what has none.",
        "",
    ),
    (Code::NoSuchCapability, "Write its id or its name; `navlayer query capabilities --all` lists them.", ""),
    (Code::RepeatedEntry, "Keep the row that holds.", ""),
    (
        Code::NotAScan,
        "Give Prowler's findings (`prowler aws -M json-ocsf csv`), or a list of capabilities, an id or a name on each line.",
        "",
    ),
    (Code::SpoiltResult, "Scan again, or mend the row; the others count.", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guides_are_in_the_order_of_the_codes_and_end_as_sentences() {
        assert!(GUIDES.is_sorted_by(|(one, ..), (next, ..)| one < next));
        for (code, advice, _) in GUIDES {
            assert!(advice.ends_with('.') && !advice.contains('\n'), "{code}: {advice}");
        }
    }

    #[test]
    fn every_code_has_advice() {
        let missing: Vec<_> = Code::ALL.iter().filter(|code| code.advice().is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
