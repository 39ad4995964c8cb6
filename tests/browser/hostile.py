#!/usr/bin/env python3
"""Write a mapping file that tries everything a mapping file must not be able to do.

    hostile.py FILE

The file is a valid Mappings Explorer document with real technique ids, so that it reaches every page and layer.
`SHOWN` lists what a reader must nevertheless be able to read, letter by letter.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SCRIPT = "<script>window.pwned=1</script>"
SHOWN = [
    f"Plain {SCRIPT} name",
    "{{handlebars}} {{{page.title}}} {{#each this}}x{{/each}}",
    "the <NetworkProviderName> key",
    "</style><script>window.pwned=2</script>",
    "\U0001f6e1\ufe0f shield",
    "&lt;b&gt; &amp;amp; as typed",
    "javascript:window.pwned=3",
]
"""Texts that must be on some page as text."""

LONG_NAME = "Immeasurablylongname" * 500
"""10,000 characters without a place to break."""

CAPABILITIES: list[tuple[str, str]] = [
    ("plain_script", SHOWN[0]),
    ("../../x", "Escapes upwards"),
    ("..-..-x", "Collides with the escape"),
    ("/etc/passwd", "Absolute"),
    ("C:\\con", "Another system's absolute"),
    ("CON", "A device there"),
    ("index", "A page's own name"),
    ("Twin", "Case twin"),
    ("twin", "Case twin in lower case"),
    ("", "No id at all"),
    ("\u202e\u202dlre", "\u202eright to left\u202c and \u2066isolated\u2069"),
    ("emoji_\U0001f6e1\ufe0f", SHOWN[4]),
    ("handlebars", SHOWN[1]),
    ("style", SHOWN[3]),
    ("controls\u0000\u0007\u001b[31m", "NUL \u0000 bell \u0007 escape \u001b[31m delete \u007f next line \u0085"),
    ("attribute\" onmouseover=\"window.pwned=4", "\"><img src=x onerror=window.pwned=5>"),
    ("svg", "<svg onload=window.pwned=6><a xlink:href='javascript:window.pwned=7'>x</a></svg>"),
    ("entities", SHOWN[5]),
    ("long", LONG_NAME),
    ("i" * 400, "An id longer than a file name"),
]

COMMENTS = [
    f"First {SCRIPT}\nthen {SHOWN[2]}\r\nand <img src=x onerror=window.pwned=8> <iframe srcdoc='{SCRIPT}'></iframe>",
    f"{SHOWN[3]} --> ]]> <!-- <base href=https://example.org/> <meta http-equiv=refresh content=0;url=https://example.org>",
    "[text](javascript:window.pwned=9) <a href=javascript:window.pwned=10>x</a> =HYPERLINK(\"https://example.org\")",
    "w" * 3000,
]

REFERENCES = [
    "javascript:window.pwned=3",
    " JaVaScRiPt:window.pwned=11",
    "java\tscript:window.pwned=12",
    "\u0001javascript:window.pwned=13",
    "data:text/html,<script>window.pwned=14</script>",
    "vbscript:window.pwned=15",
    "file:///etc/passwd",
    "chrome-extension://abcdef/page.html",
    "//example.org/without-scheme",
    "https://example.org/\" onclick=\"window.pwned=16",
    "https://example.org/a?b=<script>window.pwned=17</script>",
    "https://user:secret@example.org/" + "x" * 2000,
    "see https://example.org/1 and https://example.org/2",
    "[]",
    "",
]

TECHNIQUES = [
    ("T1078", f"Valid {SCRIPT} Accounts"),
    ("T1078.004", "Cloud \u202eAccounts"),
    ("T1110", "Brute\u0000 Force"),
    ("T1110.001", "Password {{handlebars}}"),
    ("T1562.008", "</title><script>window.pwned=18</script>"),
]


def rows() -> list[dict[str, Any]]:
    """Every capability on every technique, the categories, levels and comments taken in turn."""
    out: list[dict[str, Any]] = []
    for capability_id, name in CAPABILITIES:
        for technique_id, technique_name in TECHNIQUES:
            turn = len(out)
            out.append({
                "capability_id": capability_id,
                "capability_description": name,
                "capability_group": "group<script>",
                "mapping_type": "technique_scores",
                "attack_object_id": technique_id,
                "attack_object_name": technique_name,
                "score_category": ("protect", "detect", "respond")[turn % 3],
                "score_value": ("minimal", "partial", "significant")[turn // 3 % 3],
                "comments": COMMENTS[turn % len(COMMENTS)],
                "references": REFERENCES,
                "status": "complete",
            })
    out.append({
        "capability_id": "unmapped<b>", "capability_description": f"Unmapped {SCRIPT}", "capability_group": "group<script>",
        "mapping_type": "non_mappable", "attack_object_id": None, "attack_object_name": None,
        "comments": COMMENTS[0], "references": REFERENCES, "status": "non_mappable",
    })
    return out


def document() -> dict[str, Any]:
    """The whole file."""
    return {
        "metadata": {
            "mapping_version": SCRIPT,
            "attack_version": "16.1",
            "technology_domain": "enterprise",
            "author": f"Author {SCRIPT}",
            "contact": "javascript:window.pwned=19",
            "organization": f"\"><img src=x onerror=window.pwned=20> {SCRIPT}",
            "creation_date": "12/12/2024",
            "last_update": "12/12/2024",
            "mapping_framework": "../evil\"><script>window.pwned=21</script>",
            "mapping_framework_version": "</style></script><script>window.pwned=22</script>",
            "mapping_types": {"technique_scores": {"name": SCRIPT, "description": SCRIPT}},
            "capability_groups": {"group<script>": f"Group {SCRIPT}"},
        },
        "mapping_objects": rows(),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit("usage: hostile.py FILE.json")
    Path(sys.argv[1]).write_text(json.dumps(document()), encoding="utf-8")
