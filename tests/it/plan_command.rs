//! `navlayer plan`: what it answers, in every form, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Run, Workspace, mapping, plain_row, row, values, with, without};

/// The scores of the built-in mapping straight from its file: per capability, by id, what it gives each technique.
struct Published {
    capabilities: Vec<String>,
    techniques: usize,
    /// In the order of the capabilities; by the place of the technique.
    scores: Vec<Vec<u32>>,
}

impl Published {
    fn read() -> Self {
        let path = "data/mappings/aws-12.12.2024_attack-16.1-enterprise.json";
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is there");
        let file: Value = serde_json::from_str(&text).expect("it is JSON");
        let mut best: BTreeMap<(String, String), u32> = BTreeMap::new();
        for one in file["mapping_objects"].as_array().expect("a list") {
            let score = match one["score_value"].as_str().map(str::to_lowercase).as_deref() {
                Some("minimal") => 10,
                Some("partial") => 50,
                Some("significant") => 100,
                _ => continue,
            };
            let text = |field: &str| one[field].as_str().expect("text").to_owned();
            let held = best.entry((text("capability_id"), text("attack_object_id"))).or_default();
            *held = score.max(*held);
        }
        let techniques: BTreeSet<&String> = best.keys().map(|(_, technique)| technique).collect();
        let techniques: Vec<&String> = techniques.into_iter().collect();
        let capabilities: BTreeSet<&String> = best.keys().map(|(capability, _)| capability).collect();
        let capabilities: Vec<String> = capabilities.into_iter().cloned().collect();
        let mut scores = vec![vec![0; techniques.len()]; capabilities.len()];
        for ((capability, technique), score) in &best {
            let of = capabilities.iter().position(|one| one == capability).expect("it is there");
            scores[of][techniques.iter().position(|one| *one == technique).expect("it is there")] = *score;
        }
        Self { techniques: techniques.len(), capabilities, scores }
    }

    /// Every choice of so many capabilities, in order, with the strongest scores that it reaches.
    fn every(&self, count: usize, see: &mut dyn FnMut(&[usize], &[u32])) {
        self.extend(count, 0, &mut Vec::new(), &vec![0; self.techniques], see);
    }

    fn extend(
        &self,
        left: usize,
        from: usize,
        chosen: &mut Vec<usize>,
        reached: &[u32],
        see: &mut dyn FnMut(&[usize], &[u32]),
    ) {
        if left == 0 {
            return see(chosen, reached);
        }
        for next in from..=self.capabilities.len() - left {
            let more: Vec<u32> = reached.iter().zip(&self.scores[next]).map(|(a, b)| *a.max(b)).collect();
            chosen.push(next);
            self.extend(left - 1, next + 1, chosen, &more, see);
            chosen.pop();
        }
    }

    /// The highest sum of scores that so many capabilities reach, and the first choice that reaches it.
    fn best(&self, count: usize) -> (u32, Vec<&str>) {
        let mut best = (0, Vec::new());
        self.every(count, &mut |chosen, reached| {
            let sum = reached.iter().sum();
            if sum > best.0 {
                best = (sum, chosen.to_vec());
            }
        });
        (best.0, best.1.into_iter().map(|one| self.capabilities[one].as_str()).collect())
    }

    /// Per technique a bit for each capability that reaches what is asked of it.
    fn reaching(&self, due: impl Fn(usize) -> u32) -> Vec<u32> {
        let by = |technique: usize| {
            let reaches = |one: &usize| self.scores[*one][technique] >= due(technique);
            (0..self.capabilities.len()).filter(reaches).map(|one| 1_u32 << one).sum()
        };
        (0..self.techniques).map(by).collect()
    }

    fn strongest(&self, technique: usize) -> u32 {
        self.scores.iter().map(|scores| scores[technique]).max().unwrap_or_default()
    }
}

fn plan(space: &Workspace, arguments: &[&str]) -> Value {
    let run = space.run(&[&["plan", "--format", "json", "-q"], arguments].concat()).ok();
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout))
}

