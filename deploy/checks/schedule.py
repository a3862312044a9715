"""Runs steps side by side: each when what it needs is done and as soon as the machine has room for it."""

import glob
import hashlib
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field


@dataclass
class Step:
    """One thing that is checked or made."""

    name: str
    # For `sh -c`, in the root of the checkout.
    command: str
    # Steps that have to be done before.
    needs: tuple = ()
    # How many processors it keeps busy on average.
    cores: float = 1.0
    # Compilers give way to what measures time.
    nice: int = 0
    # Names of things that one step at a time may use.
    locks: tuple = ()
    # `check`, `test` or `all`: the smallest command that runs it.
    least: str = "test"
    # What `--all` runs in its place.
    long: str = ""
    # Why it cannot run here; empty if it can.
    impossible: str = ""
    # Seconds after which it is stopped, three times as long for `long`.
    limit: int = 900
    # Prints the command that repeats a single test of it: takes the name of the test.
    again: str = ""
    # All that its result depends on, as glob patterns from the root. With it, a step that passed is not run again
    # until one of these files changes; `--all` and its name on the command line run it anyway.
    reads: tuple = ()


@dataclass
class Result:
    step: Step
    verdict: str
    seconds: float = 0.0
    # Seconds of processor time of all that it started and waited for.
    processor: float = 0.0
    # Lines in which the step says that it left something out.
    left_out: list = field(default_factory=list)
    # Whether it passed before on the same files and was not run.
    unchanged: bool = False


# A step says by a line that begins so that it could not try something.
LEFT_OUT = re.compile(r"^\s*NOT RUN:? (.*)")
TAIL = 30

# Processors that a step may keep busy and still be let past one that waits for room.
SMALL = 0.5


def content(step, root):
    """A checksum of the command of a step and of every file that it reads, with their names."""
    found = hashlib.sha256(step.command.encode())
    paths = {path for pattern in step.reads for path in glob.glob(pattern, root_dir=root, recursive=True)}
    for path in sorted(paths):
        whole = os.path.join(root, path)
        if os.path.isfile(whole) and "__pycache__" not in path:
            with open(whole, "rb") as file:
                found.update(f"\0{path}\0{os.stat(whole).st_mode & 0o111}\0".encode() + hashlib.sha256(file.read()).digest())
    return found.hexdigest()


def used(process):
    """Seconds of processor time of a process that has come to its end; none while it runs."""
    if process.returncode is None:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
    return None


