//! Colour strings as the Navigator reads them, by the rules of tinycolor 1.6.

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rgba {
    /// Red, green and blue.
    pub rgb: [u8; 3],
    /// From 0, transparent, to 1, opaque.
    pub alpha: f64,
}

/// The colour that a string names; `None` for what the Navigator takes for no colour.
///
/// Read are hexadecimal digits (3, 4, 6 or 8, with or without `#`), the names of CSS in any case, `transparent`, and
/// `rgb()`, `hsl()` and `hsv()` with or without an opacity; blanks around them do not count.
#[must_use]
pub fn parse(text: &str) -> Option<Rgba> {
    // Longer than any way to write a colour.
    if text.len() > 100 {
        return None;
    }
    let text = text.trim().to_ascii_lowercase();
    if text == "transparent" {
        return Some(Rgba { rgb: [0; 3], alpha: 0.0 });
    }
    named(&text).or_else(|| function(&text)).or_else(|| hex(text.strip_prefix('#').unwrap_or(&text)))
}

fn hex(digits: &str) -> Option<Rgba> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let short = match digits.len() {
        3 | 4 => true,
        6 | 8 => false,
        _ => return None,
    };
    let width = if short { 1 } else { 2 };
    let channel = |index: usize| {
        let part = digits.get(index * width..(index + 1) * width)?;
        let value = u8::from_str_radix(part, 16).ok()?;
        Some(if short { value * 17 } else { value })
    };
    let alpha = channel(3).map_or(1.0, |alpha| f64::from(alpha) / 255.0);
    Some(Rgba { rgb: [channel(0)?, channel(1)?, channel(2)?], alpha })
}

/// A number as a colour function takes it.
#[derive(Debug, Clone, Copy)]
struct Unit {
    value: f64,
    is_percentage: bool,
}

impl Unit {
    /// Its share of `full`, from 0 to 1.
    fn share(self, full: f64) -> f64 {
        let share = if self.is_percentage { self.value / 100.0 } else { self.value / full };
        share.clamp(0.0, 1.0)
    }

    /// Its share where up to 1 is a share itself, and more is a percentage.
    fn part(self) -> f64 {
        if self.is_percentage || self.value > 1.0 {
            (self.value / 100.0).clamp(0.0, 1.0)
        } else {
            self.value.clamp(0.0, 1.0)
        }
    }
}

fn function(text: &str) -> Option<Rgba> {
    for name in ["rgb", "hsl", "hsv"] {
        let Some(at) = text.find(name) else { continue };
        let rest = &text[at + name.len()..];
        let (rest, count) = rest.strip_prefix('a').map_or((rest, 3), |rest| (rest, 4));
        let open = rest.trim_start_matches(|c: char| c.is_whitespace() || "|(".contains(c));
        if open.len() == rest.len() {
            continue;
        }
        let Some(units) = units(open, count) else { continue };
        let rgb = match name {
            "rgb" => [units[0], units[1], units[2]].map(|unit| unit.share(255.0)),
            "hsl" => from_hsl(units[0].share(360.0), units[1].part(), units[2].part()),
            _ => from_hsv(units[0].share(360.0), units[1].part(), units[2].part()),
        };
        let alpha = units.get(3).map_or(1.0, |unit| {
            if (0.0..=1.0).contains(&unit.value) && !unit.is_percentage { unit.value } else { 1.0 }
        });
        return Some(Rgba { rgb: rgb.map(byte), alpha });
    }
    None
}

/// The first numbers of an argument list, parted by commas, bars or blanks.
fn units(text: &str, count: usize) -> Option<Vec<Unit>> {
    let mut units = Vec::with_capacity(count);
    let mut rest = text;
    while units.len() < count {
        if !units.is_empty() {
            let next = rest.trim_start_matches(|c: char| c.is_whitespace() || ",|".contains(c));
            if next.len() == rest.len() {
                return None;
            }
            rest = next;
        }
        let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(rest.len());
        let value = rest[..end].parse::<f64>().ok()?;
        rest = &rest[end..];
        let bare = rest.strip_prefix('%');
        units.push(Unit { value, is_percentage: bare.is_some() });
        rest = bare.unwrap_or(rest);
    }
    Some(units)
}

