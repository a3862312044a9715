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

# modules FOLDER MODULE...: these modules of the kernel with what they need, and FOLDER/order, in which each
# comes after what it needs.
modules() {
    local folder=$1 kernel module verb path name
    shift
    kernel=$(ls "$OUT/kernel/lib/modules")
    mkdir -p "$folder"
    for module in "$@"; do
        modprobe -d "$OUT/kernel" -S "$kernel" --show-depends "$module" | while read -r verb path _; do
            [ "$verb" = insmod ] || continue
            name=$(basename "${path%.xz}")
            [ ! -e "$folder/$name" ] || continue
            case $path in
            *.xz) xz -dc "$path" >"$folder/$name" ;;
            *) cp "$path" "$folder/$name" ;;
            esac
            echo "$name" >>"$folder/order"
        done
    done
}
