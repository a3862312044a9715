import tempfile
import tomllib
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from moodtrain import MOODS, calibrate, card, evaluate, quantize, synthetic_faces


class Decision(unittest.TestCase):
    def test_sure_needs_threshold_and_margin(self):
        limits = np.full(7, 0.5)
        limits[4] = 0.8
        p = np.array([
            [0.1, 0, 0, 0.7, 0.1, 0.1, 0],  # plain
            [0, 0, 0, 0.52, 0.46, 0.02, 0],  # the second is too close
            [0.3, 0, 0, 0, 0.7, 0, 0],  # sad asks for more
            [0.3, 0, 0, 0.4, 0.1, 0.1, 0.1],  # too low
        ])
        self.assertEqual(calibrate.sure(p, limits, 0.15).tolist(), [True, False, False, False])
        # None of the moods, from its limit on.
        other = np.array([0.2, 0, 0, 0])
        self.assertFalse(calibrate.sure(p, limits, 0.15, other, 0.2)[0])
        self.assertTrue(calibrate.sure(p, limits, 0.15, other, 0.21)[0])

    def test_neutral_can_be_favoured_at_export_and_the_sidecar_says_so(self):
        arrays = {f"{head}/{kind}": np.ones(shape, np.float32)
                  for head, n in (("votes", 8), ("moods", 7))
                  for kind, shape in (("kernel", (4, n)), ("bias", n))}
        with tempfile.TemporaryDirectory() as held:
            path = Path(held) / "exported.npz"
            np.savez(path, **arrays)
            quantize.favour_neutral(path, 0.25)
            with np.load(path) as found:
                wanted = arrays["votes/bias"].copy()
                wanted[MOODS.index("neutral")] = 1.25
                np.testing.assert_array_equal(found["votes/bias"], wanted)
                for same in ("votes/kernel", "moods/kernel", "moods/bias"):
                    np.testing.assert_array_equal(found[same], arrays[same])
        export = {"recipe": {"width": 1.0, "start": None}, "step": 0, "pictures": 800}
        self.assertNotIn("neutral", calibrate.made_by(export))
        self.assertIn("0.25 added to the votes head's logit of neutral",
                      calibrate.made_by(export | {"neutral": 0.25}))

    def test_moods_share_one_among_themselves_and_other_is_among_all(self):
        logits = np.zeros((1, 15))
        logits[0, [3, 7, 10]] = 2, 2, 9
        p, other = calibrate.read(logits, 1.0)
        self.assertEqual((p.shape, int(p.argmax())), ((1, 7), 3))
        self.assertAlmostEqual(float(p.sum()), 1)
        self.assertAlmostEqual(float(other[0]), np.exp(2) / (2 * np.exp(2) + 6))

    def test_faces_are_moved_and_keep_their_form(self):
        rng = np.random.default_rng(0)
        faces = np.stack([synthetic_faces.face(m, rng) for m in MOODS])
        moved = calibrate.moved(faces, np.random.default_rng(1))
        self.assertEqual((moved.shape, moved.dtype), (faces.shape, np.uint8))
        off = np.abs(moved.astype(int) - faces).mean()
        self.assertTrue(1 < off < 60, off)

    def test_temperature_of_overconfident_logits_is_found(self):
        rng = np.random.default_rng(0)
        honest = rng.normal(0, 1.5, (4000, 7))
        p = calibrate.softmax(honest)
        truth = np.array([rng.choice(7, p=row) for row in p])
        self.assertAlmostEqual(calibrate.fit_temperature(honest * 2, truth), 2.0, delta=0.15)

    def test_threshold_keeps_wrong_answers_out(self):
        p_top = np.linspace(0.4, 1, 300)
        right = p_top > 0.7
        t = calibrate.lowest_threshold(p_top, right, 0.9, floor=0.4)
        self.assertGreater(right[p_top >= t].mean(), 0.9)
        self.assertLess(t, 0.72)

    def test_a_mood_hardly_seen_gets_no_threshold_of_its_own(self):
        self.assertIsNone(calibrate.lowest_threshold(np.array([0.9, 0.95]), np.array([1, 1]),
                                                     0.9, floor=0.4))

    def test_all_thresholds_together_reach_what_was_asked(self):
        rng = np.random.default_rng(2)
        logits = rng.normal(0, 2, (3000, 7))
        p = calibrate.softmax(logits)
        truth = np.array([rng.choice(7, p=row) for row in p])
        limits, margin = calibrate.thresholds_for(p, truth, 0.93, 0.85, 0.9)
        yes = calibrate.sure(p, limits, margin)
        self.assertGreater(yes.mean(), 0.05)
        self.assertGreaterEqual((p.argmax(1) == truth)[yes].mean(), 0.93)


