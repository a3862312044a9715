import unittest

import numpy as np

from moodtrain import MOODS, data


class Targets(unittest.TestCase):
    def test_votes_change_places_to_our_order_and_the_rest_is_other(self):
        #           neu hap sur sad ang dis fea con unk not
        votes = np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], np.uint8)
        named = dict(zip((*MOODS, "other"), data.eight_votes(votes)[0]))
        self.assertEqual(named, {"angry": 5, "disgust": 6, "fear": 7, "happy": 2, "sad": 4,
                                 "surprise": 3, "neutral": 1, "other": 27})

    def test_votes_of_an_unknown_row_are_not_used(self):
        votes = np.full((2, 10), 1, np.uint8)
        eight = data.eight_votes(votes, np.array([0, 2]))
        self.assertEqual(eight.sum(1).tolist(), [10, 0])

    def test_a_single_voice_is_dropped_and_the_others_are_shares(self):
        votes = np.array([[6, 1, 0, 0, 0, 0, 3, 0]], np.float32)
        t = data.vote_targets(votes)[0]
        np.testing.assert_allclose(t[[0, 1, 6]], [6 / 9, 0, 3 / 9], atol=1e-6)
        self.assertAlmostEqual(float(t.sum()), 1, places=6)

    def test_too_few_votes_teach_nothing(self):
        votes = np.zeros((2, 8), np.float32)
        votes[0, 1] = 2
        votes[1, :] = 1
        self.assertEqual(data.vote_targets(votes).sum(), 0)

    def test_a_label_is_softened_a_little(self):
        t = data.label_targets(np.array([4]), smoothing=0.07)[0]
        self.assertAlmostEqual(float(t[4]), 0.94, places=5)
        self.assertAlmostEqual(float(t.sum()), 1, places=6)

    def test_majority_needs_half_of_the_voters(self):
        votes = np.array([[0, 0, 0, 5, 4, 0, 0, 1], [0, 0, 0, 4, 4, 0, 0, 2],
                          [0, 0, 0, 0, 0, 0, 1, 9]], np.float32)
        self.assertEqual(data.majority(votes).tolist(), [3, -1, -1])


class Copies(unittest.TestCase):
    def setUp(self):
        rng = np.random.default_rng(1)
        self.images = rng.integers(0, 256, (400, 48, 48), np.uint8)
        # Every fourth picture stands in the set twice.
        self.images[200:300] = self.images[:100]
        self.labels = np.arange(400) % 7
        self.labels[200:300] = self.labels[:100]
        self.prints = data.fingerprints(self.images)

    def test_no_copy_is_on_both_sides(self):
        held = data.hold_out(self.prints, self.labels, np.zeros(400, bool), 80, seed=3)
        self.assertGreater(held.sum(), 50)
        self.assertFalse(set(self.prints[held]) & set(self.prints[~held]))

    def test_what_the_test_part_knows_stays_in_train(self):
        barred = np.zeros(400, bool)
        barred[:150] = True
        held = data.hold_out(self.prints, self.labels, barred, 80, seed=3)
        self.assertFalse((held & barred).any())
        self.assertFalse(held[200:300].any(), "a copy of a barred picture was held out")

    def test_prepare_marks_test_pictures_seen_in_train(self):
        def part(images, labels):
            n = len(labels)
            return {"images": images, "labels": labels, "votes": np.zeros((n, 8), np.float32),
                    "no_face": np.zeros(n, bool)}

        test = np.concatenate([self.images[350:352], 255 - self.images[:3]])
        test_part = part(test, np.zeros(5, np.int64))
        self.images[20] = 7
        parts, facts = data.prepare(part(self.images, self.labels), test_part, 40, seed=0)
        self.assertEqual(parts["test_seen"].tolist(), [True, True, False, False, False])
        self.assertEqual(facts["train_blank"], 1)
        self.assertEqual(facts["train_used"] + facts["validation"] + 1, 400)


if __name__ == "__main__":
    unittest.main()
