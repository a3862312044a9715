"""What is checked: a table of steps. The order is that of importance: what much waits for comes first."""

import glob
import os
import platform
import subprocess

from schedule import Step

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Groups of deploy/packages, besides what the compiler needs.
PACKAGES = "demo test fleet prompts browser deb root system service image units cross rust virtual-pi"

NEEDS_ROOT = "" if os.geteuid() == 0 else "needs root"
NEEDS_AMD64 = "" if platform.machine() == "x86_64" else f"there is nothing of it for {platform.machine()}"

# Home Assistant runs on one Python alone.
NEEDS_HOME_PYTHON = "" if subprocess.run(
    [os.path.join(ROOT, "tests/home-assistant"), "--python"], capture_output=True, check=False,
).returncode == 0 else "needs Python 3.13"

# A compiler takes every processor that it gets, but gives way to whatever else runs (`nice`): it counts as one, one of
# them runs at a time, and tests run beside it. Of what is fetched, most of the time is the network's.
COMPILER = {"cores": 1.0, "nice": 10}

STEPS = [
    # What is fetched and made.
    Step("packages-build", "deploy/packages build assets", cores=0.2, least="check", limit=1800),
    Step("assets", "deploy/fetch-assets assets", needs=("packages-build",), cores=0.2, least="check"),
    Step("format", "cargo fmt --all --check", cores=0.5, least="check"),
    Step(
        "build-quick", "deploy/checks/rust-tests --build unit pure", needs=("packages-build",),
        **COMPILER, locks=("compiler", "cargo"), least="check", limit=2400,
    ),
    Step("packages", f"deploy/packages {PACKAGES}", needs=("packages-build",), cores=0.2, limit=1800),
    Step("build", "deploy/checks/rust-tests --build", needs=("build-quick",), **COMPILER, locks=("compiler", "cargo"), limit=2400),
    Step("cargo-deb", "deploy/build-deb --tools", needs=("packages", "build"), **COMPILER, locks=("compiler",), limit=1200),
    Step(
        "arm64", "deploy/build-arm64 --plain --example ports", needs=("packages",),
        **COMPILER, locks=("compiler",), impossible=NEEDS_AMD64, limit=2400,
    ),
    Step(
        "lints", "cargo clippy --locked --workspace --all-targets -- -D warnings", needs=("packages-build", "build-quick"),
        **COMPILER, locks=("compiler", "cargo"), least="check", limit=1200,
    ),
    Step("training-tools", "models/training/install", needs=("packages",), cores=0.2, impossible=NEEDS_AMD64, limit=1200),
    Step("page-tools", "tests/page/install", needs=("packages",), cores=0.2),
    Step("demo-library", "deploy/demo-library target/demo/library", needs=("packages",), cores=0.8),
    Step("debian", "deploy/test-deb --prepare", needs=("packages",), cores=0.2, impossible=NEEDS_ROOT, limit=1200),
    Step(
        "pi-system", "deploy/virtual-pi/prepare && deploy/virtual-pi/disk --system", needs=("packages",),
        cores=0.2, impossible=NEEDS_ROOT or NEEDS_AMD64, limit=1800,
    ),
    # The virtual Pi. The stories of the daemon need an optimised build and some six minutes: they stand with --all.
    # In the place of the other one, so when that has been tried.
    Step(
        "arm64-fast", "deploy/build-arm64 --fast --example ports", needs=("packages", "pi-ports"),
        **COMPILER, locks=("compiler",), impossible=NEEDS_ROOT or NEEDS_AMD64, least="all", limit=2400,
    ),
    Step(
        "package-arm64", "deploy/build-deb --again --fast arm64", needs=("arm64-fast", "cargo-deb"),
        cores=1, nice=5, locks=("dist", "cargo"), impossible=NEEDS_AMD64, least="all"),
    Step(
        "pi-daemon", "deploy/virtual-pi/test --fast --again --one-of-each daemon",
        needs=("package-arm64", "pi-system", "demo-library", "assets"), cores=1.5, impossible=NEEDS_ROOT or NEEDS_AMD64, least="all"),
    Step(
        "pi-ports", "deploy/virtual-pi/test --fast --again --one-of-each ports rppal",
        needs=("arm64", "pi-system"), cores=1.5, impossible=NEEDS_ROOT or NEEDS_AMD64,
    ),
    # It computes on one processor for minutes: begun early and at the lowest priority, it takes what the others leave.
    Step(
        "training", "models/training/smoke", needs=("training-tools",),
        cores=0, nice=19, impossible=NEEDS_AMD64, limit=2400,
        reads=("models/training/*", "models/training/moodtrain/**", "models/training/tests/**"),
    ),
    # The program. The story of the page takes longest of all that waits.
    Step("page", "MOODBOX=target/debug/moodbox tests/page-browser --durations=10", needs=("build", "page-tools", "demo-library", "assets"), cores=1),
    Step("checks", "python3 -B -m unittest discover -s deploy/checks", needs=("packages-build",), cores=0.5, least="check"),
    Step("test-unit", "deploy/checks/rust-tests unit", needs=("build-quick", "assets"), cores=1.0, least="check",
         again="cargo test --locked --workspace --lib --bins {}"),
]

# How many processors a test program keeps busy. Many of the tests wait: for a player, for a broker.
TEST_CORES = {"players": 1.0, "privacy": 1.0, "pure": 1.0}