/// Hue, saturation and lightness, each from 0 to 1.
fn from_hsl(hue: f64, saturation: f64, lightness: f64) -> [f64; 3] {
    let chroma = saturation * (1.0 - (2.0 * lightness - 1.0).abs());
    from_hue(hue, chroma, lightness - chroma / 2.0)
}

/// Hue, saturation and value, each from 0 to 1.
fn from_hsv(hue: f64, saturation: f64, value: f64) -> [f64; 3] {
    from_hue(hue, value * saturation, value * (1.0 - saturation))
}

/// A hue of some chroma on a ground of grey.
fn from_hue(hue: f64, chroma: f64, grey: f64) -> [f64; 3] {
    let sector = (hue * 6.0) % 6.0;
    let second = chroma * (1.0 - (sector % 2.0 - 1.0).abs());
    let rgb = if sector < 1.0 {
        [chroma, second, 0.0]
    } else if sector < 2.0 {
        [second, chroma, 0.0]
    } else if sector < 3.0 {
        [0.0, chroma, second]
    } else if sector < 4.0 {
        [0.0, second, chroma]
    } else if sector < 5.0 {
        [second, 0.0, chroma]
    } else {
        [chroma, 0.0, second]
    };
    rgb.map(|channel| channel + grey)
}

fn byte(share: f64) -> u8 {
    // Between 0 and 255, so a byte.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
    let byte = (share * 255.0).round().clamp(0.0, 255.0) as u8;
    byte
}

fn named(name: &str) -> Option<Rgba> {
    let (_, value) = NAMES
        .split_whitespace()
        .filter_map(|entry| entry.split_once('='))
        .find(|(known, _)| *known == name)?;
    hex(value)
}

