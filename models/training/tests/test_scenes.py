import unittest

import numpy as np

from moodtrain import RESOLUTION, scenes


class Scenes(unittest.TestCase):
    def test_the_square_that_is_told_holds_the_face(self):
        from PIL import Image

        rng = np.random.default_rng(1)
        face = np.tile(np.linspace(30, 220, RESOLUTION), (RESOLUTION, 1)).astype(np.uint8)
        for _ in range(40):
            scene, (left, top, side) = scenes.place(face, rng)
            self.assertEqual(scene.shape, (scenes.HEIGHT, scenes.WIDTH, 3))
            cut = Image.fromarray(scene[..., 0]).crop((left, top, left + side, top + side))
            back = np.asarray(cut.resize((RESOLUTION, RESOLUTION), Image.BOX), float)
            self.assertLess(np.abs(back - face)[2:-2, 2:-2].mean(), 2.0)
