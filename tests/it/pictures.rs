//! `navlayer render`: pictures in pixels, pages, and what mappings make.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::render::{cells, number};
use crate::support::{Workspace, corpus, covered, listing, mapping, row};

/// A picture in pixels.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn read(bytes: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a png");
        let mut pixels = vec![0; reader.output_buffer_size().expect("it fits")];
        let info = reader.next_frame(&mut pixels).expect("a frame");
        assert_eq!(info.color_type, png::ColorType::Rgb, "nothing shines through");
        Self { width: info.width as usize, height: info.height as usize, pixels }
    }

    fn of(space: &Workspace, arguments: &[&str]) -> Self {
        space.run(&[&["render"], arguments, &["-o", "picture.png", "--force"]].concat()).ok();
        Self::read(&space.bytes("picture.png"))
    }

    fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The colour of a pixel: `#rrggbb`.
    fn at(&self, x: usize, y: usize) -> String {
        let start = 3 * (y * self.width + x);
        let [red, green, blue] = self.pixels[start..start + 3] else { panic!("no pixel {x} {y}") };
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A place in a picture of pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn pixel(place: f64) -> usize {
    place.round() as usize
}

#[test]
fn a_picture_has_the_size_that_is_asked_for_and_every_run_the_same_bytes() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    for (arguments, size) in [
        (&[][..], (1920, 1080)),
        (&["--page", "a4"], (1123, 794)),
        (&["--page", "a4-upright", "--scale", "2"], (1587, 2245)),
        (&["--width", "800"], (800, 450)),
        (&["--page", "254x127", "--scale", "0.5", "--theme", "dark"], (480, 240)),
    ] {
        let asked = [&["aws.json"], arguments].concat();
        assert_eq!(Picture::of(&space, &asked).size(), size, "{arguments:?}");
        let first = space.bytes("picture.png");
        Picture::of(&space, &asked);
        assert!(space.bytes("picture.png") == first, "{arguments:?}");
    }
    let svg = space.run(&["render", "aws.json"]).ok().stdout;
    let root = svg.lines().next().expect("a line");
    let whole = Picture::of(&space, &["aws.json", "--page", "matrix"]);
    assert_eq!(whole.size(), (pixel(number(root, "width")), pixel(number(root, "height"))));
}

#[test]
fn cells_in_pixels_are_those_of_the_svg_and_have_their_names_in_them() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    for arguments in [
        &["--page", "slide"][..],
        &["--page", "slide", "--theme", "dark"],
        &["--page", "a3", "--layout", "flat", "--expand", "annotated"],
        &["--page", "slide", "--layout", "mini", "--expand", "all"],
    ] {
        let asked = [&["aws.json"], arguments].concat();
        let picture = Picture::of(&space, &[&asked[..], &["--scale", "2"]].concat());
        let svg = space.run(&[&["render"], &asked[..]].concat()).ok().stdout;
        let mut filled = BTreeSet::new();
        for cell in cells(&svg) {
            let [left, top, right, bottom] = cell.edges.map(|edge| pixel(2.0 * edge));
            // Between the cell's corner and its text.
            assert_eq!(picture.at(left + 3, top + 3), cell.fill, "{arguments:?}: {}", cell.title);
            filled.insert(cell.fill.clone());
            let row = |y: usize| (left + 3..right - 3).map(move |x| (x, y));
            let is_written = (top + 3..bottom - 5).flat_map(row).any(|(x, y)| picture.at(x, y) != cell.fill);
            assert_eq!(is_written, !cell.texts.is_empty(), "{arguments:?}: {}", cell.title);
        }
        assert_eq!(filled.len(), 4, "three levels and none: {filled:?}");
    }
}

#[test]
fn text_on_a_page_is_as_large_as_the_matrix_allows_and_breaks_no_word() {
    let space = Workspace::new();
    let [all, few] = [&[][..], &["--platform", "IaaS"]].map(|filters| {
        let svg = space.run(&[&["render", "--page", "slide"], filters].concat()).ok().stdout;
        let mut sizes = BTreeSet::new();
        for cell in svg.split("<g data-id=").skip(1) {
            let cell = cell.split("</g>").next().expect("it ends");
            let (_, cell) = cell.split_once("<title>").expect("a title");
            let title = cell.split("</title>").next().expect("it ends");
            let lines: Vec<&str> = cell
                .split("</text>")
                .filter_map(|part| part.rsplit_once("lengthAdjust=\"spacingAndGlyphs\">"))
                .map(|(_, line)| line)
                .collect();
            for line in &lines {
                let ends = line.ends_with(['-', '/']) || format!("{title} ").contains(&format!("{line} "));
                let ends = ends || title.contains(&format!("{line},"));
                assert!(ends || line.ends_with('…'), "{filters:?}: {title}: {lines:?}");
            }
            sizes.extend(cell.split("font-size=\"").skip(1).filter_map(|part| part.split('"').next()).map(
                |size| {
                    let size: f64 = size.parse().expect("a size");
                    pixel(100.0 * size)
                },
            ));
        }
        assert_eq!(sizes.len(), 1, "{sizes:?}");
        sizes.pop_first().expect("a size")
    });
    assert!(all >= 850 && few == 1600, "{all} {few}");
}