class Sidecar(unittest.TestCase):
    def test_it_is_toml_with_the_keys_the_device_reads(self):
        model = SimpleNamespace(size=96, input_scale=2 / 255, input_zero=-1, scale=0.05, zero=3)
        text = calibrate.sidecar("0.1.0", model, "ab" * 32, "made here", 1.25, np.full(7, 0.6),
                                 0.15, 0.2, (0.8, 0.95), [("golden/0.png", list(range(15)))])
        read = tomllib.loads(text)
        self.assertEqual(set(read), {
            "version", "file", "sha256", "made_by", "labels", "label_head", "input", "output",
            "calibration", "decision", "strength", "golden"})
        self.assertEqual(set(read["input"]), {"size", "resolution", "scale", "zero_point"})
        self.assertEqual(read["labels"], [*MOODS, "other"])
        self.assertEqual(read["label_head"], list(MOODS))
        self.assertEqual(read["decision"]["other"], 0.2)
        self.assertEqual(set(read["decision"]["threshold"]), set(MOODS))
        self.assertEqual(read["golden"][0]["logits"], list(range(15)))
        self.assertIsInstance(read["output"]["scale"], float)


class Figures(unittest.TestCase):
    def test_perfect_and_useless(self):
        truth = np.arange(70) % 7
        good = evaluate.figures(np.eye(7)[truth] * 0.93 + 0.01, truth, np.full(70, True))
        self.assertEqual((good["accuracy"], good["macro_f1"]), (1.0, 1.0))
        self.assertEqual((good["sure_share"], good["sure_accuracy"]), (1.0, 1.0))
        bad = evaluate.figures(np.full((70, 7), 1 / 7), truth)
        self.assertEqual(bad["sure_share"], 0.0)
        self.assertIsNone(bad["sure_accuracy"])

    def test_disturbances_keep_the_form_and_move_the_right_way(self):
        rng = np.random.default_rng(0)
        faces = np.stack([synthetic_faces.face(m, rng) for m in MOODS])
        for name, disturb in evaluate.disturbances():
            out = disturb(faces, np.random.default_rng(0))
            self.assertEqual((out.shape, out.dtype), (faces.shape, np.uint8), name)
            self.assertTrue((out != faces).any(), name)
        dot = np.zeros((1, 48, 48), np.uint8)
        dot[0, 24, 24] = 255
        shift = dict(evaluate.disturbances())["shifted 8 % right"]
        self.assertGreater(int(shift(dot, rng)[0].sum(0).argmax()), 24)

    def test_calibration_error_of_honest_numbers_is_small(self):
        rng = np.random.default_rng(0)
        p = rng.uniform(0.2, 1, 20000)
        error, _ = evaluate.calibration_error(p, rng.uniform(size=20000) < p)
        self.assertLess(error, 0.02)


class Card(unittest.TestCase):
    def test_card_table_has_a_rule_under_its_head(self):
        self.assertEqual(card.table(("a", "b"), [(1, 2)]), "| a | b |\n|---|---|\n| 1 | 2 |")


class Drawing(unittest.TestCase):
    def test_same_seed_same_face(self):
        a = synthetic_faces.face("happy", np.random.default_rng(5))
        self.assertTrue((a == synthetic_faces.face("happy", np.random.default_rng(5))).all())

    def test_golden_cases_are_files_with_a_plain_winner(self):
        class Model:
            def raw(self, images):
                rng = np.random.default_rng(int(images.sum()) % 1000)
                return rng.integers(-90, 90, (len(images), 15)).astype(np.int8)

        with tempfile.TemporaryDirectory() as folder:
            cases = calibrate.golden_cases(Model(), Path(folder) / "golden", tries=60)
            self.assertGreaterEqual(len(cases), 4)
            for image, logits in cases:
                self.assertTrue((Path(folder) / image).is_file())
                top = sorted(logits[:7])
                self.assertGreaterEqual(top[-1] - top[-2], 8)


if __name__ == "__main__":
    unittest.main()
