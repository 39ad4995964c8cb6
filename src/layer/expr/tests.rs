use proptest::prelude::*;

use super::*;

const LAYERS: [&str; 4] = ["a", "b", "c", "d"];

fn value(text: &str) -> f64 {
    let expression =
        Expression::parse(text, &LAYERS).unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}"));
    expression.evaluate(&[10.0, 4.0, 0.0, 2.5])
}

/// Expressions with the values that mathjs 12.4.3 has for them, where a is 10, b is 4, c is 0 and d is 2.5.
const SAME: &[(&str, f64)] = &[
    // Precedence and grouping.
    ("1 + 2 * 3", 7.0),
    ("(1 + 2) * 3", 9.0),
    ("10 - 4 - 3", 3.0),
    ("a / b / 2", 1.25),
    ("2 ^ 3 ^ 2", 512.0),
    ("-a ^ 2", -100.0),
    ("2 ^ -1", 0.5),
    ("--a", 10.0),
    ("a - -b", 14.0),
    ("+-a", -10.0),
    ("2 * a % 4", 4.0),
    ("a % 4 * 2", 4.0),
    ("-7 mod 3", 2.0),
    ("7 mod -3", -2.0),
    ("a mod 0", 10.0),
    ("a % b % 3", 2.0),
    ("2^a b", 4096.0),
    // Implicit products.
    ("2a", 20.0),
    (".5a", 5.0),
    ("2.a", 20.0),
    ("a b", 40.0),
    ("a 2", 20.0),
    ("(a)(b)", 40.0),
    ("(a)2", 20.0),
    ("2 (3)", 6.0),
    ("3 a^2", 300.0),
    ("a b^2", 160.0),
    ("-2 a", -20.0),
    ("2 -a", -8.0),
    ("2 sqrt(4)", 4.0),
    ("1/2 a", 5.0),
    ("-1/2 a", -5.0),
    ("1/2/3 a", 0.15),
    ("6/2(3)", 9.0),
    ("a/2 b", 1.25),
    ("a/2(b)", 1.25),
    ("a*1/2 b", 20.0),
    ("a b mod 3", 10.0),
    // Percentages.
    ("50%", 0.5),
    ("a + 10%", 11.0),
    ("a - 10%", 9.0),
    ("a - 10%*2", 9.8),
    ("a + (10%)", 10.1),
    ("a % (b)", 2.0),
    ("a % -b", -3.9),
    ("10%%3", 0.1),
    ("a + b%", 10.4),
    ("5% b", 1.0),
    // Comparisons, and what is true.
    ("a > b", 1.0),
    ("a <= b", 0.0),
    ("a != b", 1.0),
    ("3 < b < 5", 1.0),
    ("5 > b > 4", 0.0),
    ("1 == 1 == 1", 1.0),
    ("1 + a > b", 1.0),
    ("0.1 + 0.2 == 0.3", 1.0),
    ("0.1 + 0.2 > 0.3", 0.0),
    ("not a", 0.0),
    ("not c", 1.0),
    ("not c + 1", 2.0),
    ("not c == 1", 1.0),
    ("not -1", 0.0),
    ("a and c or b", 1.0),
    ("c and a or c", 0.0),
    ("a or c and c", 1.0),
    ("a xor b", 0.0),
    ("a xor c", 1.0),
    ("a xor c and c", 1.0),
    ("a or b xor b", 1.0),
    ("xor(a, c)", 1.0),
    ("and(a, b, c)", 0.0),
    ("or(a, c)", 1.0),
    ("not(a)", 0.0),
    ("true + true", 2.0),
    ("-true", -1.0),
    ("a ? b : c ? 1 : 2", 4.0),
    ("c ? b : c ? 1 : 2", 2.0),
    ("a < b ? 1 : 2", 2.0),
    ("c ? 1 : a > b ? 3 : 4", 3.0),
    // Functions.
    ("mod(a, 4)", 2.0),
    ("min(a, b, c)", 0.0),
    ("max(a, b)%", 0.1),
    ("sum(a, b, c, d)", 16.5),
    ("prod(a, b)", 40.0),
    ("mean(a, b)", 7.0),
    ("median(a, b, c)", 4.0),
    ("median(a, b)", 7.0),
    ("mad(a, b, c)", 4.0),
    ("std(a, b)", 4.242_640_687_119_285),
    ("std(a)", 0.0),
    ("variance(a, b, 1)", 21.0),
    ("round(d)", 3.0),
    ("round(-d)", -3.0),
    ("round(2.345, 2)", 2.35),
    ("floor(2.9999999999999996)", 3.0),
    ("floor(-0.5)", -1.0),
    ("ceil(2.55, 1)", 2.6),
    ("fix(-2.7)", -2.0),
    ("fix(2.55, 1)", 2.5),
    ("sign(-3)", -1.0),
    ("abs(-a)", 10.0),
    ("hypot(3, 4)", 5.0),
    ("log(8, 2)", 3.0),
    ("log10(0.1)", -1.0),
    ("exp(1)", std::f64::consts::E),
    ("pow(a, 2)", 100.0),
    ("pow(0, 0)", 1.0),
    ("cbrt(-8)", -2.0),
    ("smaller(a, b)", 0.0),
    ("add(a, b, d)", 16.5),
    ("MAX(A, B)", 10.0),
    ("2e3", 2000.0),
    ("2e", 2.0 * std::f64::consts::E),
    ("pi", std::f64::consts::PI),
];

