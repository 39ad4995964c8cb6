//! Which text from a file may become a link.

/// The text as a web address, when it is one: `http` or `https`, without blanks or control characters.
///
/// Everything else (`javascript:`, `data:`, `chrome-extension:`, plain words) is text to show, never a link.
#[must_use]
pub fn web_address(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let head = text.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    })?;
    let host_starts = rest.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let is_invisible = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let is_odd =
        |c: char| c.is_whitespace() || c.is_control() || is_invisible(c) || "\"<>\\^`{|}".contains(c);
    let clean = !text.chars().any(is_odd);
    (host_starts && clean).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn only_web_addresses_become_links() {
        for good in ["https://a.example/b?c=d#e", "HTTP://a.example", " https://a.example ", "https://[::1]/"]
        {
            assert!(web_address(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "//a.example",
            "https://",
            "https:///x",
            "https://a.example/ b",
            "https://a.example/\"onclick=",
            "chrome-extension://x",
            "https://a.example/\u{202e}gpj.exe",
            "Ref: https://a.example",
            "[]",
        ] {
            assert!(web_address(bad).is_none(), "{bad}");
        }
    }
}
