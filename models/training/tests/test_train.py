import json
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from moodtrain import (
    LABEL_LOGITS,
    OTHER,
    VOTE_LOGITS,
    calibrate,
    resnet,
    start,
    synthetic_faces,
    torchnet,
    train,
    views,
)
from moodtrain import data as chain_data


class Parity(unittest.TestCase):
    def test_both_frameworks_compute_the_same_from_the_same_file(self):
        from moodtrain import network

        torch.manual_seed(1)
        net = torchnet.Network(0.25).eval()
        with torch.no_grad():
            for norm in net.norm.values():
                norm.weight.uniform_(0.5, 2)
                norm.bias.normal_(0, 0.3)
                norm.running_mean.normal_(0, 0.1)
                norm.running_var.uniform_(0.5, 2)
            net.head.weight.normal_(0, 0.3)
            net.head.bias.normal_(0, 0.3)
        images = np.random.default_rng(0).integers(0, 256, (4, 48, 48), np.uint8)
        with tempfile.TemporaryDirectory() as held:
            path = Path(held) / "net.npz"
            torchnet.save(net, path)
            keras_net = network.mobilenet_v1(0.25)
            network.load(keras_net, path)
            again = torchnet.Network(0.25)
            torchnet.load(again, path)
        # Even and odd sides: where the zeros of a stride of two go differs between them.
        for size in (48, 65, 96):
            wanted = train.logits_of(net, torch.from_numpy(images), size)
            np.testing.assert_allclose(
                network.logits_of(keras_net, images, size), wanted, atol=1e-4, rtol=1e-4)
            np.testing.assert_allclose(
                train.logits_of(again, torch.from_numpy(images), size), wanted, atol=1e-6)

    def test_a_network_starts_as_what_it_was_given(self):
        rng = np.random.default_rng(0)
        given = torchnet.Network(0.25)
        folded = {}
        for name, conv in given.conv.items():
            shape = torchnet.to_keras(name, conv.weight).shape
            folded[name] = (rng.normal(0, 0.4, shape).astype(np.float32),
                            rng.normal(0.2, 0.2, conv.out_channels).astype(np.float32))
        given.set_folded({n: (torchnet.from_keras(n, k), torch.from_numpy(b))
                          for n, (k, b) in folded.items()})
        x = torch.rand(8, 1, 48, 48) * 2 - 1
        built = torchnet.Network(0.25)
        built.start_from(folded, x)
        with torch.no_grad():
            np.testing.assert_allclose(built.eval().trunk(x), given.eval().trunk(x), atol=1e-4)

    def test_a_teacher_answers_the_same_after_it_was_written_and_read(self):
        torch.manual_seed(2)
        net = resnet.Network(0.25)
        images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 48, 48), np.uint8))
        net.train()(views.to_input(images, 32))  # moves the statistics of its batch norms
        with tempfile.TemporaryDirectory() as held:
            resnet.save(net, Path(held) / "average.npz")
            (Path(held) / "average.json").write_text(
                json.dumps({"net": "resnet", "width": 0.25, "size": 32}))
            again, size = train.teacher(held, torch.device("cpu"))
        self.assertEqual(size, 32)
        np.testing.assert_allclose(
            train.logits_of(again, images, size), train.logits_of(net, images, size), atol=1e-6)