#[test]
fn values_are_those_of_mathjs() {
    for (text, expected) in SAME {
        let found = value(text);
        assert!((found - expected).abs() < 1e-12, "{text} is {found}, not {expected}");
    }
}

/// Mistakes: the expression, the column and length of the mark, and what is said.
const MISTAKES: &[(&str, usize, usize, &str, &str)] = &[
    ("", 0, 0, "the expression is blank", ""),
    ("a +", 3, 0, "the expression ends where a layer, a number, a function or `(` is expected", ""),
    ("a + * b", 4, 1, "`*` stands where a layer, a number, a function or `(` is expected", ""),
    (
        "(a + b",
        6,
        0,
        "the expression ends where an operator or `)` is expected",
        "the bracket at column 1 is not closed",
    ),
    ("a + b)", 5, 1, "this bracket closes none that is open", ""),
    (
        "a, b",
        1,
        1,
        "a comma parts the arguments of functions",
        "of a function, as in `max(a, b)`; a decimal point is a point",
    ),
    (
        "2 3",
        2,
        1,
        "`3` stands where an operator is expected",
        "write `*` between two factors when the second is a number",
    ),
    (
        "a^2 3",
        4,
        1,
        "`3` stands where an operator is expected",
        "write `*` between two factors when the second is a number",
    ),
    ("a not b", 2, 3, "`not` stands where an operator is expected", ""),
    (
        "a ? b",
        5,
        0,
        "the expression ends where `:` and the other value is expected",
        "the `?` at column 3 has no `:`",
    ),
    ("a && b", 2, 2, "`&&` is no operator of expressions", "write `and`"),
    ("a | b", 2, 1, "`|` is no operator of expressions", "bits are not scores; write `or`"),
    (
        "!a",
        0,
        1,
        "`!` is no operator of expressions",
        "write `not` before what is denied; factorials are not taken",
    ),
    ("a === b", 2, 3, "`===` is no operator of expressions", "write `==`"),
    ("a = b", 2, 1, "`=` is no operator of expressions", "write `==` to compare"),
    ("a $ b", 2, 1, "`$` has no meaning in an expression", ""),
    ("0x10", 0, 3, "numbers are written in tens", "16, not 0x10"),
    ("1e999", 0, 5, "the number is too large", ""),
    ("max", 0, 3, "the function `max` has no arguments", "write `max( )`"),
    ("max()", 0, 3, "`max` takes at least 1, not 0 arguments", ""),
    ("abs(a, b)", 0, 3, "`abs` takes 1, not 2 arguments", ""),
    ("round(a, b, c)", 0, 5, "`round` takes 1 or 2, not 3 arguments", ""),
    ("a + x", 4, 1, "`x` is no layer", "the layers are `a`, `b`, `c`, `d`"),
    ("a + ab", 4, 2, "`ab` is no layer", "a product of layers is `a * b`"),
    ("maxx(a, b)", 0, 4, "`maxx` is no function", "did you mean `max`?"),
    (
        "1 + Averge(a)",
        4,
        6,
        "`Averge` is no function",
        "known are abs, add, and, cbrt, ceil, cube, divide, equal, exp, expm1, fix, floor, hypot, larger, log, log10, log1p, log2, mad, max, mean, median, min, mod, multiply, or, pow, prod, round, sign, smaller, sqrt, square, std, subtract, sum, unequal, variance, xor",
    ),
    ("AVG(a, b)", 0, 3, "`AVG` is no function", "did you mean `mean`?"),
    ("if(a, b, c)", 0, 2, "`if` is no function", "write `a > b ? 1 : 0`"),
    ("a * random()", 4, 6, "`random` is not taken", "a layer is the same every time that it is made"),
    ("i", 0, 1, "`i` is no layer", "the layers are `a`, `b`, `c`, `d`"),
];

#[test]
fn mistakes_are_marked_and_told() {
    for (text, at, length, message, help) in MISTAKES {
        let mistakes = Expression::parse(text, &LAYERS).expect_err(text);
        assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
        let found = (&mistakes[0].span, mistakes[0].message.as_str());
        assert_eq!(found, (&(*at..at + length), *message), "{text}");
        if !help.is_empty() {
            assert_eq!(mistakes[0].help.as_deref(), Some(*help), "{text}");
        }
    }
}

