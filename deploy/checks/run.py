"""Runs the table of steps (steps.py) for deploy/check and deploy/test; see their --help."""

import argparse
import fnmatch
import os
import random
import sys
import time

from schedule import Result, Schedule, slowest
from steps import ROOT, STEPS

LOGS = os.path.join(ROOT, "target/test-logs")
RANKS = ("check", "test", "all")

CHECK = """Formats, lints, unit tests, and every test that needs no server, browser, right of root or waiting:
what to ask after each edit. deploy/test asks everything."""
TEST = """Installs what is missing, then runs every check, side by side as far as the processors go: what deploy/check
does, stories against real players, the page in a browser, the training chain on drawn faces, the package in a Debian
of its own and on a virtual Pi. Before a release: --all, which takes hours."""
MORE = """The output of a step is in target/test-logs/NAME.log. What cannot be run here ends the run with an error, unless
--skip names it. Names may have wildcards: --skip 'pi-*'."""


def parse(what):
    parser = argparse.ArgumentParser(
        prog=f"deploy/{what}", description={"check": CHECK, "test": TEST}[what], epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these steps, and what they need")
    parser.add_argument("--skip", action="append", default=[], metavar="NAME", help="leave this step out")
    parser.add_argument("--list", action="store_true", help="print the steps and what each runs")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), help="processors to count on")
    parser.add_argument("--shuffle", nargs="?", type=int, const=random.randrange(10**6), metavar="NUMBER",
                        help="take steps and tests in another order, which NUMBER repeats")
    if what == "test":
        parser.add_argument("--all", action="store_true", help="everything, at full length")
        parser.add_argument("--fresh", action="store_true", help="in a Debian of its own that has nothing installed")
    return parser.parse_args()


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def needed(chosen, table):
    """These steps and what they need, and so on."""
    found = set()
    left = list(chosen)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += table[name].needs
    return found


def choose(asked, rank):
    """The steps to run, and those that are left out because of `--skip`."""
    table = {step.name: step for step in STEPS}
    for pattern in asked.names + asked.skip:
        if not any(matches(name, [pattern]) for name in table):
            sys.exit(f"there is no step {pattern}; there are: {', '.join(table)}")
    if asked.names:
        wanted = needed([name for name in table if matches(name, asked.names)], table)
    else:
        wanted = {step.name for step in STEPS if RANKS.index(step.least) <= rank}
    skipped = {name for name in wanted if matches(name, asked.skip)}
    # What needs a step that is left out is left out as well.
    skipped |= {name for name in wanted if needed([name], table) & skipped}
    return [step for step in STEPS if step.name in wanted - skipped], [step for step in STEPS if step.name in skipped]


def main():
    what = sys.argv.pop(1)
    asked = parse(what)
    everything = what == "test" and asked.all
    rank = 2 if everything else RANKS.index(what)
    steps, skipped = choose(asked, rank)
    if asked.list:
        for step in steps:
            command = step.long if everything and step.long else step.command
            print(f"{step.name:16} {command}{f'   ({step.impossible})' if step.impossible else ''}")
        return 0
    os.makedirs(LOGS, exist_ok=True)
    os.environ.setdefault("CARGO_TERM_COLOR", "never")
    os.environ["MOODBOX_DEMO_SILENT"] = "1"
    if asked.shuffle is not None:
        print(f"shuffled by {asked.shuffle}")
        os.environ["MOODBOX_SHUFFLE"] = str(asked.shuffle)
        random.Random(asked.shuffle).shuffle(steps)
    impossible = [step for step in steps if step.impossible]
    begun = time.monotonic()
    schedule = Schedule(
        [step for step in steps if not step.impossible], LOGS, ROOT, asked.cores, everything,
        say=lambda line: print(line, flush=True),
        named=[step.name for step in steps if matches(step.name, asked.names)],
    )
    for step in impossible:
        schedule.results[step.name] = Result(step, step.impossible)
    results = schedule.run()
    return report(results, skipped, schedule, time.monotonic() - begun)


def report(results, skipped, schedule, seconds):
    slow = slowest([schedule.log(one.step) for one in results if one.seconds], 10)
    if slow:
        print("\nslowest tests:")
        for took, name in slow:
            print(f"  {took:6.1f} s  {name}")
    costly = sorted((one for one in results if one.processor >= 1), key=lambda one: -one.processor)[:10]
    if costly:
        print("\nmost processor time:")
        for one in costly:
            print(f"  {one.processor:6.0f} s  {one.step.name}")
    print()
    failed = [one for one in results if one.verdict != "ok"]
    for one in failed:
        print(f"NOT OK   {one.step.name}: {one.verdict}")
    left_out = [(one.step.name, why) for one in results for why in one.left_out]
    for name, why in left_out:
        print(f"LEFT OUT in {name}: {why}")
    if left_out or any(one.step.impossible for one in failed):
        print("What cannot be tried here is left out by --skip NAME.")
    for step in skipped:
        print(f"skipped  {step.name}")
    passed = sum(one.verdict == "ok" for one in results)
    unchanged = sum(one.unchanged for one in results)
    print(f"{seconds / 60:.1f} minutes")
    print(f"steps: {passed} passed{f' ({unchanged} on the same files before)' if unchanged else ''}, {len(failed) + len(left_out)} failed, {len(skipped)} skipped")
    return 1 if failed or left_out else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
