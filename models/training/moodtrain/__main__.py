"""Command line: python -m moodtrain VERB."""

import argparse
import importlib

VERBS = {
    "prepare": "data",
    "start": "start",
    "train": "train",
    "tune": "quantization_aware",
    "quantize": "quantize",
    "calibrate": "calibrate",
    "scenes": "scenes",
    "evaluate": "evaluate",
    "card": "card",
    "reproduce": "reproduce",
}


def main():
    parser = argparse.ArgumentParser(
        prog="moodtrain", description="Train the mood model, step by step.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, name in VERBS.items():
        module = importlib.import_module(f".{name}", __package__)
        first_line = (module.run.__doc__ or "").strip().splitlines()[0]
        sub = verbs.add_parser(
            verb, help=first_line, description=first_line,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        module.arguments(sub)
        sub.set_defaults(handler=module.run)
    args = parser.parse_args()
    args.handler(args)


if __name__ == "__main__":
    main()
