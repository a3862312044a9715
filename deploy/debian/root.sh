# shellcheck shell=bash
# Shared by the tests that need a Debian: one made once, and copies of it that are thrown away.

# debian MACHINE [PACKAGE...]: makes a small Debian under target/debian-MACHINE, once; $base is its folder. It is Debian
# 12, or the release that MOODBOX_SUITE names, such as trixie.
# It has these packages, and what moodbox depends on and recommends, so that each trial need not fetch it.
# Needs root.
debian() {
    local machine=$1 own suite=${MOODBOX_SUITE:-bookworm} foreign=() missing=() package made_by
    local mirror=${MOODBOX_MIRROR:-http://deb.debian.org/debian}
    own=$(dpkg --print-architecture)
    base=$PWD/target/debian-$machine
    [ "$suite" = bookworm ] || base=$PWD/target/debian-$suite-$machine
    # Programs of the other machine start by themselves once the kernel knows their interpreter.
    if [ "$machine" != "$own" ] && [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
        [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
        # The magic is the head of an aarch64 ELF file; F keeps the interpreter open, so that a chroot finds it.
        # shellcheck disable=SC1003 # printf reads the backslashes
        printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:OCF' \
            >/proc/sys/fs/binfmt_misc/register
    fi
    # Made anew when what makes it changes.
    made_by=$(cat deploy/debian/root.sh - <<<"$mirror" | sha256sum)
    if [ "$(cat "$base/.ready" 2>/dev/null)" != "$made_by" ]; then
        echo "==> a Debian for $machine" >&2
        rm -rf "$base"
        mkdir -p target
        [ "$machine" = "$own" ] || foreign=(--foreign)
        debootstrap --arch "$machine" --variant minbase --include systemd,systemd-sysv,udev,ca-certificates \
            "${foreign[@]}" "$suite" "$base" "$mirror" >"$base.log" 2>&1 || { tail -5 "$base.log" >&2; return 1; }
        if [ ${#foreign[@]} -gt 0 ]; then
            chroot "$base" /debootstrap/debootstrap --second-stage >>"$base.log" 2>&1 || { tail -5 "$base.log" >&2; return 1; }
        fi
        printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
        chmod 755 "$base/usr/sbin/policy-rc.d"
        echo "Acquire::Check-Valid-Until \"false\";" >"$base/etc/apt/apt.conf.d/90moodbox"
        echo "$made_by" >"$base/.ready"
    fi
    for package in dbus polkitd mpd mpv libstdc++6 "${@:2}"; do
        [ -e "$base/var/lib/dpkg/info/$package.list" ] || compgen -G "$base/var/lib/dpkg/info/$package:*.list" >/dev/null ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        chroot "$base" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends "$@" && apt-get clean' sh "${missing[@]}" \
            >>"$base.log" 2>&1 || { tail -5 "$base.log" >&2; return 1; }
    fi
}

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
