//! Plans against a threat: what weighs, how far each step goes, and what remains.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::output::{expected_of, open_in_order, rows, threat_layer};
use super::{assert_close, number};
use crate::support::{Workspace, corpus, covered, mapping, plain_row, row, without};

const WEIGHTS: [(&str, f64); 2] = [("G0016", 2.0), ("G0007", 1.0)];
const THREAT: &str = "APT29=2,APT28";

fn plan(space: &Workspace, arguments: &[&str]) -> Value {
    let all = [&["plan", "--format", "json", "-q"][..], arguments].concat();
    serde_json::from_str(&space.run(&all).ok().stdout).expect("it is JSON")
}

fn chosen(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().expect("steps").iter();
    steps.map(|step| step["capability"]["id"].as_str().expect("an id").to_owned()).collect()
}

/// What the test counts itself: id → use, and per capability its strongest score of each technique that is used.
struct Counted {
    uses: BTreeMap<String, f64>,
    scores: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Counted {
    fn new(space: &Workspace) -> Self {
        let expected = expected_of(space, &WEIGHTS, &[]);
        let uses: BTreeMap<String, f64> = expected.into_iter().map(|(id, (usage, _))| (id, usage)).collect();
        let mut scores: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
        for row in rows(space, &["scores"]) {
            let text = |key: &str| row[key].as_str().expect("text").to_owned();
            let of = scores.entry(text("capability_id")).or_default();
            if uses.contains_key(&text("technique_id")) {
                let held = of.entry(text("technique_id")).or_insert(0.0);
                *held = held.max(number(&row["score"]));
            }
        }
        Self { uses, scores }
    }

    /// The strongest score of each technique that some capabilities cover.
    fn strongest(&self, capabilities: &[&str]) -> BTreeMap<&str, f64> {
        let mut strongest: BTreeMap<&str, f64> = BTreeMap::new();
        for (id, score) in capabilities.iter().flat_map(|one| &self.scores[*one]) {
            let held = strongest.entry(id).or_insert(0.0);
            *held = held.max(*score);
        }
        strongest
    }

    /// Σ use × strongest score / 100.
    fn reached(&self, capabilities: &[&str]) -> f64 {
        self.strongest(capabilities).iter().map(|(id, score)| self.uses[*id] * score / 100.0).sum()
    }

    #[track_caller]
    fn agrees(&self, figures: &Value, capabilities: &[&str]) {
        let strongest = self.strongest(capabilities);
        let subs = strongest.keys().filter(|id| id.contains('.')).count();
        assert_eq!(figures["covered"]["sub_techniques"], subs, "{capabilities:?}");
        assert_eq!(figures["covered"]["techniques"], strongest.len() - subs, "{capabilities:?}");
        let (total, reached) = (self.uses.values().sum::<f64>(), self.reached(capabilities));
        assert_close(&figures["weighted_coverage"], reached / total);
        assert_close(&figures["total_residual"], total - reached);
    }
}

/// No two AWS services do more against the threat than those of the plan: all pairs are tried.
#[test]
fn the_best_choice_is_the_best_against_the_threat() {
    let space = Workspace::new();
    let counted = Counted::new(&space);
    let plan = plan(&space, &["--threat", THREAT, "--budget", "2"]);
    let names: Vec<&str> = counted.scores.keys().map(String::as_str).collect();
    let pairs = names.iter().flat_map(|one| names.iter().map(move |other| [*one, *other]));
    let best = pairs.map(|pair| counted.reached(&pair)).fold(0.0, f64::max);
    let chosen = chosen(&plan);
    let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
    assert_eq!(chosen.len(), 2);
    assert!((counted.reached(&chosen) - best).abs() < 1e-9, "{chosen:?}");
    // A technique weighs the sum of the weights of its users, which is three times its use.
    assert_close(&plan["after"]["value"], 3.0 * best);
    assert_eq!(plan["threat"]["weighs"], true);
    assert_eq!(plan["weighted"], true);
}

#[test]
fn every_step_tells_how_far_it_goes_against_the_threat() {
    let space = Workspace::new();
    let counted = Counted::new(&space);
    let enabled = ["amazon_guardduty", "aws_config"];
    let plan = plan(&space, &["--threat", THREAT, "--enabled", "amazon_guardduty,aws_config"]);
    let threat = &plan["threat"];
    assert_eq!(threat["in_scope"]["total"], counted.uses.len());
    assert_eq!(threat["definition"].as_str().expect("a sentence").matches("ATT&CK 16.1").count(), 1);
    counted.agrees(&threat["before"], &enabled);
    let ids = chosen(&plan);
    let mut on = enabled.to_vec();
    for (step, id) in plan["steps"].as_array().expect("steps").iter().zip(&ids) {
        on.push(id);
        counted.agrees(&step["threat"], &on);
    }
    assert!(on.len() > 5);
    counted.agrees(&threat["after"], &on);
    let all: Vec<&str> = counted.scores.keys().map(String::as_str).collect();
    counted.agrees(&threat["reachable"], &all);
    // What remains: most used first, of one use the weakest first, and what all capabilities could make of it.
    let plan = self::plan(&space, &["--threat", THREAT, "--budget", "3"]);
    let on = chosen(&plan);
    let on: Vec<&str> = on.iter().map(String::as_str).collect();
    let (held, best) = (counted.strongest(&on), counted.strongest(&all));
    let held_by = |id: &str| held.get(id).copied();
    let expected = counted.uses.iter().map(|(id, usage)| (id.as_str(), *usage, held_by(id)));
    let gaps = plan["threat"]["gaps"].as_array().expect("a list");
    let ids: Vec<&str> = gaps.iter().map(|gap| gap["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, open_in_order(expected));
    for (gap, id) in gaps.iter().zip(ids) {
        assert_eq!(gap["score"].as_f64(), held_by(id), "{id}");
        assert_eq!(gap["best"].as_f64(), best.get(id).copied(), "{id}");
        assert_close(&gap["residual"], counted.uses[id] * (1.0 - held.get(id).unwrap_or(&0.0) / 100.0));
    }
}

/// What a scan or a list says runs is what a plan starts from, against a threat, too.
#[test]
fn what_is_deployed_is_what_a_plan_starts_from() {
    let space = Workspace::new();
    space.write("on.txt", "amazon_guardduty\naws_config\n");
    let listed = plan(&space, &["--threat", THREAT, "--budget", "2", "--deployed", "on.txt"]);
    let enabled =
        plan(&space, &["--threat", THREAT, "--budget", "2", "--enabled", "amazon_guardduty,aws_config"]);
    assert_eq!(listed["threat"], enabled["threat"]);
    assert_eq!(listed["steps"], enabled["steps"]);
}

/// One group as weights and as a threat asks the same; the threat is told of besides.
#[test]
fn groups_weigh_the_same_by_either_flag() {
    let space = Workspace::new();
    for question in [&["--budget", "3"][..], &["--cover", "any"], &["--other-weight", "0.5", "--budget", "2"]]
    {
        let mut one = plan(&space, &[&["--weights", THREAT], question].concat());
        let mut other = plan(&space, &[&["--threat", THREAT], question].concat());
        assert!(one["threat"].is_null() && other["threat"].is_object());
        for plan in [&mut one, &mut other] {
            *plan = without(plan.clone(), &["threat"]);
            for step in plan["steps"].as_array_mut().expect("steps") {
                *step = without(step.clone(), &["threat"]);
            }
        }
        assert_eq!(one, other, "{question:?}");
    }
}

#[test]
fn a_threat_of_the_configuration_is_told_of_and_weighs_nothing() {
    let space = Workspace::new();
    let strip = |plan: Value| {
        let mut plan = without(plan, &["threat"]);
        for step in plan["steps"].as_array_mut().expect("steps") {
            *step = without(step.clone(), &["threat"]);
        }
        plan
    };
    let plain = plan(&space, &["--budget", "3"]);
    let asked = plan(&space, &["--budget", "3", "--threat", "APT29"]);
    space.write("navlayer.toml", "threat = \"APT29\"\n");
    let told = plan(&space, &["--budget", "3"]);
    assert_eq!(told["threat"]["weighs"], false);
    assert_eq!(told["threat"]["name"], "APT29");
    assert_eq!(strip(told), strip(plain));
    let run = space.run(&["plan", "--budget", "3"]).ok();
    let run =
        run.says(&["note: the plan is not weighed by the threat of navlayer.toml, only told against it"]);
    assert!(run.stdout.starts_with("The best 3 capabilities\n"), "{}", run.stdout);
    assert!(run.stdout.contains("Against APT29, the plan covers"), "{}", run.stdout);
    assert_eq!(plan(&space, &["--budget", "3", "--threat", "APT29"]), asked);
    let run = space.run(&["plan", "--threat", "APT29", "--budget", "3"]).ok();
    assert!(!run.stderr.contains("not weighed"), "{}", run.stderr);
    // Weights of a file go beside a threat that is only told of.
    space.write("weights.csv", "technique,weight\nT1078,1\n");
    let both = plan(&space, &["--weights", "weights.csv", "--budget", "1"]);
    assert_eq!((&both["threat"]["weighs"], &both["reachable"]["covered"]), (&json!(false), &json!(1)));
}

#[test]
fn the_text_says_how_far_the_plan_goes_and_what_remains() {
    let space = Workspace::new();
    let all = ["plan", "--threat", "APT29", "--enabled", "amazon_guardduty,aws_config", "--budget", "3"];
    let run = space.run(&all).ok();
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "The best 3 capabilities against APT29, on top of 2 that are enabled",
        "Threat covered Threat residual percent",
        "Against APT29, what is enabled covers 7 of 17 techniques and 13 of 49 sub-techniques (17.7 % of all use, weighted by \
         score), and together with the plan 11 of 17 and 15 of 49 (25.9 %): 74.1 % of all use remains as residual risk. All \
         30 capabilities together leave 70.8 %.",
        "A technique is used where ATT&CK 16.1 says that APT29 uses it.",
        "Where risk remains after the plan, most used first, of one use the weakest first",
        "… and 45 more, which json and markdown list",
    ] {
        assert!(text.contains(part), "{part} in:\n{}", run.stdout);
    }
    let steps: Vec<&str> = run.stdout.lines().filter(|line| line.contains(" of 66 ")).collect();
    assert_eq!(steps.len(), 3);
    assert!(steps[2].trim_end().ends_with("26 of 66                  74.1"), "{}", steps[2]);
    let document = space.run(&[&all[..], &["--format", "markdown"]].concat()).ok().stdout;
    let gaps = document.split("### Where risk").nth(1).expect("a section");
    assert_eq!(gaps.lines().filter(|line| line.starts_with("| T1")).count(), 57);
    let csv = space.run(&[&all[..], &["--format", "csv", "-q"]].concat()).ok().stdout;
    let plain =
        space.run(&["plan", "--weights", "APT29", "--budget", "3", "--format", "csv", "-q"]).ok().stdout;
    let heads = |text: &str| -> Vec<String> {
        text.lines().next().expect("a header").split(',').map(str::to_owned).collect()
    };
    let mut own = heads(&csv);
    own.retain(|head| !head.starts_with("threat_"));
    assert_eq!(own, heads(&plain), "the others stand as ever");
    assert!(heads(&csv).contains(&"threat_weighted_percent".to_owned()));
}

#[test]
fn a_second_layer_shows_the_threat_and_what_is_on_after_the_plan() {
    let space = Workspace::new();
    let counted = Counted::new(&space);
    let all = ["plan", "--budget", "2", "--format", "layer", "-q"];
    let plain: Value = serde_json::from_str(&space.run(&all).ok().stdout).expect("a layer");
    assert_eq!(plain["name"], "AWS plan");
    let run = space.run(&[&all[..], &["--threat", THREAT]].concat()).ok();
    let layers: Vec<Value> = serde_json::from_str(&run.stdout).expect("two layers");
    // The Navigator opens the last one first.
    let [overlay, told] = layers.as_slice() else { panic!("two layers") };
    assert_eq!(told["name"], "AWS plan");
    assert_eq!(overlay["name"], "AWS plan against APT29 (weight 2), APT28 (weight 1)");
    let on = chosen(&plan(&space, &["--threat", THREAT, "--budget", "2"]));
    let on: Vec<&str> = on.iter().map(String::as_str).collect();
    let held = counted.strongest(&on);
    for (id, usage) in &counted.uses {
        let techniques = overlay["techniques"].as_array().expect("a list");
        let shown = techniques.iter().find(|one| one["techniqueID"] == id.as_str()).expect(id);
        let residual = usage * (100.0 - held.get(id.as_str()).unwrap_or(&0.0));
        assert!((number(&shown["score"]) - residual).abs() <= 1.0, "{id}");
    }
    space.write("tabs.json", run.stdout.as_bytes());
    space.run(&["validate", "tabs.json"]).ok();
    // Where nothing can be switched on, all that is used is open.
    space.write("navlayer.toml", "threat = \"APT29\"\n");
    let run = space.run(&["plan", "--technique", "T1005", "--format", "layer", "-q"]).ok();
    let layers: Vec<Value> = serde_json::from_str(&run.stdout).expect("two layers");
    assert_eq!(layers[0]["name"], "AWS plan against APT29");
    assert_eq!(layers[0]["techniques"][0]["score"], 100);
}

#[test]
fn a_layer_weighs_by_its_scores() {
    let space = Workspace::new();
    let mapped = [row("lock", "T1078", "protect", "partial"), row("eye", "T1190", "detect", "significant")];
    space.mapping("own.json", &mapping(&mapped));
    let seen = json!([{"techniqueID": "T1078", "score": 9}, {"techniqueID": "T1190", "score": 1}]);
    space.write("seen.json", threat_layer("16", &seen));
    let plan = plan(&space, &["own.json", "--threat", "seen.json"]);
    assert_eq!(chosen(&plan), ["lock", "eye"]);
    assert_close(&plan["steps"][0]["gain"], 4.5);
    assert_close(&plan["steps"][0]["threat"]["weighted_coverage"], 4.5 / 10.0);
    assert_close(&plan["threat"]["after"]["weighted_coverage"], 5.5 / 10.0);
    assert_eq!(plan["threat"]["actors"], json!([]));
}

#[test]
fn mappings_that_are_counted_cover_a_threat_in_full() {
    let space = Workspace::new();
    space.mapping("plain.json", &mapping(&[plain_row("door", "T1078"), plain_row("gate", "T1190")]));
    let plan = plan(&space, &["plain.json", "--threat", "APT29"]);
    assert_close(&plan["threat"]["after"]["weighted_coverage"], 2.0 / 66.0);
    assert_close(&plan["steps"][0]["threat"]["total_residual"], 65.0);
}

#[test]
fn mistakes_in_a_threat_stop_a_plan() {
    let space = Workspace::new();
    let seen = threat_layer("16", &json!([{"techniqueID": "T1078", "score": 2_000_000}]));
    space.write("heavy.json", &seen);
    space.write("mobile.json", seen.replace("enterprise", "mobile"));
    space.write("weights.csv", "technique,weight\nT1078,1\n");
    for (arguments, says) in [
        (&["--threat", "Cosy Bear"][..], "did you mean Cozy Bear (G0016)"),
        (&["--threat", "mobile.json"], "is on mobile-attack, and the mappings are on enterprise-attack"),
        (&["--threat", "heavy.json"], "--threat: `2000000` is not a number from 0 to 1000000"),
        (&["--threat", "APT29", "--weights", "weights.csv"], "cannot be used with '--weights"),
        (&["--other-weight", "1"], "--threat"),
        (
            &["--threat", "APT29", "--technique", "T1485"],
            "none of the 66 techniques that APT29 uses is in scope",
        ),
    ] {
        let all = [&["plan", "-o", "out.json"], arguments].concat();
        space.run(&all).ends_with(2).says(&[says]);
        assert!(!space.has("out.json"), "{arguments:?}");
    }
    // One that weighs nothing stops nothing.
    space.write("navlayer.toml", "threat = \"APT29\"\n");
    let run = space.run(&["plan", "--technique", "T1485", "--technique", "T1530"]).ok();
    assert!(run.stdout.contains("Nothing that APT29 uses is in scope."), "{}", run.stdout);
    let told = plan(&space, &["--technique", "T1485"]);
    assert!(told["threat"]["after"]["weighted_coverage"].is_null());
}

#[test]
fn what_is_written_of_a_threat_is_what_the_schema_says() {
    let space = Workspace::new();
    let schema: Value = serde_json::from_str(&space.run(&["schema", "plan"]).ok().stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
    for more in
        [&["--threat", "APT29"][..], &["--threat", THREAT, "--enabled", "amazon_macie", "--budget", "2"]]
    {
        let value = plan(&space, more);
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let mut broken = value;
        broken["threat"]["gaps"][0]["use"] = json!("often");
        assert!(!validator.is_valid(&broken), "the schema can say no");
    }
}

/// The site says what to switch on next against the threat, as the plan does.
#[test]
fn a_site_tells_what_to_switch_on_next_against_the_threat() {
    let space = Workspace::new();
    space.run(&["build", "--threat", THREAT, "-o", "site", "-q"]).ok();
    let index = space.read("site/index.html");
    let section = index.split("<caption>The best choices against ").nth(1).expect("a table");
    let section = section.split("</section>").next().expect("it ends");
    let mut places = Vec::new();
    for budget in ["1", "3", "5"] {
        let plan = plan(&space, &["--threat", THREAT, "--budget", budget]);
        let after = &plan["threat"]["after"];
        let percent = 100.0 * number(&after["total_residual"]) / number(&plan["threat"]["total_use"]);
        let residual = format!("<td class=\"num\">{percent:.0}\u{a0}%</td>");
        let names: BTreeSet<&str> = plan["steps"]
            .as_array()
            .expect("steps")
            .iter()
            .map(|step| step["capability"]["name"].as_str().expect("a name"))
            .collect();
        let row = section.split("<tr>").find(|row| {
            row.contains(&residual) && names.iter().all(|name| row.contains(&format!(">{name}</a>")))
        });
        let row = row.unwrap_or_else(|| panic!("{names:?} {residual} in:\n{section}"));
        assert!(row.contains(&format!("{}<span class=\"of\">/", after["covered"]["total"])), "{row}");
        places.push(section.find(row).expect("it is there"));
    }
    assert!(places.is_sorted());
    assert!(section.contains("a technique weighs what those that use it weigh together"), "{section}");
    space.run(&["build", "-o", "plain", "-q"]).ok();
    assert!(!space.read("plain/index.html").contains("The best choices against"));
}

/// What a source declares of all of theirs stays so, however few of its capabilities are on.
#[test]
fn what_is_not_mappable_stays_so_in_a_plan_and_of_sides_together() {
    let Some(corpus) = corpus() else { return };
    let nist = corpus.join("mappings-explorer/nist_800_53-rev5_attack-16.1-enterprise.json");
    let nist = nist.to_string_lossy();
    let space = Workspace::new();
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&space.run(arguments).ok().stdout).expect("it is JSON")
    };
    let gaps = json(&["query", "gaps", &nist, "--threat", "APT29", "--format", "json", "-q"]);
    let declared: BTreeSet<&str> = gaps
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["state"] == "not mappable")
        .map(|row| row["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(declared.len(), 8);
    let plan = json(&["plan", &nist, "--threat", "APT29", "--format", "json", "-q"]);
    assert_eq!(plan.to_string().matches("\"not mappable\"").count(), declared.len());
    let sides = ["compare", "a*", "[b-z]*", "-s", &nist, "--threat", "APT29", "--format", "json", "-q"];
    let file = json(&sides);
    let together = file["threat"]["techniques"].as_array().expect("a list").iter();
    let together = together.filter(|one| one["together"]["state"] == "not mappable");
    assert_eq!(together.map(|one| one["id"].as_str().expect("an id")).collect::<BTreeSet<_>>(), declared);
    covered(1);
}
