//! From the parts of an expression to the steps of its evaluation, by the precedence of its operators.
//!
//! From the weakest: `?:`, `or`, `xor`, `and`, comparisons, `+ -`, `* /`, the implicit product, a number over a number
//! before a name (`1/2 a` is half of a), `% mod`, signs and `not`, and `^`, which is the only one to group to the right.

use super::function::Function;
use super::token::{Kind, Token, WORDS, tokens};
use super::{Binary, Comparison, MAX_DEPTH, Mistake, Step, Unary};
use crate::suggest;

/// How tightly an operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Condition,
    Or,
    Xor,
    And,
    Compare,
    Add,
    Multiply,
    Implicit,
    Fraction,
    Modulo,
    Sign,
}

/// What the last operand was: some rules of mathjs ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Number,
    /// A number with a sign.
    Signed,
    Percent,
    /// An operator and what belongs to it.
    Operator,
    /// A name, a call, or something in brackets.
    Other,
}

pub(super) fn parse(text: &str, layers: &[&str]) -> Result<Vec<Step>, Vec<Mistake>> {
    let tokens = tokens(text).map_err(|mistake| vec![mistake])?;
    let mut parser = Parser { text, layers, tokens, next: 0, depth: 0, steps: Vec::new(), names: Vec::new() };
    let result = parser.expression(Level::Condition).and_then(|_| parser.end());
    let mut mistakes = parser.names;
    mistakes.extend(result.err());
    if mistakes.is_empty() { Ok(parser.steps) } else { Err(mistakes) }
}

struct Parser<'a> {
    text: &'a str,
    layers: &'a [&'a str],
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    steps: Vec<Step>,
    /// Names that are none.
    names: Vec<Mistake>,
}

const CONSTANTS: [(&str, f64); 6] = [
    ("e", std::f64::consts::E),
    ("false", 0.0),
    ("phi", 1.618_033_988_749_895),
    ("pi", std::f64::consts::PI),
    ("tau", std::f64::consts::TAU),
    ("true", 1.0),
];

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<", Comparison::Smaller),
    ("<=", Comparison::SmallerOrEqual),
    (">", Comparison::Larger),
    (">=", Comparison::LargerOrEqual),
];

/// Functions by names that they have elsewhere.
const ELSEWHERE: [(&str, &str); 12] = [
    ("average", "mean"),
    ("avg", "mean"),
    ("int", "fix"),
    ("ln", "log"),
    ("maximum", "max"),
    ("minimum", "min"),
    ("product", "prod"),
    ("sgn", "sign"),
    ("stddev", "std"),
    ("stdev", "std"),
    ("trunc", "fix"),
    ("var", "variance"),
];

/// The operators that group to the left.
const BINARY: [(&str, Level, Binary); 7] = [
    ("or", Level::Or, Binary::Or),
    ("xor", Level::Xor, Binary::Xor),
    ("and", Level::And, Binary::And),
    ("+", Level::Add, Binary::Add),
    ("-", Level::Add, Binary::Subtract),
    ("*", Level::Multiply, Binary::Multiply),
    ("/", Level::Multiply, Binary::Divide),
];