class Seen(unittest.TestCase):
    def make(self, seed=0):
        generator = torch.Generator()
        generator.manual_seed(seed)
        return views.Views(generator)

    def test_views_keep_the_form_and_the_seed_decides_them(self):
        rng = np.random.default_rng(0)
        faces = torch.from_numpy(np.stack([synthetic_faces.face("happy", rng) for _ in range(6)]))
        one, two, three = self.make()(faces, 64), self.make()(faces, 64), self.make(1)(faces, 64)
        self.assertEqual(tuple(one.shape), (6, 1, 64, 64))
        self.assertTrue(torch.isfinite(one).all())
        self.assertLessEqual(float(one.abs().max()), 1.001)
        self.assertTrue(torch.equal(one, two))
        self.assertFalse(torch.equal(one, three))

    def test_undisturbed_and_still_a_face_is_what_the_device_feeds(self):
        rng = np.random.default_rng(0)
        faces = torch.from_numpy(np.stack([synthetic_faces.face("sad", rng) for _ in range(3)]))
        seen = self.make()
        still = seen.geometry(faces.float()[:, None], 96, torch.zeros(3)) / 127.5 - 1
        wanted = views.to_input(faces, 96)
        # Each is mirrored or not; the border differs by how what lies beyond is filled.
        for face, plain in zip(still, wanted):
            off = min(float((face - p).abs()[:, 2:-2, 2:-2].max()) for p in (plain, plain.flip(2)))
            self.assertLess(off, 1e-3)

    def test_mixed_targets_still_sum_to_one(self):
        targets = torch.eye(8)[:6]
        _, (mixed,) = self.make().mix(torch.rand(6, 1, 48, 48), [targets], 1.0)
        np.testing.assert_allclose(mixed.sum(1), 1, atol=1e-6)
        self.assertGreaterEqual(float(mixed.max(1).values.min()), 0.5)


class Run(unittest.TestCase):
    def args(self, folder, **other):
        return SimpleNamespace(**{
            "work": folder, "run": folder, "epochs": 2.0, "minutes": float("inf"), "size": 48,
            "grow": "", "net": "mobilenet", "teachers": [], "distil": 0.7, "rate": 1e-3,
            "decay": 0.02, "batch": 16, "label": 0.4, "balance": 0.3,
            "disturbed": 0.5, "soft": 0.3, "mixup": 0.2, "average": 0.9,
            "width": 0.125, "save_every": 1e9, "measure_every": 1e9, "threads": 1, "seed": 3,
            **other})

    def prepared(self, folder):
        parts, _ = chain_data.prepare(*synthetic_faces.parts(120, 0), 24, 0)
        np.savez(Path(folder) / "prepared.npz", **parts)

    def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(self):
        with tempfile.TemporaryDirectory() as held:
            self.prepared(held)
            straight = train.Learner(self.args(held))
            batches = [*straight.order(0), *straight.order(1)]
            for chosen in batches:
                straight.batch(chosen)
            first = train.Learner(self.args(held))
            for chosen in batches[:4]:
                first.batch(chosen)
            first.save()
            second = train.Learner(self.args(held))
            self.assertTrue(second.resume())
            for chosen in batches[second.step:]:
                second.batch(chosen)
            for (key, one), two in zip(straight.mean.state_dict().items(),
                                       second.mean.state_dict().values()):
                self.assertTrue(torch.equal(one, two), key)

    def test_a_small_size_comes_first_for_its_share_of_the_run(self):
        grow = train.steps_of("64:0.25,80:0.25")
        found = [train.size_at(p, grow, 96) for p in (0, 0.24, 0.25, 0.49, 0.51, 1)]
        self.assertEqual(found, [64, 64, 80, 80, 96, 96])
        self.assertEqual(train.size_at(0, train.steps_of(""), 96), 96)
        with self.assertRaisesRegex(SystemExit, "SIZE:SHARE"):
            train.steps_of("64")

    def test_teachers_take_their_part_and_all_of_it_where_nobody_voted(self):
        with tempfile.TemporaryDirectory() as held:
            self.prepared(held)
            learner = train.Learner(self.args(held))
            sure = torch.zeros(3, VOTE_LOGITS + LABEL_LOGITS)
            sure[:, [1, VOTE_LOGITS + 2]] = 50.0  # its answer: disgust by the votes, fear by label
            learner.teachers = [(lambda x: sure, 48)]
            votes, labels = torch.zeros(3, VOTE_LOGITS), torch.zeros(3, LABEL_LOGITS)
            votes[0, 4], votes[1, 1], labels[:, 6] = 1, 1, 1  # the third has no votes
            votes, labels = learner.taught(torch.zeros(3, 1, 48, 48), votes, labels)
            np.testing.assert_allclose(votes[0, [1, 4]], [0.7, 0.3], atol=1e-6)
            np.testing.assert_allclose(votes[1:, 1], [1, 1], atol=1e-6)
            np.testing.assert_allclose(labels[:, [2, 6]], [[0.7, 0.3]] * 3, atol=1e-6)

    def test_a_run_that_goes_on_otherwise_keeps_what_it_was_made_with(self):
        with tempfile.TemporaryDirectory() as held:
            path = Path(held) / "recipe.json"
            args = self.args(held)
            train.write_recipe(args, path, 0)
            train.write_recipe(args, path, 1.5)
            self.assertNotIn("before", json.loads(path.read_text()))
            train.write_recipe(self.args(held, rate=5e-4), path, 2)
            found = json.loads(path.read_text())
            self.assertEqual((found["rate"], found["before"][0]["rate"]), (5e-4, 1e-3))
            self.assertEqual(found["before"][0]["until"], 2)
            export = {"recipe": found, "step": 9, "epoch": 3, "size": 48, "pictures": 8}
            self.assertIn("to epoch 2 at learning rate 0.001, then to epoch 3 at learning rate "
                          "0.0005; 48 px", calibrate.made_by(export))

    def test_the_end_comes_by_epochs_or_by_the_clock(self):
        with tempfile.TemporaryDirectory() as held:
            self.prepared(held)
            learner = train.Learner(self.args(held, epochs=4.0))
            learner.step = 2 * learner.per_epoch
            self.assertAlmostEqual(learner.progress(), 0.5, places=3)
            learner.args.minutes, learner.spent = 10.0, 60 * 8.0
            self.assertAlmostEqual(learner.progress(), 0.8, places=2)
            learner.args.epochs = 0
            self.assertEqual(learner.progress(), 1.0)

    def test_rare_moods_are_leant_to_and_other_is_not(self):
        with tempfile.TemporaryDirectory() as held:
            self.prepared(held)
            learner = train.Learner(self.args(held))
            learner_lean = learner.lean.numpy()
            self.assertEqual(len(learner_lean), VOTE_LOGITS)
            # The drawn faces are even: no mood is favoured by more than chance, and `other`, which
            # is rare among them, stays where the moods are.
            self.assertLess(abs(learner_lean[OTHER] - learner_lean[:OTHER].mean()), 0.1)

    def test_rate_warms_up_and_dies_down(self):
        rates = [train.rate_at(p) for p in np.linspace(0, 1, 101)]
        self.assertLess(rates[0], 0.1)
        self.assertAlmostEqual(max(rates), 1.0, places=2)
        self.assertAlmostEqual(rates[-1], 0.01, places=3)


