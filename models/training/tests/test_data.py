import unittest

import numpy as np

from moodtrain import MOODS, data


class Targets(unittest.TestCase):
    def test_votes_change_places_to_our_order(self):
        #           neu hap sur sad ang dis fea con unk not
        votes = np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], np.uint8)
        named = dict(zip(MOODS, data.mood_votes(votes)[0]))
        self.assertEqual(named, {"angry": 5, "disgust": 6, "fear": 7, "happy": 2, "sad": 4,
                                 "surprise": 3, "neutral": 1})

    def test_votes_of_an_unknown_row_are_not_used(self):
        votes = np.full((2, 10), 1, np.uint8)
        seven = data.mood_votes(votes, np.array([0, 2]))
        self.assertEqual(seven.sum(1).tolist(), [7, 0])

    def test_target_is_a_distribution_that_mixes_label_and_votes(self):
        votes = np.zeros((1, 7), np.float32)
        votes[0, 3], votes[0, 6] = 6, 4
        t = data.targets(np.array([3]), votes, share=0.5, smoothing=0.0)[0]
        self.assertAlmostEqual(float(t.sum()), 1, places=6)
        self.assertAlmostEqual(float(t[3]), 0.8, places=6)
        self.assertAlmostEqual(float(t[6]), 0.2, places=6)

    def test_too_few_votes_leave_the_label(self):
        votes = np.zeros((1, 7), np.float32)
        votes[0, 1] = 2
        t = data.targets(np.array([4]), votes, share=0.5, smoothing=0.0)[0]
        self.assertEqual(int(t.argmax()), 4)
        self.assertAlmostEqual(float(t[4]), 1, places=6)

    def test_majority_needs_half_of_the_voters(self):
        votes = np.array([[0, 0, 0, 5, 4, 0, 0], [0, 0, 0, 4, 4, 0, 0]], np.float32)
        self.assertEqual(data.majority(votes).tolist(), [3, -1])


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
            return {"images": images, "labels": labels, "votes": np.zeros((n, 7), np.float32),
                    "no_face": np.zeros(n, bool), "no_mood": np.zeros(n, bool)}

        test = np.concatenate([self.images[350:352], 255 - self.images[:3]])
        test_part = part(test, np.zeros(5, np.int64))
        self.images[20] = 7
        parts, facts = data.prepare(part(self.images, self.labels), test_part, 40, seed=0)
        self.assertEqual(parts["test_seen"].tolist(), [True, True, False, False, False])
        self.assertEqual(facts["train_blank"], 1)
        self.assertEqual(facts["train_used"] + facts["validation"] + 1, 400)


if __name__ == "__main__":
    unittest.main()