#[test]
fn every_unknown_name_is_told_at_once() {
    let mistakes = Expression::parse("x + maxx(y) +", &["a"]).expect_err("it is wrong");
    let spans: Vec<_> = mistakes.iter().map(|one| one.span.clone()).collect();
    // The function is seen before its arguments.
    assert_eq!(spans, [0..1, 4..8, 9..10, 13..13]);
}

#[test]
fn layers_hide_constants_and_are_no_units() {
    for name in ["e", "i", "b", "g", "h", "l", "m", "s", "t", "pi", "tau", "in"] {
        assert!(is_layer_name(name), "{name}");
        for (text, expected) in
            [(name.to_owned(), 7.0), (format!("not {name}"), 0.0), (format!("{name} == {name}"), 1.0)]
        {
            let expression = Expression::parse(&text, &[name]).expect("it is one");
            assert_eq!(expression.layers(), [0], "{text} is no constant");
            assert!((expression.evaluate(&[7.0]) - expected).abs() < 1e-12, "{text}");
        }
    }
    for word in ["max", "and", "not", "mod", "true", "A", "1a", "", "a-b", "ä"] {
        assert!(!is_layer_name(word), "{word}");
    }
}

#[test]
fn what_mathjs_takes_for_something_else_is_what_it_says() {
    // A call of something that is no function.
    assert!((value("a(b + 1)") - 50.0).abs() < 1e-12);
    // A range from 1 to 2.
    assert!((value("a ? c ? 1 : 2 : 3") - 2.0).abs() < 1e-12);
    // The power of ten of 2.
    assert!((value("2e-a") - (2.0 * std::f64::consts::E - 10.0)).abs() < 1e-12);
}

#[test]
fn what_leaves_the_real_numbers_has_no_value() {
    for text in
        ["0/0", "sqrt(-1)", "(-8)^(1/3)", "log(-1)", "a/c - a/c", "round(a, -1)", "max(1, sqrt(-1), 2)"]
    {
        assert!(value(text).is_nan(), "{text}");
    }
    assert!(value("a / c").is_infinite() && value("log(c)").is_infinite());
}

#[test]
fn hostile_expressions_are_refused_or_evaluated() {
    let refused = |text: &str| Expression::parse(text, &LAYERS).expect_err("it is refused").len();
    let deep = [
        "(".repeat(100_000),
        "(".repeat(4_000),
        "-".repeat(4_000),
        "not ".repeat(1_000),
        "2^".repeat(2_000),
        "a?".repeat(2_000),
        "a?b:".repeat(1_000),
        "max(".repeat(1_000),
        "1+".repeat(100_000),
        "\u{202e}".repeat(1_000),
        "é".repeat(2_000),
    ];
    for text in &deep {
        assert_eq!(refused(text), 1, "{text:.20}");
    }
    let long = format!("{}1", "1+".repeat(2_000));
    assert!((value(&long) - 2_001.0).abs() < 1e-9);
    let nested = format!("{}a{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
    assert!((value(&nested) - 10.0).abs() < 1e-12);
    let names = (0..400).map(|n| format!("x{n}")).collect::<Vec<_>>().join("+");
    assert_eq!(refused(&names), 400);
}

/// Text made of what expressions are made of.
fn shuffled() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a", "b", " ", "2", "0", ".5", "+", "-", "*", "/", "^", "%", "mod ", "(", ")", "max(", "round(", ",",
        "?", ":", "not ", " and ", " or ", " xor ", "<", ">=", "==", "!=", "e", "pi", "x", "é", "!", "&&",
    ]);
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_brings_it_down(text in prop_oneof![shuffled(), any::<String>()], a: f64, b: f64) {
        match Expression::parse(&text, &["a", "b"]) {
            Ok(expression) => drop(expression.evaluate(&[a, b]).to_string()),
            Err(mistakes) => for one in mistakes {
                prop_assert!(text.get(one.span.clone()).is_some(), "{one:?}");
                prop_assert!(one.diagnostic(&Source::new("expression", text.clone())).place.is_some());
            },
        }
    }

    #[test]
    fn laws_of_numbers_hold(a in -1e9..1e9_f64, b in -1e9..1e9_f64) {
        let is = |text: &str| Expression::parse(text, &["a", "b"]).expect("it is one").evaluate(&[a, b]) > 0.0;
        prop_assert!(is("a - a == 0") && is("min(a, b) <= max(a, b)") && is("min(a, b) <= mean(a, b) <= max(a, b)"));
        prop_assert!(is("(a < b) + (a == b) + (a > b) == 1") && is("(a xor b) == (not a != not b)"));
        prop_assert!(is("floor(a) <= ceil(a)"));
        for text in ["a + b", "a b", "max(a, b)", "a and b", "hypot(a, b)", "median(a, b)", "a == b"] {
            let expression = Expression::parse(text, &["a", "b"]).expect("it is one");
            let (here, there) = (expression.evaluate(&[a, b]), expression.evaluate(&[b, a]));
            prop_assert_eq!(here.to_bits(), there.to_bits(), "{}", text);
        }
    }
}
