#!/bin/bash
# Proves that the workbook works on aarch64: makes an arm64 Debian, boots it with
# Debian's own kernel on a processor that qemu computes, and has
# aarch64_inside.sh grade all solutions and some wrong programs there. Needs no
# such processor, but root, for debootstrap.
#
# usage: bash tests/prove/aarch64.sh [FOLDER]
#   FOLDER   where the system is made, and kept for the next time; build/aarch64
#            unless another is given
#
# Prints lines "ok   NAME" and "FAIL NAME", and last "N passed, N failed"; exit
# status 1 if any failed, or if it came to no end.
set -u
cd "$(dirname "$0")/../.." || exit 1
suite=trixie
patience=7200 # seconds, for each of the two boots
export LC_ALL=C.UTF-8
machine=

end() { [ -z "$machine" ] || kill "$machine" 2>/dev/null; }
trap end EXIT
trap 'exit 1' INT TERM HUP

give_up() {
    echo "FAIL $*"
    printf '\n0 passed, 1 failed\n'
    exit 1
}

# --- the system --------------------------------------------------------------

# Downloads all that there is to be, and unpacks the first of it. The rest only
# an aarch64 can do.
begin_system() {
    rm -rf "$folder/root"
    debootstrap --foreign --arch=arm64 --variant=minbase \
        --include="${packages// /,}" $suite "$folder/root" \
        >"$folder/debootstrap.log" 2>&1 || return
    # In some containers, it makes that a link to itself.
    [ ! -L "$folder/root/proc" ] ||
        { rm "$folder/root/proc" && mkdir "$folder/root/proc"; }
}

# The kernel, and what it needs before it has a disk: Debian's can't read one
# without modules.
begin_kernel() {
    local name version
    local archives=$folder/root/var/cache/apt/archives
    local kernel=$folder/kernel start=$folder/start
    rm -rf "$kernel" "$start"
    for name in "$archives"/linux-image-[0-9]*.deb "$archives"/busybox-*.deb; do
        dpkg-deb -x "$name" "$kernel" || return
    done
    version=$(basename "$kernel"/usr/lib/modules/*)
    ln -s usr/lib "$kernel/lib" && depmod -b "$kernel" "$version" &&
        mkdir -p "$start"/{bin,dev,disk,modules,proc} &&
        cp "$kernel/usr/bin/busybox" "$start/bin/" &&
        cp "$kernel"/boot/vmlinuz-* "$folder/vmlinuz" || return
    # In the order in which they need each other.
    for name in virtio_mmio virtio_blk ext4; do
        modprobe -d "$kernel" -S "$version" --show-depends $name || return
    done | sed 's/^insmod //; s/ *$//' | cat -n | while read -r number name; do
        xz -dc "$name" >"$(printf '%s/modules/%02d.ko' "$start" "$number")"
    done
}

# boot WHAT DISK: has aarch64_start.sh do WHAT, and shows what comes of it. All
# that the machine says is in the file console. To it an instruction takes a
# nanosecond, however long it took to compute: it can't know how busy this
# machine is, and so no verdict depends on that.
boot() {
    cp tests/prove/aarch64_start.sh "$folder/start/init" &&
        chmod +x "$folder/start/init" &&
        (cd "$folder/start" && find . | cpio -o -H newc --quiet) \
            >"$folder/start.cpio" || return
    : >"$folder/console"
    timeout -k 10 $patience qemu-system-aarch64 -M virt -m 2048 \
        -cpu max,pauth-impdef=on -icount shift=0 -nodefaults -display none \
        -kernel "$folder/vmlinuz" -initrd "$folder/start.cpio" -no-reboot \
        -append "console=ttyAMA0 quiet panic=-1 what=$1" \
        -drive "file=$2,format=raw,if=none,id=disk,cache=unsafe" \
        -device virtio-blk-device,drive=disk \
        -serial "file:$folder/console" </dev/null &
    machine=$!
    tail -n +1 -f -s 1 --pid=$machine "$folder/console" |
        sed -n -u -E 's/\r$//; /^(ok  |FAIL|I:|     ) /p' &
    wait # for both, unless a signal ends it
    machine=
    grep -q '^done: all' "$folder/console"
}

make_system() {
    echo "Making an arm64 Debian in $folder; that takes a while, once."
    begin_system || give_up "debootstrap fails: $folder/debootstrap.log"
    begin_kernel || give_up "there is no kernel to be had: $folder/kernel"
    truncate -s 4G "$folder/disk.new" &&
        mke2fs -q -F -t ext4 -d "$folder/root" "$folder/disk.new" || exit 1
    boot install "$folder/disk.new" ||
        give_up "the system can't install itself: $folder/console"
    rm -rf "$folder/root" "$folder/kernel"
    mv "$folder/disk.new" "$folder/disk" &&
        echo "$suite $packages" >"$folder/made"
}

# --- the proof ---------------------------------------------------------------

sh tools/setup.sh --systems || give_up "some tools are missing"
[ "$(id -u)" -eq 0 ] || give_up "debootstrap has to be run by root"
packages="make patch python3 $(sh tools/setup.sh --packages)"
packages="$packages linux-image-arm64 busybox-static"
folder=${1-build/aarch64}
mkdir -p "$folder" || exit 1
[ "$(cat "$folder/made" 2>/dev/null)" = "$suite $packages" ] || make_system

echo "Booting it."
tar --exclude=./.git --exclude=./build --exclude="$folder" \
    -cf "$folder/start/workbook.tar" . || exit 1
boot grade "$folder/disk,snapshot=on" || give_up "it broke off: $folder/console"
passed=$(grep -c '^ok ' "$folder/console")
failed=$(grep -c '^FAIL ' "$folder/console")
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