#[test]
fn what_is_too_large_or_of_another_format_is_refused_and_nothing_is_written() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    for (arguments, parts) in [
        (
            &["--page", "5000x5000", "-o", "x.png"][..],
            &["18898×18898 pixels, more than 100 million", "--scale"][..],
        ),
        (&["--width", "50000", "-o", "x.png"], &["more than 100 million"]),
        (&["--scale", "9", "-o", "x.png"], &["from 0.25 to 8"]),
        (&["--scale", "NaN", "-o", "x.png"], &["from 0.25 to 8"]),
        (&["--width", "8", "-o", "x.png"], &["16..=50000"]),
        (&["--scale", "2", "--width", "100", "-o", "x.png"], &["cannot be used with"]),
        (&["--scale", "2", "-o", "x.svg"], &["--scale is about the pixels of a png", "--page"]),
        (&["--theme", "dark", "-o", "x.html"], &["--theme is about pictures", "-o FILE.svg"]),
        (&["-o", "x.jpg"], &["x.jpg does not tell the format", ".png, .html"]),
    ] {
        space.run(&[&["render", "aws.json"], arguments].concat()).ends_with(2).says(parts);
    }
    assert_eq!(space.names("."), ["aws.json"]);
    space.run(&["render", "aws.json", "--format", "png", "--width", "16", "-o", "picture"]).ok();
    assert_eq!(Picture::read(&space.bytes("picture")).size(), (16, 9));
}

/// A layer that says what a file of somebody else's may say.
fn hostile(name: &str) -> Value {
    json!({
        "name": name,
        "domain": "enterprise-attack",
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "description": "]]> </script><script>alert(1)</script>",
        "techniques": [
            {
                "techniqueID": "T1059", "score": 1e300, "comment": "<img src=x onerror=alert(1)>\u{202e}",
                "metadata": [{"name": "<b>", "value": "{{csp}}"}, {"divider": true}, {"name": "x", "value": "</dd>"}],
                "links": [
                    {"label": "good", "url": "https://example.com/?a=1&b=<2"},
                    {"label": "fine", "url": "https://example.com/fine"},
                    {"label": "bad", "url": "javascript:alert(1)"},
                ],
            },
            {"techniqueID": "T1078", "color": "red", "tactic": "persistence"},
            {"techniqueID": "T1110", "enabled": false},
        ],
        "legendItems": [{"label": "</svg><x>\u{0}", "color": "#123456"}],
        "metadata": [{"name": "who", "value": "<i>me</i>"}],
    })
}

#[test]
fn texts_of_any_script_are_drawn() {
    let space = Workspace::new();
    let title = |name: &str| {
        space.write("named.json", hostile(name).to_string());
        let picture = Picture::of(&space, &["named.json"]);
        let bytes = picture.pixels[..3 * picture.width * 60].to_vec();
        (bytes.iter().filter(|byte| **byte < 128).count(), bytes)
    };
    let (nothing, _) = title("");
    assert!(nothing > 0, "what it is on is the title then");
    for name in ["漢字", "🎉", "العربية", "नमस्ते", "a\u{301}", "ﬁ", &"W".repeat(20_000)]
    {
        assert!(title(name).0 > 40, "{name:.20} shows something");
    }
    let (_, turned) = title("a\u{202e}b\u{0}\u{1b}");
    assert!(turned == title("a\u{fffd}b\u{fffd}\u{fffd}").1, "what turns or controls text is marked");
}