impl Level {
    const fn tighter(self) -> Self {
        match self {
            Self::Condition => Self::Or,
            Self::Or => Self::Xor,
            Self::Xor => Self::And,
            Self::And => Self::Compare,
            Self::Compare => Self::Add,
            Self::Add => Self::Multiply,
            Self::Multiply => Self::Implicit,
            Self::Implicit => Self::Fraction,
            Self::Fraction => Self::Modulo,
            Self::Modulo | Self::Sign => Self::Sign,
        }
    }
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.ahead(0)
    }

    /// A part further on; the end after the last.
    fn ahead(&self, count: usize) -> &Token {
        &self.tokens[(self.next + count).min(self.tokens.len() - 1)]
    }

    fn is_next(&self, sign: &str) -> bool {
        self.peek().kind.is(sign)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Mistake>) -> Result<T, Mistake> {
        if self.depth >= MAX_DEPTH {
            let message =
                format!("more than {MAX_DEPTH} brackets, signs, powers or conditions in each other");
            return Err(Mistake::syntax(self.peek().span.clone(), message));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Operands joined by operators that bind at least so tightly.
    fn expression(&mut self, weakest: Level) -> Result<Shape, Mistake> {
        if weakest == Level::Sign {
            return self.signed();
        }
        let mut shape = self.signed()?;
        // The last factor of an implicit product, else all.
        let mut last = shape;
        loop {
            (shape, last) = if weakest <= Level::Modulo && (self.is_next("%") || self.is_next("mod")) {
                let shape = self.modulo()?;
                (shape, shape)
            } else if weakest <= Level::Fraction && self.is_fraction(last) {
                self.operator(Level::Modulo, Binary::Divide)?
            } else if weakest <= Level::Implicit && self.is_implicit(last) {
                let last = self.expression(Level::Fraction)?;
                self.steps.push(Step::Binary(Binary::Multiply));
                (Shape::Operator, last)
            } else if weakest <= Level::Compare && self.comparison().is_some() {
                self.comparisons()?;
                (Shape::Operator, Shape::Operator)
            } else if weakest == Level::Condition && self.is_next("?") {
                self.deeper(Self::condition)?;
                (Shape::Operator, Shape::Operator)
            } else if let Some((level, binary)) = self.binary().filter(|(level, _)| weakest <= *level) {
                self.operator(level.tighter(), binary)?
            } else {
                return Ok(shape);
            };
        }
    }

    fn binary(&self) -> Option<(Level, Binary)> {
        let found = BINARY.into_iter().find(|(sign, ..)| self.is_next(sign));
        found.map(|(_, level, binary)| (level, binary))
    }

    fn comparison(&self) -> Option<Comparison> {
        COMPARISONS.into_iter().find(|(sign, _)| self.is_next(sign)).map(|(_, comparison)| comparison)
    }

    /// The operator that stands next, and its right side.
    fn operator(&mut self, right: Level, binary: Binary) -> Result<(Shape, Shape), Mistake> {
        self.take();
        let shape = self.expression(right)?;
        let binary = match (binary, shape) {
            (Binary::Add, Shape::Percent) => Binary::AddShare,
            (Binary::Subtract, Shape::Percent) => Binary::SubtractShare,
            _ => binary,
        };
        self.steps.push(Step::Binary(binary));
        // Of a fraction, mathjs looks at the last number.
        Ok((Shape::Operator, if right == Level::Modulo { shape } else { Shape::Operator }))
    }

    /// `a % b`; before an operator or at the end, `a %` is a hundredth of a.
    fn modulo(&mut self) -> Result<Shape, Mistake> {
        let is_percent = self.take().kind.is("%") && self.is_after_percent();
        if is_percent {
            self.steps.push(Step::Unary(Unary::Percent));
            return Ok(Shape::Percent);
        }
        self.signed()?;
        self.steps.push(Step::Binary(Binary::Modulo));
        Ok(Shape::Operator)
    }

    fn is_after_percent(&self) -> bool {
        match &self.peek().kind {
            Kind::Number(_) | Kind::Name(_) => false,
            Kind::Sign(sign) => *sign != "(",
            Kind::End => true,
        }
    }

    /// Whether a number over a number stands before a name or a bracket.
    fn is_fraction(&self, last: Shape) -> bool {
        matches!(last, Shape::Number | Shape::Signed)
            && self.is_next("/")
            && matches!(self.ahead(1).kind, Kind::Number(_))
            && (matches!(self.ahead(2).kind, Kind::Name(_)) || self.ahead(2).kind.is("("))
    }

    fn is_implicit(&self, last: Shape) -> bool {
        match &self.peek().kind {
            Kind::Name(_) => true,
            Kind::Number(_) => last == Shape::Other,
            sign => sign.is("("),
        }
    }

    /// `a < b <= c`: each pair holds.
    fn comparisons(&mut self) -> Result<(), Mistake> {
        let mut comparisons = Vec::new();
        while let Some(comparison) = self.comparison() {
            self.take();
            self.expression(Level::Add)?;
            comparisons.push(comparison);
        }
        self.steps.push(Step::Compare(comparisons));
        Ok(())
    }

    fn condition(&mut self) -> Result<(), Mistake> {
        let mark = self.take().span;
        self.expression(Level::Condition)?;
        if !self.is_next(":") {
            let mistake = self.unexpected("`:` and the other value");
            let help = format!("the `?` at column {} has no `:`", self.column(mark.start));
            return Err(mistake.help(help));
        }
        self.take();
        self.expression(Level::Condition)?;
        self.steps.push(Step::Choose);
        Ok(())
    }

    /// An operand with its signs and powers.
    fn signed(&mut self) -> Result<Shape, Mistake> {
        let signs = [("-", Unary::Minus), ("+", Unary::Plus), ("not", Unary::Not)];
        if let Some((_, unary)) = signs.into_iter().find(|(sign, _)| self.is_next(sign)) {
            self.take();
            let shape = self.deeper(Self::signed)?;
            self.steps.push(Step::Unary(unary));
            return Ok(if shape == Shape::Number && unary != Unary::Not {
                Shape::Signed
            } else {
                Shape::Operator
            });
        }
        let shape = self.operand()?;
        if !self.is_next("^") {
            return Ok(shape);
        }
        self.take();
        self.deeper(Self::signed)?;
        self.steps.push(Step::Binary(Binary::Power));
        Ok(Shape::Operator)
    }

    fn operand(&mut self) -> Result<Shape, Mistake> {
        let token = self.peek().clone();
        match &token.kind {
            Kind::Number(number) => {
                self.take();
                self.steps.push(Step::Number(*number));
                Ok(Shape::Number)
            }
            Kind::Name(name) => {
                self.take();
                self.name(name, &token)
            }
            // `and(a, b)`, as mathjs has it.
            Kind::Sign(word) if WORDS.contains(word) && self.ahead(1).kind.is("(") => {
                self.take();
                self.name(word, &token)
            }
            Kind::Sign("(") => {
                self.take();
                self.deeper(|parser| parser.expression(Level::Condition))?;
                self.close(&token)?;
                Ok(Shape::Other)
            }
            _ => Err(self.unexpected("a layer, a number, a function or `(`")),
        }
    }

    /// A layer, a function with its arguments, or a constant.
    fn name(&mut self, name: &str, token: &Token) -> Result<Shape, Mistake> {
        let is_call = self.is_next("(");
        if let Some(place) = self.layers.iter().position(|layer| *layer == name) {
            self.steps.push(Step::Layer(place));
        } else if let Some(function) = Function::named(name) {
            if !is_call {
                let message = format!("the function `{name}` has no arguments");
                return Err(Mistake::syntax(token.span.clone(), message).help(format!("write `{name}( )`")));
            }
            let count = self.arguments()?;
            self.check_count(function, count, token);
            self.steps.push(Step::Call(function, count));
        } else if let Some((_, value)) = CONSTANTS.into_iter().find(|(constant, _)| *constant == name) {
            self.steps.push(Step::Number(value));
            // `true` is a number that was written as one.
            if matches!(name, "true" | "false") {
                return Ok(Shape::Number);
            }
        } else {
            self.names.push(self.unknown(name, token, is_call));
            if is_call {
                let count = self.arguments()?;
                self.steps.extend((1..count).map(|_| Step::Binary(Binary::Add)));
            } else {
                self.steps.push(Step::Number(0.0));
            }
        }
        Ok(Shape::Other)
    }

    /// The arguments in brackets; how many.
    fn arguments(&mut self) -> Result<usize, Mistake> {
        let opening = self.take();
        if self.is_next(")") {
            self.take();
            self.steps.push(Step::Number(0.0));
            return Ok(0);
        }
        let mut count = 0;
        loop {
            self.deeper(|parser| parser.expression(Level::Condition))?;
            count += 1;
            if !self.is_next(",") {
                break;
            }
            self.take();
        }
        self.close(&opening)?;
        Ok(count)
    }

    fn check_count(&mut self, function: Function, count: usize, token: &Token) {
        let takes = function.takes();
        if takes.contains(&count) {
            return;
        }
        let most = *takes.end();
        let wanted = match (*takes.start(), most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} or {most}"),
        };
        let message = format!("`{}` takes {wanted}, not {count} arguments", function.name());
        self.names.push(Mistake::syntax(token.span.clone(), message));
    }

    fn unknown(&self, name: &str, token: &Token, is_call: bool) -> Mistake {
        let quoted = |name: &str| format!("`{name}`");
        let layers = self.layers.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let product: Vec<String> = name.chars().map(String::from).collect();
        let of_layers = product.len() > 1 && product.iter().all(|one| self.layers.contains(&one.as_str()));
        let functions = || Function::all().map(Function::name);
        let elsewhere = ELSEWHERE.into_iter().find(|(one, _)| is_call && *one == name).map(|(_, ours)| ours);
        let of_layer = || suggest::nearest(name, self.layers.iter().copied()).filter(|_| !is_call);
        let near = elsewhere.or_else(of_layer).or_else(|| suggest::nearest(name, functions()));
        let (what, help) = match (name, near) {
            ("random" | "randomint" | "pickrandom", _) => {
                ("is not taken".to_owned(), "a layer is the same every time that it is made".to_owned())
            }
            ("if", _) => ("is no function".to_owned(), "write `a > b ? 1 : 0`".to_owned()),
            _ if of_layers => {
                ("is no layer".to_owned(), format!("a product of layers is `{}`", product.join(" * ")))
            }
            (_, Some(near)) => {
                let what = if is_call { "is no function" } else { "is no layer and no function" };
                (what.to_owned(), format!("did you mean `{near}`?"))
            }
            _ if is_call => {
                let known = functions().collect::<Vec<_>>().join(", ");
                ("is no function".to_owned(), format!("known are {known}"))
            }
            _ if self.layers.is_empty() => ("is no layer".to_owned(), "no layer was given".to_owned()),
            _ => ("is no layer".to_owned(), format!("the layers are {layers}")),
        };
        Mistake::name(token.span.clone(), format!("{} {what}", quoted(&self.text[token.span.clone()])))
            .help(help)
    }

    fn close(&mut self, opening: &Token) -> Result<(), Mistake> {
        if self.is_next(")") {
            self.take();
            return Ok(());
        }
        let help = format!("the bracket at column {} is not closed", self.column(opening.span.start));
        Err(self.unexpected("an operator or `)`").help(help))
    }

    fn end(&self) -> Result<(), Mistake> {
        match &self.peek().kind {
            Kind::End => Ok(()),
            kind if kind.is(")") => {
                Err(Mistake::syntax(self.peek().span.clone(), "this bracket closes none that is open"))
            }
            kind if kind.is(",") => {
                let mistake =
                    Mistake::syntax(self.peek().span.clone(), "a comma parts the arguments of functions");
                Err(mistake.help("of a function, as in `max(a, b)`; a decimal point is a point"))
            }
            Kind::Number(_) => {
                let help = "write `*` between two factors when the second is a number";
                Err(self.unexpected("an operator").help(help))
            }
            _ => Err(self.unexpected("an operator")),
        }
    }

    fn unexpected(&self, wanted: &str) -> Mistake {
        let token = self.peek();
        let message = match token.kind {
            Kind::End if self.next == 0 => "the expression is blank".to_owned(),
            Kind::End => format!("the expression ends where {wanted} is expected"),
            _ => format!("`{}` stands where {wanted} is expected", &self.text[token.span.clone()]),
        };
        Mistake::syntax(token.span.clone(), message)
    }

    /// The column of a byte, in characters from 1.
    fn column(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        self.text[line..at].chars().count() + 1
    }
}