class Heads(unittest.TestCase):
    def test_a_head_is_fitted_to_what_can_be_seen(self):
        rng = np.random.default_rng(0)
        x = rng.normal(0, 1, (3000, 20)).astype(np.float32)
        x[:, 5] = 0.3  # a column that says nothing
        true = rng.normal(0, 1, (20, VOTE_LOGITS))
        t = np.eye(VOTE_LOGITS)[(x @ true).argmax(1)]
        t[:50] = 0  # pictures without votes
        kernel, bias = start.regression(x, t)
        right = (x @ kernel + bias).argmax(1)[50:] == t.argmax(1)[50:]
        self.assertGreater(right.mean(), 0.85)
        self.assertTrue(np.isfinite(kernel).all())

    def test_scores_judge_each_head_by_its_own_truth(self):
        part = SimpleNamespace(majority=np.array([3, 6, 6, -1]), labels=np.array([3, 4, 6, 0]))
        p = np.zeros((4, VOTE_LOGITS + LABEL_LOGITS))
        p[[0, 1, 2, 3], [3, 4, 6, 1]] = 1
        p[[0, 1, 2, 3], [VOTE_LOGITS + 3, VOTE_LOGITS + 4, VOTE_LOGITS + 0, VOTE_LOGITS]] = 1
        found = train.scores(p, part)
        self.assertAlmostEqual(found["majority"], 2 / 3)
        self.assertAlmostEqual(found["label"], 3 / 4)
        self.assertAlmostEqual(found["neutral_as_sad_or_angry"], 1 / 2)


if __name__ == "__main__":
    unittest.main()
