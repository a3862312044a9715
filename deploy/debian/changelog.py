#!/usr/bin/env python3
"""changelog.py MAINTAINER DATE < CHANGELOG.md: the same in Debian's format.

DATE (RFC 5322) is that of a version that is not released yet, and of released ones without a date. What stands under
"Unreleased" goes with the version below it, which is the one that the package has.
"""

import re
import sys
import textwrap


def main():
    maintainer, date = sys.argv[1:3]
    version, items = None, []

    def entry():
        if version:
            print(f"moodbox ({version}) stable; urgency=medium\n")
            for item in items:
                print(textwrap.fill(item, 78, initial_indent="  * ", subsequent_indent="    "))
            print(f"\n -- {maintainer}  {date}\n")

    for line in sys.stdin:
        heading = re.match(r"## (\S+)", line)
        if heading:
            if version != "Unreleased":
                entry()
                items = []
            version = heading.group(1)
        elif line.startswith("- "):
            items.append(line[2:].strip())
        elif line.startswith("  ") and items:
            items[-1] += " " + line.strip()
    entry()


main()