class Schedule:
    """Runs `steps`, a list in the order of their importance. `say` prints a line."""

    def __init__(self, steps, folder, root, cores, everything=False, say=print, named=()):
        self.steps, self.folder, self.root, self.everything, self.say = steps, folder, root, everything, say
        # A step that waits for a server half of its time leaves room for another.
        self.room = cores + 0.5
        self.named = set(named)
        self.waiting = list(steps)
        self.running = {}
        self.results = {}
        self.read_at_start = {}
        # Steps that are known to have other files than when they passed.
        self.changed = set()

    def log(self, step):
        return os.path.join(self.folder, f"{step.name}.log")

    def run(self):
        """Returns the results in the order in which the steps came to their end."""
        told = time.monotonic()
        try:
            while self.waiting or self.running:
                self._drop()
                self._start()
                self._reap()
                if time.monotonic() - told > 60:
                    told = time.monotonic()
                    names = (f"{step.name} {told - begun:.0f} s" for step, begun in self.running.values())
                    self.say(f"       ... {', '.join(names)}")
                time.sleep(0.05)
        finally:
            for process in list(self.running):
                self._end(process)
        return list(self.results.values())

    def _drop(self):
        """What needs a step that failed is not run."""
        for step in list(self.waiting):
            for needed in step.needs:
                result = self.results.get(needed)
                if result and result.verdict != "ok":
                    self.waiting.remove(step)
                    self.results[step.name] = Result(step, f"not run: needs {needed}")
                    self.say(f"not run      {step.name}: needs {needed}")
                    break

    def _start(self):
        held_up = False
        for step in list(self.waiting):
            busy = sum(one.cores for one, _ in self.running.values())
            taken = {lock for one, _ in self.running.values() for lock in one.locks}
            ready = all(needed in self.results for needed in step.needs)
            free = not taken & set(step.locks)
            # Room that a step of more importance waits for is not taken by a large one behind it.
            fits = not self.running or (busy + step.cores <= self.room and (not held_up or step.cores <= SMALL))
            held_up = held_up or (ready and free and not fits)
            if ready and self._unchanged(step):
                self.waiting.remove(step)
                self.results[step.name] = Result(step, "ok", unchanged=True)
                self.say(f"ok   same     {step.name}: passed before, and nothing that it reads has changed")
            elif ready and free and fits:
                self.waiting.remove(step)
                command = step.long if self.everything and step.long else step.command
                with open(self.log(step), "w", encoding="utf-8") as log:
                    log.write(f"$ {command}\n")
                    log.flush()
                    # A session of its own: all that it starts can be ended together.
                    process = subprocess.Popen(
                        ["nice", "-n", str(step.nice), "bash", "-c", command], cwd=self.root, stdin=subprocess.DEVNULL,
                        stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                    )
                self.running[process] = (step, time.monotonic())
                if step.reads:
                    self.read_at_start[step.name] = content(step, self.root)

    def _passed(self, step):
        """The file that holds what the step read when it passed."""
        return os.path.join(self.folder, f"{step.name}.passed")

    def _unchanged(self, step):
        if not step.reads or self.everything or step.name in self.named or step.name in self.changed:
            return False
        try:
            with open(self._passed(step), encoding="utf-8") as file:
                if file.read() == content(step, self.root):
                    return True
        except OSError:
            pass
        self.changed.add(step.name)
        return False

    def _reap(self):
        for process, (step, begun) in list(self.running.items()):
            seconds = time.monotonic() - begun
            limit = step.limit * (3 if self.everything and step.long else 1)
            processor = used(process)
            late = processor is None and seconds > limit
            if late:
                self._end(process)
            elif processor is None:
                continue
            self.running.pop(process, None)
            verdict = "ok" if process.returncode == 0 and not late else "failed"
            with open(self.log(step), encoding="utf-8", errors="replace") as log:
                lines = log.read().splitlines()
            left_out = [found[1] for line in lines if (found := LEFT_OUT.match(line))]
            self.results[step.name] = Result(step, verdict, seconds, processor or 0.0, left_out)
            if step.reads:
                self._note(step, verdict == "ok" and not left_out)
            if verdict == "ok":
                self.say(f"ok   {seconds:5.0f} s  {step.name}")
            else:
                self._tell(step, seconds, lines, f"stopped after {limit} s" if late else "")

    def _note(self, step, passed):
        """Notes what the step read; nothing is kept of one that failed or left something out."""
        if passed and self.read_at_start[step.name] == content(step, self.root):
            with open(self._passed(step), "w", encoding="utf-8") as file:
                file.write(self.read_at_start[step.name])
        elif os.path.exists(self._passed(step)):
            os.remove(self._passed(step))

    def _tell(self, step, seconds, lines, why):
        """The last lines of what failed, and how to repeat just that."""
        self.say(f"FAILED {seconds:3.0f} s  {step.name}{': ' + why if why else ''}")
        for line in lines[-TAIL:]:
            self.say(f"       | {line}")
        self.say(f"       all of it: {os.path.relpath(self.log(step), self.root)}")
        self.say(f"       again:     deploy/test {step.name}")
        failed = [found[1] for line in lines if (found := re.match(r"test (\S+).* \.\.\. FAILED", line))]
        for name in failed[:10] if step.again else []:
            self.say(f"       one test:  {step.again.format(name)}")

    def _end(self, process):
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                break
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        process.poll()


# A line of a log that says how long one test took: of Rust's test programs, of pytest, of the virtual Pi.
TIMES = (
    (re.compile(r"^test (\S+).* \.\.\. \w+ <([\d.]+)s>"), 1, 2),
    (re.compile(r"^([\d.]+)s call +(\S+)"), 2, 1),
    (re.compile(r"^@@ \w+: (.*) \((\d+) s\)"), 1, 2),
)


def slowest(paths, count):
    """The slowest tests that these logs tell of, as (seconds, name)."""
    found = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                for pattern, name, seconds in TIMES:
                    if match := pattern.match(line):
                        found.append((float(match[seconds]), match[name]))
    return sorted(found, reverse=True)[:count]
