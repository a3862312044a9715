"""What the model card says of a report."""

import unittest

from moodtrain import card


class Deciding(unittest.TestCase):
    def test_both_rules_stand_beside_each_other(self):
        rule = {"sure": 0.8, "right_when_sure": 0.9, "first_right": 0.85, "median_ms": 1000,
                "median_clear_ms": 1000}
        text = card.deciding({"series": 40, "agree": 0.975, "second": rule,
                              "sequential": {**rule, "median_ms": 438, "median_clear_ms": 250}})
        self.assertIn("40 series", text)
        self.assertIn("97.50 %", text)
        self.assertIn("| a whole second | 80.00 % | 90.00 % | 85.00 % | 1000 ms | 1000 ms |", text)
        self.assertIn("| as soon as it is clear | 80.00 % | 90.00 % | 85.00 % | 438 ms | 250 ms |", text)

    def test_what_was_not_measured_is_said(self):
        self.assertEqual(card.deciding(None), "Not measured in this report.")


if __name__ == "__main__":
    unittest.main()
