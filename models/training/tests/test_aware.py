import unittest

import numpy as np


class Aware(unittest.TestCase):
    def test_a_folded_network_answers_as_the_one_it_was_folded_from(self):
        from moodtrain import aware, network

        model = network.mobilenet_v1(0.125)
        rng = np.random.default_rng(0)
        for layer in model.layers:
            if layer.name.endswith("_bn"):
                gamma, beta, mean, var = layer.get_weights()
                layer.set_weights([rng.uniform(0.5, 2, gamma.shape), rng.normal(0, 0.3, beta.shape),
                                   rng.normal(0, 0.1, mean.shape), rng.uniform(0.5, 2, var.shape)])
        x = rng.uniform(-1, 1, (3, 48, 48, 1)).astype(np.float32)
        wanted = model(x, training=False).numpy()
        folded = aware.fold(model)
        np.testing.assert_allclose(aware.Folded(folded)(x, stepped=False), wanted, atol=1e-5)
        again = network.mobilenet_v1(0.125)
        aware.unfold(again, folded)
        np.testing.assert_allclose(again(x, training=False).numpy(), wanted, atol=1e-5)


if __name__ == "__main__":
    unittest.main()
