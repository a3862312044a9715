"""What the runner of the checks promises: order, room, failures that are shown, and nothing stale."""

import os
import tempfile
import unittest

from run import choose, parse
from schedule import Schedule, Step
from steps import STEPS


class Runner(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = self.folder.name
        self.said = []

    def tearDown(self):
        self.folder.cleanup()

    def run_steps(self, *steps, **options):
        self.said = []
        schedule = Schedule(list(steps), self.root, self.root, options.pop("cores", 2), say=self.said.append, **options)
        return {one.step.name: one for one in schedule.run()}

    def test_a_step_waits_for_what_it_needs(self):
        found = self.run_steps(Step("late", "test -e made", needs=("early",)), Step("early", "sleep 0.2; touch made"))
        self.assertEqual([found["early"].verdict, found["late"].verdict], ["ok", "ok"])

    def test_what_needs_a_failed_step_is_not_run_and_the_failure_shows_its_last_lines(self):
        found = self.run_steps(Step("a", "echo the reason; exit 3"), Step("b", "touch ran", needs=("a",)))
        self.assertEqual((found["a"].verdict, found["b"].verdict), ("failed", "not run: needs a"))
        self.assertFalse(os.path.exists(os.path.join(self.root, "ran")))
        self.assertIn("       | the reason", self.said)
        self.assertIn("       again:     deploy/test a", self.said)

    def test_a_step_that_takes_too_long_is_stopped_with_all_that_it_started(self):
        found = self.run_steps(Step("slow", "sleep 60 & wait", limit=0.2))
        self.assertEqual(found["slow"].verdict, "failed")
        self.assertLess(found["slow"].seconds, 20)

    def test_the_processor_time_of_all_that_a_step_started_is_counted(self):
        count = "python3 -c 'import time\nwhile time.process_time() < 0.5: pass'"
        found = self.run_steps(Step("busy", f"sh -c \"{count}\" & wait; {count}"), Step("waits", "sleep 0.3"))
        self.assertGreater(found["busy"].processor, 0.95)
        self.assertLess(found["waits"].processor, 0.2)

    def test_what_a_step_left_out_is_kept(self):
        found = self.run_steps(Step("a", "echo 'NOT RUN: no such device'"))
        self.assertEqual(found["a"].left_out, ["no such device"])

    def test_one_lock_is_held_by_one_step(self):
        busy = "mkdir held && sleep 0.2 && rmdir held"
        found = self.run_steps(*(Step(name, busy, cores=0.1, locks=("l",)) for name in "abc"))
        self.assertEqual({one.verdict for one in found.values()}, {"ok"})

    def test_a_step_runs_again_when_a_file_that_it_reads_changes_or_appears(self):
        step = Step("a", "echo run >> count", reads=("in/*",))
        os.mkdir(os.path.join(self.root, "in"))

        def write(name, text):
            with open(os.path.join(self.root, "in", name), "w", encoding="utf-8") as file:
                file.write(text)

        def count():
            with open(os.path.join(self.root, "count"), encoding="utf-8") as file:
                return len(file.readlines())

        write("one", "1")
        self.run_steps(step)
        self.assertTrue(self.run_steps(step)["a"].unchanged)
        self.assertEqual(count(), 1)
        write("one", "2")
        self.assertFalse(self.run_steps(step)["a"].unchanged)
        write("two", "")
        self.assertFalse(self.run_steps(step)["a"].unchanged)
        self.assertFalse(self.run_steps(step, named=["a"])["a"].unchanged)
        self.assertFalse(self.run_steps(step, everything=True)["a"].unchanged)
        self.assertFalse(self.run_steps(Step("a", "echo other >> count", reads=("in/*",)))["a"].unchanged)
        self.assertEqual(count(), 6)

    def test_what_failed_runs_again_on_the_same_files(self):
        self.run_steps(Step("a", "exit 1", reads=("*.txt",)))
        self.assertEqual(self.run_steps(Step("a", "exit 1", reads=("*.txt",)))["a"].verdict, "failed")


class Table(unittest.TestCase):
    def test_every_step_has_a_name_of_its_own_and_needs_what_exists(self):
        names = [step.name for step in STEPS]
        self.assertEqual(len(names), len(set(names)))
        for step in STEPS:
            self.assertLessEqual(set(step.needs), set(names), step.name)

    def test_a_quick_step_needs_nothing_that_the_quick_command_leaves_out(self):
        ranks = ("check", "test", "all")
        table = {step.name: step for step in STEPS}
        for step in STEPS:
            for name in step.needs:
                self.assertLessEqual(ranks.index(table[name].least), ranks.index(step.least), f"{step.name}: {name}")

    def test_what_is_left_out_takes_along_what_needs_it(self):
        import sys
        from unittest import mock

        with mock.patch.object(sys, "argv", ["test", "--skip", "build-quick"]):
            chosen, skipped = choose(parse("test"), 1)
        self.assertIn("test-pure", [step.name for step in skipped])
        self.assertNotIn("test-pure", [step.name for step in chosen])


if __name__ == "__main__":
    unittest.main()