fn chosen(plan: &Value) -> Vec<&str> {
    let steps = plan["steps"].as_array().expect("it has steps");
    steps.iter().map(|step| step["capability"]["id"].as_str().expect("an id")).collect()
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[track_caller]
fn is(value: &Value, expected: f64) {
    assert!((number(value) - expected).abs() < 1e-9, "{value} is not {expected}");
}

/// Three services on nine techniques, and one that maps nothing.
fn house() -> Workspace {
    let space = Workspace::new();
    let mirror = without(row("mirror", "", "", ""), &["score_category", "score_value"]);
    let mirror = with(with(mirror, "attack_object_id", Value::Null), "status", json!("non_mappable"));
    space.mapping(
        "map.json",
        &mapping(&[
            row("lock", "T1110", "protect", "significant"),
            row("lock", "T1078", "protect", "minimal"),
            row("alarm", "T1110", "detect", "partial"),
            row("alarm", "T1078", "detect", "partial"),
            row("alarm", "T1046", "detect", "partial"),
            row("guard", "T1046", "respond", "significant"),
            row("guard", "T1059", "respond", "minimal"),
            row("guard", "T1059", "detect", "minimal"),
            mirror,
        ]),
    );
    space
}

#[test]
fn the_best_aws_services_are_those_of_every_choice() {
    let (space, published) = (Workspace::new(), Published::read());
    assert_eq!((published.capabilities.len(), published.techniques), (20, 215));
    for count in [1, 3, 5] {
        let plan = plan(&space, &["--budget", &count.to_string()]);
        let (sum, best) = published.best(count);
        is(&plan["after"]["value"], f64::from(sum) / 100.0);
        assert_eq!(sorted(chosen(&plan)), best, "the first of the best {count}");
        assert_eq!(plan["proof"]["kind"], "optimal");
        assert_eq!(plan["reachable"]["covered"], 215);
    }
}

#[test]
fn no_smaller_set_of_aws_services_keeps_what_all_cover() {
    let (space, published) = (Workspace::new(), Published::read());
    let strongest = published.reaching(|technique| published.strongest(technique));
    for (cover, reaching) in [("any", published.reaching(|_| 1)), ("best", strongest)] {
        let plan = plan(&space, &["--cover", cover]);
        let bits: u32 = chosen(&plan)
            .iter()
            .map(|id| 1 << published.capabilities.iter().position(|one| one == id).expect("it maps"))
            .sum();
        let keeps = |bits: u32| reaching.iter().all(|by| by & bits != 0);
        assert!(keeps(bits));
        // Every set of the twenty, as bits.
        let smaller = (0..1_u32 << 20).filter(|other| other.count_ones() < bits.count_ones());
        assert_eq!(smaller.filter(|other| keeps(*other)).count(), 0, "--cover {cover}");
        assert_eq!(plan["proof"]["kind"], "optimal");
        assert_eq!((&plan["after"]["covered"], &plan["reachable"]["covered"]), (&json!(215), &json!(215)));
        assert_eq!(plan["after"] == plan["reachable"], cover == "best");
    }
}

#[test]
fn what_is_enabled_is_given_and_free() {
    let (space, published) = (Workspace::new(), Published::read());
    let plan = plan(&space, &["--enabled", "amazon_guardduty,AWS Config", "--budget", "2"]);
    let on = ["amazon_guardduty", "aws_config"];
    let mut best = 0;
    published.every(4, &mut |four, reached| {
        if on.iter().all(|id| four.iter().any(|one| published.capabilities[*one] == *id)) {
            best = best.max(reached.iter().sum());
        }
    });
    is(&plan["after"]["value"], f64::from(best) / 100.0);
    assert_eq!((&plan["open"], plan["enabled"].as_array().map(Vec::len)), (&json!(28), Some(2)));
    assert!(chosen(&plan).iter().all(|id| !on.contains(id)));
}

#[test]
fn an_order_adds_up_and_lists_what_each_step_adds() {
    let space = house();
    let plan = plan(&space, &["map.json"]);
    assert_eq!(chosen(&plan), ["alarm", "guard", "lock"], "1.5, then 0.6, then 0.5");
    assert_eq!(plan["proof"], Value::Null);
    let steps = plan["steps"].as_array().expect("it has steps");
    let figures: Vec<[f64; 4]> = steps
        .iter()
        .map(|step| {
            ["gain", "alone", "newly_covered"]
                .map(|key| number(&step[key]))
                .into_iter()
                .chain([number(&step["after"]["value"])])
                .collect::<Vec<_>>()
                .try_into()
                .expect("four")
        })
        .collect();
    assert_eq!(figures, [[1.5, 1.5, 3.0, 1.5], [0.6, 1.1, 1.0, 2.1], [0.5, 1.1, 0.0, 2.6]]);
    let guard = json!([
        {"id": "T1046", "name": "Network Service Discovery", "from": 50, "to": 100, "weight": 1},
        {"id": "T1059", "name": "Command and Scripting Interpreter", "from": null, "to": 10, "weight": 1}
    ]);
    assert_eq!(steps[1]["techniques"], guard);
    assert_eq!(plan["rest"][0]["id"], "mirror");
    assert_eq!(plan["rest"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_budget_is_not_spent_greedily() {
    let space = house();
    let order = plan(&space, &["map.json"]);
    let best = plan(&space, &["map.json", "--budget", "2"]);
    is(&order["steps"][1]["after"]["value"], 2.1);
    is(&best["after"]["value"], 2.2);
    assert_eq!(chosen(&best), ["guard", "lock"], "without the first step of the order");
}

#[test]
fn the_table_says_of_what_and_how_sure() {
    let space = house();
    let run = space.run(&["plan", "map.json", "--budget", "2"]).ok();
    let text = run.stdout.replace('\n', " ");
    for part in [
        "The best 2 capabilities ",
        "These 2 capabilities cover 4 of 4 techniques (100 %) and reach 2.2 of 2.6 (84.6 %).",
        "Optimal: no 2 capabilities reach more than 2.2. Of equally good choices",
        "Shares are of what all 4 capabilities together cover, and of what they reach",
        "Enterprise ATT&CK 16.1 has 656 active techniques in scope.",
    ] {
        assert!(text.contains(part), "{part}: {}", run.stdout);
    }
    assert!(!text.contains("T1046"), "techniques are listed when asked for");
    for flag in ["--techniques", "-v"] {
        let run = space.run(&["plan", "map.json", "--budget", "2", flag]).ok();
        let row = run.stdout.lines().find(|line| line.contains("Guard") && line.contains("T1046"));
        let row: Vec<&str> = row.expect("a row of the first step").split_whitespace().collect();
        assert_eq!(row, ["1", "Guard", "T1046", "Network", "Service", "Discovery", "100"]);
    }
    let order = space.run(&["plan", "map.json"]).ok();
    let text = order.stdout.replace('\n', " ");
    assert!(text.contains("1 capability maps no technique in scope: Mirror."), "{text}");
    assert!(text.contains("The first few together need not be the best few"), "{text}");
}

#[test]
fn tables_come_out_for_spreadsheets_and_documents() {
    let space = house();
    let csv = space.run(&["plan", "map.json", "--format", "csv", "--budget", "1", "-q"]).ok().stdout;
    assert_eq!(
        csv,
        "step,framework,id,capability,cost,gain,alone,newly_covered,raised,covered,covered_of,reached,reached_of,\
         reached_percent,techniques\n1,acme 03/04/2025,alarm,Alarm,,1.5,1.5,3,0,3,4,1.5,2.6,57.7,T1046; T1078; T1110\n"
    );
    let csv = space.run(&["plan", "map.json", "--techniques", "-o", "adds.csv"]).ok();
    assert!(csv.stderr.contains("Each step is the capability that adds most"), "{}", csv.stderr);
    let rows = space.read("adds.csv");
    assert!(
        rows.contains("\n3,acme 03/04/2025,lock,Lock,T1110,Brute Force,50,100,1\n"),
        "lock raises it: {rows}"
    );
    assert_eq!(rows.lines().count(), 1 + 3 + 2 + 1);
    space.run(&["plan", "map.json", "-o", "plan.md"]).ok();
    let document = space.read("plan.md");
    assert!(
        document.starts_with("## What to switch on next, step by step\n\n| Step | Capability |"),
        "{document}"
    );
    assert!(document.contains("| 1 |") && document.contains("1.5 of 2.6"), "{document}");
    space
        .run(&["plan", "map.json", "--budget", "1", "-o", "plan.md"])
        .ends_with(2)
        .says(&["plan.md exists already"]);
    space
        .run(&["plan", "map.json", "-o", "plan.xyz"])
        .ends_with(2)
        .says(&["does not tell the format to write", ".md do"]);
}

#[test]
fn weights_of_a_table_and_of_a_layer_are_the_same() {
    let space = house();
    space.write("weights.csv", "technique,weight\nT1059,12\nT1078,0.5\n# a comment\nT1110,0\n");
    let layer = json!({
        "name": "threat", "domain": "enterprise-attack", "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "techniques": [
            {"techniqueID": "T1059", "score": 12, "tactic": "execution"},
            {"techniqueID": "T1078", "score": 0.5},
            {"techniqueID": "T1110", "score": 0},
            {"techniqueID": "T1046", "comment": "no score"}
        ]
    });
    space.write("weights.json", layer.to_string());
    let of = |file: &str| plan(&space, &["map.json", "--weights", file, "--cover", "any"]);
    let plan_of_table = of("weights.csv");
    assert_eq!(plan_of_table, of("weights.json"));
    // T1110 and T1046 do not count; alarm beats lock on T1078.
    assert_eq!(chosen(&plan_of_table), ["guard", "alarm"]);
    assert_eq!(plan_of_table["reachable"], json!({"covered": 2, "value": 1.45}));
    let others =
        plan(&space, &["map.json", "--weights", "weights.csv", "--other-weight", "1", "--budget", "1"]);
    assert_eq!(others["reachable"], json!({"covered": 3, "value": 2.45}));
    let uncovered = "technique,weight\nT1059,1\nT1595,3\n";
    space.write("uncovered.csv", uncovered);
    let run = space.run(&["plan", "map.json", "--weights", "uncovered.csv"]).ok();
    let text = run.stdout.replace('\n', " ");
    assert!(text.contains("Of 2 techniques with a weight, 1 is covered by no capability."), "{text}");
}

#[test]
fn groups_give_weights_by_the_techniques_that_they_use() {
    let space = Workspace::new();
    let by_name = plan(&space, &["--weights", "APT29=2,Lazarus Group", "--budget", "3"]);
    // The same from a table, made of what the catalog says of both.
    let shown =
        space.run(&["catalog", "show", "G0016", "G0032", "--attack-version", "16.1", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.ok().stdout).expect("it is JSON");
    let mut weights: BTreeMap<String, u32> = BTreeMap::new();
    for actor in shown.as_array().expect("a list") {
        let weight = if actor["id"] == "G0016" { 2 } else { 1 };
        for technique in actor["techniques"].as_array().expect("a list") {
            let id = technique["id"].as_str().or(technique.as_str()).expect("an id");
            *weights.entry(id.to_owned()).or_default() += weight;
        }
    }
    assert!(weights.len() > 100, "{weights:?}");
    let rows: Vec<String> = weights.iter().map(|(id, weight)| format!("{id},{weight}\n")).collect();
    space.write("weights.csv", format!("technique,weight\n{}", rows.concat()));
    let by_table = plan(&space, &["--weights", "weights.csv", "--budget", "3"]);
    assert_eq!(by_name, by_table);
    let ask = |weights: &str| space.run(&["plan", "--weights", weights]).ends_with(2);
    ask("APT99").says(&["`APT99`", "did you mean APT29"]);
    ask("APT29=-1").says(&["--weights: ", "APT29"]);
    ask("APT29,layer.json").says(&["layer.json"]);
    ask("no-such.csv").says(&["no-such.csv"]);
}

#[test]
fn a_saved_selection_is_what_is_enabled() {
    let space = Workspace::new();
    space.write(
        "navlayer.toml",
        "[selections.prod]\ncapability = [\"amazon_guardduty\", \"AWS Config\"]\n\
         [selections.other]\nsources = [\"other.json\"]\n",
    );
    let saved = plan(&space, &["--enabled", "@prod", "--budget", "2"]);
    assert_eq!(saved, plan(&space, &["--enabled", "amazon_guardduty,aws_config", "--budget", "2"]));
    let ask = |name: &str| space.run(&["plan", "--enabled", name]).ends_with(2);
    ask("@prd").says(&["no selection is called `@prd`", "did you mean `@prod`?"]);
    ask("@other").says(&["@other has sources of its own"]);
}

#[test]
fn a_layer_of_another_version_is_carried_over() {
    let space = house();
    space.mapping("map.json", &mapping(&[row("lock", "T1562.008", "protect", "partial")]));
    let layer = json!({
        "name": "new", "domain": "enterprise-attack", "versions": {"attack": "19", "navigator": "5.1.0", "layer": "4.5"},
        "techniques": [{"techniqueID": "T1685.002", "score": 7}]
    });
    space.write("new.json", layer.to_string());
    let run = space.run(&["plan", "map.json", "--weights", "new.json", "--format", "json"]).ok();
    let plan: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!(plan["steps"][0]["techniques"][0]["weight"], 7, "{}", run.stderr);
    assert!(run.stderr.contains("ATT&CK 19.0 to 16.1"), "{}", run.stderr);
}

#[test]
fn costs_decide_with_a_budget_of_their_sum() {
    let space = house();
    space.write("cost.csv", "name;cost\nLock;2\nAlarm;5\nguard;2.5\n");
    let best = |budget: &str| plan(&space, &["map.json", "--cost", "cost.csv", "--budget", budget]);
    assert_eq!(chosen(&best("4.5")), ["lock", "guard"], "1.1 for 2 is more for its cost than 1.1 for 2.5");
    is(&best("4.5")["cost"], 4.5);
    assert_eq!(chosen(&best("4.4")), ["lock"], "as good as guard, and costs less");
    let cover = plan(&space, &["map.json", "--cost", "cost.csv", "--cover", "any"]);
    assert_eq!(sorted(chosen(&cover)), ["guard", "lock"], "cheaper than alarm and guard");
    space.write("some.csv", "alarm,5\n");
    space
        .run(&["plan", "map.json", "--cost", "some.csv", "--budget", "4"])
        .ends_with(2)
        .says(&["2 capabilities have no cost in some.csv: Guard, Lock", "--other-cost COST"]);
    let rest = ["map.json", "--cost", "some.csv", "--other-cost", "1", "--budget", "2"];
    assert_eq!(sorted(chosen(&plan(&space, &rest))), ["guard", "lock"]);
    let text = space.run(&["plan", "map.json", "--cost", "cost.csv", "--budget", "4.5"]).ok().stdout;
    assert!(text.contains("  Cost  "), "{text}");
    let text = text.replace('\n', " ");
    assert!(text.contains("for a cost of 4.5"), "{text}");
    assert!(text.contains("no capabilities that cost 4.5 or less reach more than 2.2"), "{text}");
}

#[test]
fn what_is_enabled_is_named_or_listed() {
    let space = house();
    space.write("on.txt", "\u{feff}# what we have\nLock   # the front door\n\nguard\r\n");
    space.write("lock", "alarm\n");
    let enabled = |arguments: &[&str]| {
        let mut all = vec!["map.json"];
        all.extend(arguments.iter().flat_map(|one| ["--enabled", *one]));
        let plan = plan(&space, &all);
        let list = plan["enabled"].as_array().expect("a list").clone();
        list.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(enabled(&["on.txt"]), "guard lock");
    assert_eq!(enabled(&["lock"]), "lock", "a name goes before a file of that name");
    assert_eq!(enabled(&["./lock"]), "alarm");
    assert_eq!(enabled(&["LOCK", "Guard"]), "guard lock");
    assert_eq!(enabled(&["lock, Guard"]), "guard lock");
    assert_eq!(enabled(&["*a*"]), "alarm guard");
    assert_eq!(enabled(&["{lock,alarm}", "on.txt"]), "alarm guard lock");
    let run = space.run(&["plan", "map.json", "--enabled", "alarm", "--capability", "lock"]).ok();
    assert!(run.stderr.contains("note: 1 enabled capability is left out by the filters"), "{}", run.stderr);
}

#[test]
fn names_that_nobody_has_are_told_with_the_nearest() {
    let space = house();
    let plan = |arguments: &[&str]| space.run(&[&["plan", "map.json"], arguments].concat());
    plan(&["--enabled", "gaurd"])
        .ends_with(2)
        .says(&["no capability is called `gaurd`, and no file either", "did you mean `"]);
    plan(&["--enabled", "lock,gaurd"]).ends_with(2).says(&["no capability is called `gaurd`"]);
    plan(&["--enabled", ","]).ends_with(2).says(&["--enabled names nothing"]);
    space.write("on.txt", "lock\n  gaurd # it is late\n");
    let run = plan(&["--enabled", "on.txt"]).ends_with(1);
    let finding = run.finding("NL1002");
    assert_eq!((finding.place.as_str(), finding.severity.as_str()), ("on.txt:2:3", "error"));
    assert_eq!(finding.help.to_lowercase(), "did you mean `guard`?");
    assert!(run.stdout.is_empty());
    space.write("none.txt", "# nothing yet\n");
    assert_eq!(plan(&["--enabled", "none.txt"]).ends_with(1).finding("NL1002").place, "none.txt");
    space.write("cost.csv", "capability,cost\nlock,1\ngaurd,2\n");
    let finding = plan(&["--cost", "cost.csv"]).ends_with(1).finding("NL1002");
    assert_eq!(finding.place, "cost.csv:3:1");
}

#[test]
fn weights_and_costs_are_told_where_they_are_wrong() {
    let space = house();
    let findings = |name: &str, text: &str, flag: &str| {
        space.write(name, text);
        let run = space.run(&["plan", "map.json", flag, name]).ends_with(1);
        assert!(run.stdout.is_empty() && run.stderr.contains("nothing was written"), "{}", run.stderr);
        let told = |one: crate::support::Finding| {
            format!("{} {} {}: {}", one.code, one.place, one.message, one.help)
        };
        run.findings().into_iter().map(told).collect::<Vec<_>>()
    };
    let weights = "technique,weight\nT1110,-1\nT1078,many\nT1046,\nT1059,\"1,5\"\nT9999,1\nT1110.0,1\nT1595,1\nT1595,2\nT1003,2000000\n";
    assert_eq!(
        findings("w.csv", weights, "--weights"),
        [
            "NL1001 w.csv:2:7 the weight of `T1110` is negative: -1: a weight is a number from 0 to 1000000",
            "NL1001 w.csv:3:7 the weight of `T1078` is not a number: `many`: a weight is a number from 0 to 1000000",
            "NL1001 w.csv:4:7 no weight stands beside `T1046`: a weight is a number from 0 to 1000000",
            "NL1001 w.csv:5:8 the weight of `T1059` is not a number: `1,5`: write 1.5",
            "NL0202 w.csv:6:1 T9999 is no technique of Enterprise ATT&CK 16.1, nor of any version or domain known here: \
             `navlayer catalog show NAME` finds a technique by its name",
            "NL0201 w.csv:7:1 `T1110.0` is not the id of a technique: did you mean T1110.001?",
            "NL1003 w.csv:9:1 `T1595` has a row already: it stands in line 8 too: keep one",
            "NL1001 w.csv:10:7 the weight of `T1003` is too large: 2000000: a weight is a number from 0 to 1000000",
        ]
    );
    assert_eq!(
        findings("c.csv", "lock,1\nalarm,-2\nLock,3\n", "--cost"),
        [
            "NL1001 c.csv:2:7 the cost of `alarm` is negative: -2: a cost is a number from 0 to 1000000",
            "NL1003 c.csv:3:1 `Lock` has a row already: it stands in line 1 too: keep one",
        ]
    );
    for (name, text, flag, expected) in [
        ("a.csv", "", "--weights", "NL1001 a.csv the file holds no weight: "),
        ("b.csv", "technique,score,comment\n", "--weights", "NL1001 b.csv the file holds no weight: "),
        ("d.csv", "T1110,Brute Force,1\n", "--weights", "NL0103 d.csv:1:1 nothing says which of 3 columns"),
        (
            "e.csv",
            "id,name\nT1110,x\n",
            "--weights",
            "NL1001 e.csv:2:7 the weight of `T1110` is not a number: `x`",
        ),
        (
            "f.csv",
            "id,name,colour\nT1110,x,y\n",
            "--weights",
            "NL0103 f.csv:1:1 no column is called `weight`",
        ),
        ("g.csv", "T1110\n", "--weights", "NL1001 g.csv:1:1 the row has no weight"),
        ("h.csv", "T1110,\"1\nT1078,2\n", "--weights", "NL0101 h.csv:1:7 a quote is opened here"),
        ("i.csv", "lock,dear\n", "--cost", "NL1001 i.csv:1:6 the cost of `lock` is not a number: `dear`"),
        ("j.json", "{\"a\": 1}", "--weights", "NL0102 j.json this is not an ATT&CK Navigator layer"),
        ("k.json", "{", "--weights", "NL0101 k.json:1:"),
        (
            "l.csv",
            "T1110,NaN\n",
            "--weights",
            "NL1001 l.csv:1:7 the weight of `T1110` is not a number: `NaN`",
        ),
    ] {
        let told = findings(name, text, flag);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{name}: {told:?}");
    }
    space.write("binary.csv", b"T1110,\xff\n");
    space.run(&["plan", "map.json", "--weights", "binary.csv"]).ends_with(1).says(&["not UTF-8"]);
    space
        .run(&["plan", "map.json", "--weights", "nowhere.csv"])
        .ends_with(2)
        .says(&["cannot read nowhere.csv"]);
}

#[test]
fn weights_of_layers_are_told_where_they_are_wrong() {
    let space = house();
    let layer = |techniques: &Value, domain: &str| {
        json!({"name": "x", "domain": domain, "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
               "techniques": techniques})
    };
    let run = |content: &Value| {
        space.write("w.json", content.to_string());
        space.run(&["plan", "map.json", "--weights", "w.json"])
    };
    let negative = json!([{"techniqueID": "T1110", "score": -5}, {"techniqueID": "T1078", "score": 1}]);
    let run_of = run(&layer(&negative, "enterprise-attack")).ends_with(1);
    assert!(run_of.finding("NL1001").message.contains("the score of T1110 is negative for a weight: -5"));
    let colours = json!([{"techniqueID": "T1110", "color": "#ff0000"}]);
    let run_of = run(&layer(&colours, "enterprise-attack")).ends_with(1);
    assert_eq!(run_of.finding("NL1001").message, "the layer has no score");
    let one = json!([{"techniqueID": "T1110", "score": 1}]);
    run(&layer(&one, "mobile-attack")).ends_with(2).says(&["on mobile-attack, and the mappings are on"]);
    let both = json!([layer(&one, "enterprise-attack"), layer(&one, "enterprise-attack")]);
    run(&both).ends_with(2).says(&["w.json holds 2 layers", "navlayer combine"]);
    let zero = json!([{"techniqueID": "T1110", "score": 0}]);
    run(&layer(&zero, "enterprise-attack")).ends_with(2).says(&["every weight in w.json is 0"]);
    let elsewhere = json!([{"techniqueID": "T1595", "score": 3}]);
    run(&layer(&elsewhere, "enterprise-attack"))
        .ends_with(2)
        .says(&["no capability covers any of the 1 technique that w.json weighs", "--other-weight 1"]);
}

#[test]
fn a_retired_technique_with_a_weight_is_told_with_its_successor() {
    let space = house();
    space.write("w.csv", "T1053.001,2\nT1110,1\n");
    let run = space.run(&["plan", "map.json", "--weights", "w.csv"]).ok();
    let finding = run.finding("NL0203");
    assert_eq!((finding.severity.as_str(), finding.place.as_str()), ("warning", "w.csv:1:1"));
    assert!(finding.help.starts_with("weigh T1053.002 instead"), "{}", finding.help);
    space.run(&["plan", "map.json", "--weights", "w.csv", "--strict"]).ends_with(1);
}

#[test]
fn budgets_have_ends() {
    let space = house();
    let plan_of = |arguments: &[&str]| space.run(&[&["plan", "map.json"], arguments].concat());
    plan_of(&["--budget", "0"]).ends_with(2).says(&["a budget of 0 buys nothing"]);
    plan_of(&["--budget", "-1"]).ends_with(2).says(&["`-1` is not a number from 0 to 1000000"]);
    plan_of(&["--budget", "many"]).ends_with(2).says(&["`many` is not a number"]);
    plan_of(&["--budget", "1.5"])
        .ends_with(2)
        .says(&["a budget of 1.5 is no number of capabilities", "--cost"]);
    plan_of(&["--budget", "1", "--cover", "any"]).ends_with(2).says(&["cannot be used with"]);
    plan_of(&["--other-cost", "1"]).ends_with(2).says(&["--cost"]);
    let ample = plan_of(&["--budget", "9"]).ok().stdout.replace('\n', " ");
    assert!(
        ample.contains("Optimal: the budget pays for all 4 capabilities that are not enabled"),
        "{ample}"
    );
    assert!(ample.contains("The other capability adds nothing to these."), "{ample}");
    let all = plan(&space, &["map.json", "--budget", "9"]);
    assert_eq!((&all["ample"], chosen(&all).len()), (&json!(true), 3));
    space.write("free.csv", "lock,0\nalarm,0\nguard,0\n");
    plan_of(&["--cost", "free.csv", "--budget", "1"])
        .ends_with(2)
        .says(&["every capability that can be switched on costs 0 by free.csv"]);
}

#[test]
fn nothing_left_to_switch_on_is_said() {
    let space = house();
    for question in [&["--budget", "2"][..], &["--cover", "any"], &["--cover", "best"], &[]] {
        let run = space.run(&[&["plan", "map.json", "--enabled", "*"], question].concat()).ok();
        assert!(run.stdout.contains("Nothing to switch on: every capability is enabled."), "{}", run.stdout);
        let arguments = [&["map.json", "--enabled", "lock,alarm,guard"], question].concat();
        let text = space.run(&[&["plan"], arguments.as_slice()].concat()).ok().stdout.replace('\n', " ");
        assert!(
            text.contains("Nothing to switch on: what is enabled covers all 4 techniques already"),
            "{text}"
        );
        assert_eq!(plan(&space, &arguments)["steps"], json!([]));
    }
    let run = space.run(&["plan", "map.json", "--tactic", "exfiltration", "--budget", "2"]).ok();
    assert!(run.stdout.contains("no capability maps a technique that counts"), "{}", run.stdout);
}

#[test]
fn mappings_without_levels_are_counted() {
    let space = Workspace::new();
    let rows = [plain_row("lock", "T1110"), plain_row("lock", "T1078"), plain_row("alarm", "T1078")];
    space.mapping("plain.json", &mapping(&rows));
    let run = space.run(&["plan", "plain.json"]).ok();
    assert!(run.stderr.contains("has no levels; a score counts capabilities"), "{}", run.stderr);
    let text = run.stdout.replace('\n', " ");
    assert!(text.contains("This capability covers 2 of 2 techniques (100 %)."), "{text}");
    assert!(!text.contains("Reached"), "the same figure is not shown twice: {text}");
    assert_eq!(plan(&space, &["plain.json"])["metric"], "count");
    let counted = plan(&house(), &["map.json", "--metric", "count", "--budget", "1"]);
    assert_eq!((&counted["metric"], &counted["after"]["value"]), (&json!("count"), &json!(3)));
}

#[test]
fn mappings_without_levels_count_nothing_beside_those_that_have_some() {
    let space = house();
    space.mapping(
        "plain.json",
        &with(mapping(&[plain_row("fence", "T1595")]), "metadata", {
            let mut metadata = mapping(&[])["metadata"].clone();
            metadata["mapping_framework"] = json!("plain");
            metadata["mapping_types"] = json!({"mitigates": {"name": "mitigates", "description": ""}});
            metadata
        }),
    );
    space.write("cost.csv", "lock,1\nalarm,1\nguard,1\n");
    let run = space.run(&["plan", "map.json", "plain.json", "--cost", "cost.csv"]).ok();
    assert!(run.stderr.contains("plain 03/04/2025 has no levels"), "{}", run.stderr);
    let text = run.stdout.replace('\n', " ");
    assert!(text.contains("1 capability maps techniques without a score: Fence."), "{text}");
    assert!(text.contains("cover 4 of 4 techniques"), "{text}");
}

#[test]
fn filters_narrow_what_counts() {
    let space = house();
    let detect = plan(&space, &["map.json", "--category", "detect"]);
    assert_eq!(chosen(&detect), ["alarm", "guard"]);
    assert_eq!(detect["reachable"], json!({"covered": 4, "value": 1.6}));
    assert_eq!(detect["filters"], json!(["category: Detect"]));
    let credential = plan(&space, &["map.json", "--tactic", "credential-access"]);
    assert_eq!((chosen(&credential), &credential["in_scope"]), (vec!["lock"], &json!(67)));
}

#[test]
fn a_search_that_stops_says_how_far_it_may_be_off() {
    // Every pair of ten capabilities shares a technique: any nine cover all, and no bound shows it at once.
    let space = Workspace::new();
    let ids: Vec<String> = crate::support::active("16.1").into_iter().map(|one| one.id).collect();
    let mut rows = Vec::new();
    let mut next = ids.iter();
    for one in 0..10 {
        for other in 0..one {
            let id = next.next().expect("there are more");
            rows.extend([one, other].map(|by| plain_row(&format!("c{by}"), id)));
        }
    }
    space.mapping("pairs.json", &mapping(&rows));
    let full = plan(&space, &["pairs.json", "--budget", "4"]);
    assert_eq!(full["proof"]["kind"], "optimal");
    let cut = plan(&space, &["pairs.json", "--cover", "any", "--nodes", "0"]);
    let proof = &cut["proof"];
    assert_eq!((&proof["kind"], &proof["nodes"], &proof["limit"]), (&json!("within"), &json!(0), &json!(0)));
    assert!(number(&proof["bound"]) < number(&proof["known"]) && number(&proof["gap"]) > 0.0, "{proof}");
    assert_eq!(cut["after"]["covered"], 45, "it is a cover all the same");
    let claim = cut["claim"].as_str().expect("text");
    assert!(
        claim.starts_with("Not proved optimal within 0 nodes of the search, but none has fewer"),
        "{claim}"
    );
}

#[test]
fn json_is_what_the_schema_says() {
    let space = house();
    let schema = space.run(&["schema", "plan"]).ok().stdout;
    let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
    space.write("cost.csv", "lock,2\nalarm,5\nguard,2.5\n");
    for arguments in [
        &["map.json"][..],
        &["map.json", "--budget", "1", "--enabled", "lock"],
        &["map.json", "--cost", "cost.csv", "--budget", "4.5"],
        &["map.json", "--cover", "best", "--nodes", "0"],
        &["--cover", "any"],
    ] {
        let value = plan(&space, arguments);
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:?}");
        let gains: f64 =
            value["steps"].as_array().expect("steps").iter().map(|one| number(&one["gain"])).sum();
        is(&value["after"]["value"], number(&value["before"]["value"]) + gains);
    }
    let mut broken = plan(&space, &["map.json"]);
    broken["steps"][0]["gain"] = json!("much");
    assert!(!validator.is_valid(&broken));
}

fn layer(space: &Workspace, arguments: &[&str]) -> crate::support::Layer {
    let run: Run = space.run(&[&["plan", "--format", "layer"], arguments].concat()).ok();
    run.layer()
}

#[test]
fn a_layer_tells_what_adds_each_technique() {
    let space = house();
    let layer = layer(&space, &["map.json", "--enabled", "lock", "--budget", "1"]);
    assert_eq!(layer.ids(), ["T1046", "T1059", "T1078", "T1110"]);
    let legend = |label: &str| {
        let items = layer.0["legendItems"].as_array().expect("a legend");
        let found =
            items.iter().find(|item| item["label"].as_str().is_some_and(|text| text.starts_with(label)));
        found.unwrap_or_else(|| panic!("{label} is in {items:?}"))["color"].clone()
    };
    let is = |id: &str, label: &str, comment: &str| {
        let technique = layer.technique(id);
        assert_eq!(technique["color"], legend(label), "{id}");
        assert_eq!(technique["comment"], comment);
        assert!(technique.get("score").is_none());
    };
    is("T1046", "Step 1: Guard", "Step 1: Guard covers it at 100.");
    is("T1059", "Step 1: Guard", "Step 1: Guard covers it at 10.");
    is("T1078", "Covered by what is enabled", "Enabled: Lock at 10.");
    is("T1110", "Covered by what is enabled", "Enabled: Lock at 100.");
    assert_eq!(values(&layer.technique("T1059")["metadata"], "plan"), ["added by step 1"]);
    assert_eq!(values(&layer.technique("T1059")["metadata"], "step 1"), ["Guard: 10, was not covered"]);
    assert_eq!(layer.metadata("step 1"), ["Guard: gain 1.1, 2 newly covered"]);
    assert_eq!(layer.metadata("enabled"), ["Lock"]);
    assert!(
        layer.0["description"]
            .as_str()
            .is_some_and(|text| text.contains("Optimal: no capability reaches more"))
    );
}

#[test]
fn a_layer_tells_what_is_raised_and_what_stays_open() {
    let space = house();
    let one = layer(&space, &["map.json", "--enabled", "lock", "--budget", "1", "--technique", "T1078"]);
    assert_eq!(
        one.technique("T1078")["comment"],
        "Enabled: Lock at 10. Step 1: Alarm raises it from 10 to 50."
    );
    assert_eq!(one.0["legendItems"][0]["label"], "Covered by what is enabled, raised by a step");
    let open = layer(&space, &["map.json", "--budget", "1"]);
    assert_eq!(open.technique("T1059")["comment"], "Open: mapped by Guard at 10.");
    let labels: Vec<&Value> =
        open.0["legendItems"].as_array().expect("a legend").iter().map(|one| &one["label"]).collect();
    assert_eq!(labels, ["Step 1: Alarm", "Open: only others cover it"]);
}

#[test]
fn a_layer_of_many_steps_has_a_colour_in_its_legend_for_each() {
    let space = Workspace::new();
    let layer = layer(&space, &[]);
    assert_eq!(layer.ids().len(), 215);
    let colours: BTreeSet<&str> = layer.0["legendItems"]
        .as_array()
        .expect("a legend")
        .iter()
        .filter_map(|one| one["color"].as_str())
        .collect();
    assert_eq!(colours.len(), 8, "sixteen steps share eight");
    for technique in layer.techniques() {
        assert!(colours.contains(technique["color"].as_str().expect("a colour")));
    }
    space.run(&["plan", "--budget", "3", "--format", "layer", "-o", "plan.json"]).ok();
    let run = space.run(&["validate", "plan.json"]).ok();
    assert!(run.stdout.contains("no findings"), "{}", run.stdout);
    // Its own file is replaced, another one's is not.
    space.run(&["plan", "--format", "layer", "-o", "plan.json"]).ok();
    space.write("mine.json", "{}");
    space
        .run(&["plan", "--format", "layer", "-o", "mine.json"])
        .ends_with(2)
        .says(&["was not written by navlayer"]);
}

#[test]
fn a_site_of_one_framework_tells_what_to_switch_on_next() {
    let space = Workspace::new();
    space.run(&["build", "-o", "site", "-q"]).ok();
    let index = space.read("site/index.html");
    let from = index.find("id=\"aws-next\"").expect("the section is there");
    let section = &index[from..from + index[from..].find("</section>").expect("it ends")];
    let published = Published::read();
    for count in [1, 3, 5] {
        let (sum, best) = published.best(count);
        for id in best {
            assert!(section.contains(&format!("capabilities/{id}.html")), "{id}");
        }
        assert!(section.contains(&format!("reaches more than {}", f64::from(sum) / 100.0)) || count > 1);
        assert!(section.contains(&format!("reach more than {}", f64::from(sum) / 100.0)) || count == 1);
    }
    assert!(section.contains("Optimal: no smaller set keeps all 215 techniques covered."));
    assert!(
        section.contains("Shares are of what all 20 capabilities together cover and reach: 215 techniques")
    );
    let next = &space.json("site/summary.json")["frameworks"][0]["next"];
    assert_eq!((&next["techniques"], next["choices"].as_array().map(Vec::len)), (&json!(215), Some(4)));
    assert_eq!(next["choices"][3]["capabilities"].as_array().map(Vec::len), Some(14));

    let plain = [plain_row("lock", "T1110"), plain_row("alarm", "T1078")];
    space.mapping("plain.json", &mapping(&plain));
    space.mapping("map.json", &with(mapping(&[row("a", "T1110", "protect", "partial")]), "x", Value::Null));
    space.run(&["build", "plain.json", "-o", "plain", "-q"]).ok();
    assert!(space.read("plain/index.html").contains("how many techniques a choice covers"));
    space.run(&["build", "map.json", "-o", "one", "-q"]).ok();
    assert!(!space.read("one/index.html").contains("What to switch on next"), "one capability is no choice");
    space.run(&["build", "plain.json", "map.json", "-o", "two", "-q"]).ok();
    assert!(!space.read("two/index.html").contains("What to switch on next"), "of one framework only");
}