/// The names of CSS, and the one that tinycolor adds.
const NAMES: &str = "
aliceblue=f0f8ff antiquewhite=faebd7 aqua=0ff aquamarine=7fffd4 azure=f0ffff beige=f5f5dc bisque=ffe4c4 black=000
blanchedalmond=ffebcd blue=00f blueviolet=8a2be2 brown=a52a2a burlywood=deb887 burntsienna=ea7e5d cadetblue=5f9ea0
chartreuse=7fff00 chocolate=d2691e coral=ff7f50 cornflowerblue=6495ed cornsilk=fff8dc crimson=dc143c cyan=0ff
darkblue=00008b darkcyan=008b8b darkgoldenrod=b8860b darkgray=a9a9a9 darkgreen=006400 darkgrey=a9a9a9 darkkhaki=bdb76b
darkmagenta=8b008b darkolivegreen=556b2f darkorange=ff8c00 darkorchid=9932cc darkred=8b0000 darksalmon=e9967a
darkseagreen=8fbc8f darkslateblue=483d8b darkslategray=2f4f4f darkslategrey=2f4f4f darkturquoise=00ced1
darkviolet=9400d3 deeppink=ff1493 deepskyblue=00bfff dimgray=696969 dimgrey=696969 dodgerblue=1e90ff firebrick=b22222
floralwhite=fffaf0 forestgreen=228b22 fuchsia=f0f gainsboro=dcdcdc ghostwhite=f8f8ff gold=ffd700 goldenrod=daa520
gray=808080 green=008000 greenyellow=adff2f grey=808080 honeydew=f0fff0 hotpink=ff69b4 indianred=cd5c5c indigo=4b0082
ivory=fffff0 khaki=f0e68c lavender=e6e6fa lavenderblush=fff0f5 lawngreen=7cfc00 lemonchiffon=fffacd lightblue=add8e6
lightcoral=f08080 lightcyan=e0ffff lightgoldenrodyellow=fafad2 lightgray=d3d3d3 lightgreen=90ee90 lightgrey=d3d3d3
lightpink=ffb6c1 lightsalmon=ffa07a lightseagreen=20b2aa lightskyblue=87cefa lightslategray=789 lightslategrey=789
lightsteelblue=b0c4de lightyellow=ffffe0 lime=0f0 limegreen=32cd32 linen=faf0e6 magenta=f0f maroon=800000
mediumaquamarine=66cdaa mediumblue=0000cd mediumorchid=ba55d3 mediumpurple=9370db mediumseagreen=3cb371
mediumslateblue=7b68ee mediumspringgreen=00fa9a mediumturquoise=48d1cc mediumvioletred=c71585 midnightblue=191970
mintcream=f5fffa mistyrose=ffe4e1 moccasin=ffe4b5 navajowhite=ffdead navy=000080 oldlace=fdf5e6 olive=808000
olivedrab=6b8e23 orange=ffa500 orangered=ff4500 orchid=da70d6 palegoldenrod=eee8aa palegreen=98fb98 paleturquoise=afeeee
palevioletred=db7093 papayawhip=ffefd5 peachpuff=ffdab9 peru=cd853f pink=ffc0cb plum=dda0dd powderblue=b0e0e6
purple=800080 rebeccapurple=663399 red=f00 rosybrown=bc8f8f royalblue=4169e1 saddlebrown=8b4513 salmon=fa8072
sandybrown=f4a460 seagreen=2e8b57 seashell=fff5ee sienna=a0522d silver=c0c0c0 skyblue=87ceeb slateblue=6a5acd
slategray=708090 slategrey=708090 snow=fffafa springgreen=00ff7f steelblue=4682b4 tan=d2b48c teal=008080 thistle=d8bfd8
tomato=ff6347 turquoise=40e0d0 violet=ee82ee wheat=f5deb3 white=fff whitesmoke=f5f5f5 yellow=ff0 yellowgreen=9acd32
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_navigator_takes_for_a_colour() {
        for (text, rgb, alpha) in [
            ("#ff6666", [0xff, 0x66, 0x66], 1.0),
            ("ff6666", [0xff, 0x66, 0x66], 1.0),
            (" #F80 ", [0xff, 0x88, 0x00], 1.0),
            ("#f808", [0xff, 0x88, 0x00], 136.0 / 255.0),
            ("#ffffff00", [0xff, 0xff, 0xff], 0.0),
            ("RebeccaPurple", [0x66, 0x33, 0x99], 1.0),
            ("lightslategrey", [0x77, 0x88, 0x99], 1.0),
            ("transparent", [0, 0, 0], 0.0),
            ("rgb(255, 0, 10)", [255, 0, 10], 1.0),
            ("rgb 100% 0% 50%", [255, 0, 128], 1.0),
            ("rgba(1,2,3,.5)", [1, 2, 3], 0.5),
            ("hsl(120, 100%, 25%)", [0, 128, 0], 1.0),
            ("hsva(240, 1, 1, 0.2)", [0, 0, 255], 0.2),
        ] {
            let color = parse(text).unwrap_or_else(|| panic!("{text} is a colour"));
            assert_eq!(color.rgb, rgb, "{text}");
            assert!((color.alpha - alpha).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn refuses_what_the_navigator_takes_for_none() {
        let long = "#".repeat(10_000);
        for text in
            ["", "none", "currentcolor", "#12345", "#1234567", "#gggggg", "rgb()", "rgb(1,2)", "réd", &long]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_name_is_a_colour() {
        let names: Vec<&str> =
            NAMES.split_whitespace().map(|entry| entry.split_once('=').expect("a pair").0).collect();
        assert_eq!(names.len(), 149);
        assert!(names.is_sorted() && names.iter().all(|name| parse(name).is_some()));
    }
}
