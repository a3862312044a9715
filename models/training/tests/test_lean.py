import unittest

import numpy as np

from moodtrain.quantize import label_bias


class Lean(unittest.TestCase):
    def test_bias_restores_how_often_a_mood_comes(self):
        rng = np.random.default_rng(0)
        logits = rng.normal(0, 1, (4000, 7))
        shift = np.array([0.8, 0, 0, 0, 0, 0, -0.8])
        p = np.exp(logits + shift)
        p /= p.sum(1, keepdims=True)
        labels = np.array([rng.choice(7, p=row) for row in p])
        found = label_bias(logits, labels)
        self.assertLess(np.abs(found - shift).max(), 0.15)


if __name__ == "__main__":
    unittest.main()
