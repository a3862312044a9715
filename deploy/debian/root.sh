# shellcheck shell=bash
# Shared by the tests that need a Debian: a copy of one that is thrown away.

# throwaway BASE: mounts a copy at $root; $work is a folder beside it. Both are gone when the script ends.
throwaway() {
    work=$(mktemp -d)
    root=$work/root
    trap clean EXIT
    mount -t tmpfs tmpfs "$work"
    mkdir "$work"/{root,upper,inner}
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/inner" "$root"
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    # The tensor runtime asks it for the processors.
    mount -t sysfs -o ro sysfs "$root/sys"
}

clean() {
    umount "$root/proc" "$root/dev" "$root/sys" 2>/dev/null || true
    umount "$root" 2>/dev/null || true
    umount "$work" 2>/dev/null || true
    rm -rf "$work"
}
