import hashlib
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from moodtrain import calibrate, teacher, train

RECIPE = dict(run="later", work="work", weights="", crops="", stages="96:6", rate=1e-3, share=0.2,
              smoothing=0.05, mixup=0.0, augment=0.5, mild=True, crop_share=0.5, teacher=[],
              teacher_share=0.5, teacher_temperature=1.0, teacher_shifts=1, batch=64, width=1.0)


class Teacher(unittest.TestCase):
    def test_the_answer_is_the_mean_over_teachers_and_mirror_images(self):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 255, (5, 48, 48), np.uint8)

        def left(x):
            """Says more the brighter the left half is."""
            half = x[:, :, :24].mean((1, 2), dtype=np.float64) / 64
            return np.stack([half] + [np.zeros(len(x))] * 6, 1)

        def flat(x):
            return np.zeros((len(x), 7))

        found = teacher.mean_answer([left, flat], images, 1)
        wanted = (calibrate.softmax(left(images)) + calibrate.softmax(left(images[:, :, ::-1]))
                  + 2 / 7) / 4
        np.testing.assert_allclose(found, wanted, atol=1e-6)
        np.testing.assert_allclose(found, teacher.mean_answer(
            [left, flat], images[:, :, ::-1], 1), atol=1e-6)

    def test_views_move_the_face_and_keep_its_size(self):
        dot = np.zeros((1, 48, 48), np.uint8)
        dot[0, 24, 24] = 255
        places = [np.argwhere(v[0])[0].tolist() for v in teacher.views(dot, 3)]
        self.assertEqual(places, [[24, 24], [24, 23], [25, 25], [25, 22], [23, 23], [23, 24]])

    def test_temperature_softens_and_one_changes_nothing(self):
        p = np.array([[0.7, 0.2, 0.1]], np.float32)
        np.testing.assert_allclose(teacher.softened(p, 1.0), p, atol=1e-6)
        soft, sharp = teacher.softened(p, 2.0), teacher.softened(p, 0.5)
        self.assertLess(soft.max(), 0.7)
        self.assertGreater(sharp.max(), 0.7)
        np.testing.assert_allclose([soft.sum(), sharp.sum()], 1, atol=1e-6)

    def test_the_checksum_knows_the_weights_the_pictures_and_the_looks(self):
        images = np.zeros((2, 48, 48), np.uint8)
        with tempfile.TemporaryDirectory() as held:
            run = Path(held)
            (run / "average.npz").write_bytes(b"weights")
            (run / "average.json").write_text("{}")
            first = teacher.checksum([run], images, 1)
            self.assertEqual(first, teacher.checksum([run], images, 1))
            self.assertNotEqual(first, teacher.checksum([run], images, 3))
            self.assertNotEqual(first, teacher.checksum([run], images + 1, 1))
            (run / "average.npz").write_bytes(b"other weights")
            self.assertNotEqual(first, teacher.checksum([run], images, 1))

    def test_a_teacher_that_is_none_is_named(self):
        with self.assertRaises(SystemExit) as stop:
            teacher.answers(["nowhere"], np.zeros((2, 48, 48), np.uint8), 1, "work")
        self.assertIn("nowhere", str(stop.exception))


class Recipe(unittest.TestCase):
    def test_a_run_that_went_on_otherwise_remembers_what_held_before(self):
        first = train.recipe_of(SimpleNamespace(**RECIPE), {}, 0)
        self.assertNotIn("past", first)
        again = train.recipe_of(SimpleNamespace(**RECIPE), first, 2)
        self.assertNotIn("past", again)
        later = train.recipe_of(SimpleNamespace(**RECIPE | {"share": 0.4}), again, 3)
        self.assertEqual([(p["epoch"], p["share"]) for p in later["past"]], [(3, 0.2)])
        last = train.recipe_of(SimpleNamespace(**RECIPE | {"share": 0.1}), later, 5)
        self.assertEqual([(p["epoch"], p["share"]) for p in last["past"]], [(3, 0.2), (5, 0.4)])
        text = calibrate.trained(last)
        for part in ("up to epoch 3 with 0.2 part FER+", "up to epoch 5 with 0.4", "then with 0.1"):
            self.assertIn(part, text)

    def test_the_sidecar_names_the_runs_a_model_came_from_and_its_teachers(self):
        with tempfile.TemporaryDirectory() as held:
            first = Path(held) / "mood-0.1.0.tflite"
            first.write_bytes(b"a model")
            # Only the sidecar that carries this very file's sha256 speaks for it.
            (Path(held) / "mood.toml").write_text(
                'sha256 = "00"\nmade_by = "models/training: quite another"\n')
            first.with_suffix(".toml").write_text(
                f'sha256 = "{hashlib.sha256(b"a model").hexdigest()}"\n'
                'made_by = "models/training: MobileNetV1 from faces"\n')
            old = train.recipe_of(SimpleNamespace(**RECIPE | {
                "run": "early", "weights": str(first), "share": 0.3}), {}, 0)
        new = train.recipe_of(SimpleNamespace(**RECIPE | {
            "weights": "early", "teacher": ["a/one", "a/two"]}), {}, 0) | {"origin": old}
        text = calibrate.made_by({"recipe": new, "lean": 0.2, "pictures": 800})
        for part in ("the run 'early'", "mood-0.1.0: MobileNetV1 from faces", "0.3 part FER+",
                     "0.2 part FER+", "earlier networks (one, two)", "label's frequencies"):
            self.assertIn(part, text)
        self.assertNotIn('"', text)


if __name__ == "__main__":
    unittest.main()