# How much more of the same `--all` asks of one.
LONG = {"players": "MOODBOX_SCAN_S=60", "fuzz_seeds": "MOODBOX_FUZZ_ROUNDS=400"}


def programs():
    """The integration test programs, each a step; first the one that takes longest."""
    paths = glob.glob(os.path.join(ROOT, "tests/*.rs")) + glob.glob(os.path.join(ROOT, "tests/*/main.rs"))
    for path in sorted(paths, key=lambda path: ("/players/" not in path, path)):
        name = os.path.basename(path).removesuffix(".rs")
        yield name if name != "main" else os.path.basename(os.path.dirname(path))


for program in programs():
    quick = program == "pure"
    STEPS.append(Step(
        f"test-{program}", f"deploy/checks/rust-tests {program}",
        long=f"{LONG.get(program, '')} deploy/checks/rust-tests {program} --include-ignored",
        needs=("build-quick" if quick else "build", "assets", *(() if quick else ("packages",))),
        cores=TEST_CORES.get(program, 1.5), least="check" if quick else "test",
        again=f"cargo test --locked --test {program} {{}}",
    ))

STEPS += [
    Step("faults", "tests/fault_latency --times 1", long="tests/fault_latency --times 3", needs=("build", "packages", "assets"), cores=0.5),
    Step("page-api", "MOODBOX=target/debug/moodbox tests/page-schema", needs=("build", "page-tools", "demo-library", "assets"), cores=1),
    Step("page-client", "MOODBOX=target/debug/moodbox tests/page-client", needs=("build", "page-tools", "demo-library", "assets"), cores=1),
    Step("home-assistant", "MOODBOX=target/debug/moodbox tests/home-assistant", needs=("build", "packages", "demo-library", "assets"),
         cores=1, least="all", impossible=NEEDS_HOME_PYTHON, limit=1800),
    Step("demo", "MOODBOX=target/debug/moodbox tests/demo-press", needs=("build", "demo-library", "assets"), cores=1, locks=("demo",)),
    Step("doc", "RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --quiet && cargo test --locked --workspace --doc --quiet",
         needs=("lints", "build"), **COMPILER, locks=("compiler", "cargo")),
    Step("licences", "deploy/deny", needs=("packages",), cores=0.5),
    Step("advisories", "deploy/deny advisories", needs=("packages", "licences"), cores=0.3, least="all"),
    Step("fleet", "deploy/fleet/test", needs=("packages",), cores=0.5),
    Step("prompts", "deploy/prompts target/prompts", needs=("packages",), cores=1),
    Step("units", "deploy/test-units", needs=("packages", "build", "assets"), cores=0.5),
    Step("image", "deploy/image/check", needs=("packages",), cores=0.3),
    # The package.
    Step("package", "deploy/build-deb --fast", needs=("build", "cargo-deb"), cores=1, nice=5, locks=("dist", "cargo")),
    Step("bill", "deploy/sbom-check dist/fast/moodbox_*.deb", needs=("package",), cores=0.5),
    Step("deb", "deploy/test-deb dist/fast/moodbox_*_$(dpkg --print-architecture).deb", needs=("package", "debian", "assets"), cores=0.8, impossible=NEEDS_ROOT),
    Step("installer", "deploy/test-install dist/fast/moodbox_*_$(dpkg --print-architecture).deb", needs=("package", "debian", "assets"), cores=0.8, impossible=NEEDS_ROOT),
    Step("service", "deploy/test-service dist/fast/moodbox_*_$(dpkg --print-architecture).deb", needs=("package", "debian", "assets"), cores=0.5, impossible=NEEDS_ROOT),
    # What takes long, before a release.
    Step("shipped", "deploy/build-arm64 --example ports && deploy/build-deb --again arm64 && deploy/build-deb amd64",
         needs=("packages", "package", "package-arm64"),
         cores=2, nice=10, locks=("dist", "cargo"), least="all", impossible=NEEDS_AMD64, limit=3600),
    Step("service-trixie", "MOODBOX_SUITE=trixie deploy/test-service dist/fast/moodbox_*_$(dpkg --print-architecture).deb",
         needs=("service",), cores=0.5, least="all", impossible=NEEDS_ROOT),
    Step("pi-boot", "deploy/virtual-pi/boot-time target/virtual-pi", needs=("pi-daemon",),
         cores=1.5, least="all", impossible=NEEDS_ROOT or NEEDS_AMD64),
    Step("pi-shipped", "deploy/virtual-pi/test --again", needs=("shipped", "pi-boot", "pi-ports"),
         cores=1.5, least="all", impossible=NEEDS_ROOT or NEEDS_AMD64, limit=3600),
    Step("ratios", "deploy/checks/ratios target/release/moodbox", needs=("shipped",), cores=1.5, least="all", impossible=NEEDS_AMD64),
    Step("deb-arm64", "deploy/test-deb arm64", needs=("shipped",), cores=1, least="all", impossible=NEEDS_ROOT or NEEDS_AMD64, limit=3600),
    Step("instructions", "deploy/bench-arm64", needs=("shipped",), cores=1.5, least="all", impossible=NEEDS_AMD64, limit=3600),
    Step("presses", "MOODBOX_ASSETS=$PWD/assets tests/many_presses --program target/release/moodbox",
         needs=("shipped", "assets"), cores=0.5, least="all", limit=7200),
    Step("fuzz", "deploy/packages fuzz && fuzz/run 60", needs=("packages",), cores=1.5, nice=10, least="all", limit=5400),
]
