#!/usr/bin/env python3
"""crates.py TARGET: the licence texts of every crate that is linked into the program for that target.

Reads what cargo has unpacked; a text that several crates share is printed once.
"""

import json
import pathlib
import subprocess
import sys

NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")


def linked(target):
    """The packages of the program's own dependency tree: no tests, no build scripts."""
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target],
            check=True, capture_output=True,
        ).stdout
    )
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    seen, left = set(), [root]
    while left:
        here = left.pop()
        if here in seen:
            continue
        seen.add(here)
        for dependency in nodes[here]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    seen.remove(root)
    return sorted((packages[one] for one in seen), key=lambda one: (one["name"], one["version"]))


def main():
    texts = {}
    print("The Rust crates that are linked into moodbox, with the licence that each states.\n")
    for package in linked(sys.argv[1]):
        named = f"{package['name']} {package['version']}"
        print(f"{named}: {package['license']}")
        folder = pathlib.Path(package["manifest_path"]).parent
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.name.upper().startswith(NAMES):
                text = file.read_text(encoding="utf-8", errors="replace").strip()
                texts.setdefault(text, []).append(named)
    for text, names in texts.items():
        print(f"\n{'=' * 100}\n{', '.join(names)}\n\n{text}")


main()
