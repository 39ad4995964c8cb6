//! Plans on the embedded mapping, and on instances of a fixed seed: `cargo bench --bench plan`.
//!
//! In the skewed instances capabilities differ in how much they cover, as published ones do; in the even ones they do not,
//! and that is as hard as it gets: some of these end at the limit of nodes.

use std::collections::BTreeMap;

use criterion::{Criterion, criterion_group, criterion_main};
use navlayer::attack::{Catalog, TechniqueId};
use navlayer::coverage::plan::{Amount, Budget, Candidate, Cover, Problem, Terms};
use navlayer::coverage::{CapabilityKey, Coverage, Rules};
use navlayer::mapping::{read, select::Selection};

/// Numbers that look random: a linear congruential generator with the constants of Knuth's MMIX.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Skewed,
    Even,
}

/// Capabilities that each score a technique with a chance of 10 %, in the mean.
fn problem(capabilities: usize, techniques: usize, shape: Shape) -> Problem {
    let mut numbers = Numbers(17);
    let techniques: Vec<TechniqueId> = (1000..1000 + techniques)
        .map(|number| format!("T{number}").parse().expect("a technique id"))
        .collect();
    let candidates: Vec<Candidate> = (0..capabilities)
        .map(|capability| {
            let percent = match shape {
                Shape::Skewed => 1 + numbers.below(20) * numbers.below(100) / 50,
                Shape::Even => 10,
            };
            let mut scores = BTreeMap::new();
            for technique in &techniques {
                if numbers.below(100) < percent {
                    let score = match numbers.below(3) {
                        0 => 10,
                        1 => 50,
                        _ => 100,
                    };
                    scores.insert(*technique, score);
                }
            }
            let key = CapabilityKey { set: 0, capability };
            Candidate { key, cost: Amount::ONE, enabled: false, scores }
        })
        .collect();
    Problem::new(&candidates, |_| Amount::ONE).expect("it can be planned")
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    let sets = read::embedded().sets;
    let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("the version is embedded");
    let coverage = Coverage::new(&sets, &catalog, Selection::everything(&sets), Rules::default());
    let aws = Problem::of(&coverage, &Terms::default()).expect("it can be planned");
    let problems = [
        ("AWS", aws),
        ("40 × 400, skewed", problem(40, 400, Shape::Skewed)),
        ("40 × 400, even", problem(40, 400, Shape::Even)),
        ("200 × 700, skewed", problem(200, 700, Shape::Skewed)),
        ("200 × 700, even", problem(200, 700, Shape::Even)),
    ];
    for (name, problem) in &problems {
        group.bench_function(format!("{name}, rank"), |bencher| bencher.iter(|| problem.rank()));
        for count in [3, 10] {
            let best = || problem.best(Budget::Capabilities(count)).expect("a budget");
            let end = if best().proof.is_optimal() { "proved" } else { "at the limit" };
            group.bench_function(format!("{name}, best {count}, {end}"), |bencher| bencher.iter(best));
        }
        for (cover, asked) in [(Cover::Any, "cover any"), (Cover::Best, "cover best")] {
            let cover = || problem.cover(cover);
            let end = if cover().proof.is_optimal() { "proved" } else { "at the limit" };
            group.bench_function(format!("{name}, {asked}, {end}"), |bencher| bencher.iter(cover));
        }
    }
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