#[test]
fn a_page_of_a_layer_holds_what_it_says_and_obeys_none_of_it() {
    let space = Workspace::new();
    space.write("hostile.json", hostile("<script>alert(1)</script>").to_string());
    space.run(&["render", "hostile.json", "-o", "page.html"]).ok();
    let page = space.read("page.html");
    assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"), "a strict policy");
    assert_eq!(page.matches("<script").count(), 1);
    for banned in
        ["<img", "<i>", "<b>", "<x>", " onerror=\"", "href=\"javascript", " style=\"", "url(http", " src="]
    {
        assert!(!page.contains(banned), "{banned}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("{{csp}}"));
    assert!(!page.contains('\u{0}') && page.matches("<svg").count() == 1);
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    assert!(page.contains("<a href=\"https://example.com/fine\" rel=\"external noreferrer\">fine</a>"));
    assert!(page.contains("bad: javascript:alert(1)") && page.contains("good: https://example.com"));
    let rows: Vec<&str> = page.split("<tr role=\"row\">").skip(2).collect();
    let row = |id: &str| {
        *rows.iter().find(|row| row.contains(&format!(">{id}<"))).unwrap_or_else(|| panic!("no row of {id}"))
    };
    assert_eq!(rows.len(), 3);
    assert!(row("T1059").contains("<dt dir=\"auto\">x</dt>") && row("T1110").contains("disabled"));
    assert!(row("T1078").contains(">Persistence</td>"), "only in the tactic that the layer names");
    assert!(page.contains("background:#ff0000"));
    let cells = cells(&page);
    assert!(cells.iter().any(|cell| cell.title.starts_with("T1078 ") && cell.fill == "#ff0000"));
    assert!(cells.iter().any(|cell| cell.fill == "var(--paper)"), "light and dark as the reader has it");
}

#[test]
fn a_page_of_mappings_has_a_row_for_each_technique_of_the_layer() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    space.run(&["render", "aws.json", "-o", "page.html"]).ok();
    let page = space.read("page.html");
    let techniques = space.json("aws.json")["techniques"].as_array().expect("a list").len();
    // One mapped id is not active in 16.1, and the Navigator shows it nowhere.
    assert_eq!(page.matches("<th role=\"rowheader\"").count(), techniques - 1);
    assert!(page.contains("<title id=\"picture-title\">AWS 12.12.2024, Enterprise ATT&amp;CK 16.1</title>"));
    space.write("templates/logo.hbs", "<p>Acme</p>");
    space.run(&["render", "-o", "own.html", "--templates", "templates"]).ok();
    assert!(space.read("own.html").contains("<p>Acme</p>"));
    space.write("templates/layer.hbs", "{{nothing}}");
    let run = space.run(&["render", "-o", "bad.html", "--templates", "templates"]).ends_with(2);
    run.says(&["layer.hbs:1:1", "has no field `nothing`"]);
    assert!(!space.has("bad.html"));
}

#[test]
fn mappings_are_drawn_as_the_layer_that_they_make() {
    let space = Workspace::new();
    let (one, two) = ("one.json", "two.json");
    space.mapping(one, &mapping(&[row("lamp", "T1078", "detect", "partial")]));
    space.mapping(two, &mapping(&[row("door", "T1110", "protect", "significant")]));
    for flags in [
        &[][..],
        &["--category", "Detect", "--platform", "IaaS", "--metric", "layered", "--name", "Detection"],
        &["--attack-version", "19.0", "--color-by", "category"],
        &["--threat", "APT29", "--overlay"],
        &["--capability", "amazon_guardduty", "--rollup", "max"],
        &[one, two],
        &[two, "--tactic", "credential-access"],
    ] {
        let layer = space.run(&[&["layer"], flags].concat()).ok().stdout;
        let piped = space.run_with(&["render", "-"], layer.as_bytes()).ok().stdout;
        let made = space.run(&[&["render"], flags].concat()).ok().stdout;
        assert!(made.starts_with("<svg") && made == piped, "{flags:?}");
    }
    let both = space.run(&["render", one, two, "--format", "csv"]).ok().stdout;
    assert!(both.contains(",T1078,") && both.contains(",T1110,"));
    space.write("navlayer.toml", "sources = [\"two.json\"]\n[filters]\ntactic = [\"credential-access\"]\n");
    let configured = space.run(&["render"]).ok().stdout;
    assert!(configured == space.run(&["render", two, "--tactic", "credential-access"]).ok().stdout);
}

#[test]
fn a_layer_is_drawn_alone_and_as_it_is() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    space.mapping("mapping.json", &mapping(&[row("lamp", "T1078", "detect", "partial")]));
    for (arguments, parts) in [
        (
            &["aws.json", "--category", "Detect"][..],
            &["--category is about mappings, and aws.json is a layer", "navlayer layer aws.json"][..],
        ),
        (&["aws.json#1", "--overlay"], &["--overlay is about mappings"]),
        (&["aws.json", "--attack-version", "19.0"], &["--attack-version is about mappings"]),
        (
            &["aws.json", "mapping.json"],
            &["aws.json is a layer, and a layer is drawn alone", "navlayer layer aws.json mapping.json"],
        ),
        (&["aws.json", "aws.json"], &["a layer is drawn alone"]),
        (&["mapping.json", "--from", "15.1"], &["--from is about a layer", "--table-attack-version"]),
        (&["--category", "Detekt"], &["Detekt", "did you mean `Detect`?"]),
    ] {
        space.run(&[&["render"], arguments].concat()).ends_with(2).says(parts);
    }
    let run = space.run_with(&["render", "-"], br#"{"mapping_objects": []}"#).ends_with(1);
    run.says(&["this is not an ATT&CK Navigator layer"]);
}

#[test]
fn published_layers_are_drawn_in_pixels_and_as_pages() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let files = listing(&corpus.join("navigator-layers"));
    for path in &files {
        let path = path.to_string_lossy();
        for (name, more) in [("x.png", &["--width", "640"][..]), ("x.html", &[])] {
            let asked = ["render", &path, "--from", "8.2", "-q", "--force", "-o", name];
            space.run(&[&asked, more].concat()).ok();
        }
        assert_eq!(Picture::read(&space.bytes("x.png")).size(), (640, 360), "{path}");
        assert!(space.read("x.html").contains("</svg>"), "{path}");
    }
    covered(files.len());
}
