import unittest

import numpy as np
import torch

from moodtrain import quantization_aware, torchnet


class Aware(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.net = torchnet.Network(0.125).eval()
        with torch.no_grad():
            for norm in self.net.norm.values():
                norm.weight.uniform_(0.5, 2)
                norm.bias.normal_(0, 0.3)
                norm.running_mean.normal_(0, 0.1)
                norm.running_var.uniform_(0.5, 2)
            self.net.head.weight.normal_(0, 0.1)
        self.x = torch.rand(3, 1, 48, 48) * 2 - 1

    def test_a_folded_network_answers_as_the_one_it_was_folded_from(self):
        wanted = self.net(self.x).detach().numpy()
        stepped = quantization_aware.Stepped(self.net)
        seen = {}
        np.testing.assert_allclose(stepped(self.x, seen).detach().numpy(), wanted, atol=1e-5)
        again = torchnet.Network(0.125).eval()
        stepped.put_into(again)
        np.testing.assert_allclose(again(self.x).detach().numpy(), wanted, atol=1e-5)

    def test_with_steps_it_answers_nearly_so_and_gradients_reach_every_weight(self):
        stepped = quantization_aware.Stepped(self.net)
        stepped(self.x, stepped.ranges)
        wanted = self.net(self.x).detach()
        found = stepped(self.x)
        self.assertLess(float((found - wanted).abs().max()), 0.1 * float(wanted.abs().max()))
        self.assertFalse(torch.equal(found, wanted))
        found.square().sum().backward()
        for key, weight in stepped.weights.items():
            self.assertIsNotNone(weight.grad, key)


if __name__ == "__main__":
    unittest.main()
