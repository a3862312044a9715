# Shared by the scripts of the virtual Pi.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
OUT=${VIRTUAL_PI_DIR:-$ROOT/target/virtual-pi}
# Debian's tools by their own names, whatever else a person has in the path.
DEBIAN_PATH=/usr/sbin:/usr/bin:/sbin:/bin
PATH=$PATH:/usr/sbin:/sbin

say() { printf 'virtual-pi: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
