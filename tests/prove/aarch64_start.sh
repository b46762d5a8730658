#!/bin/busybox sh
# The first program on the machine of aarch64.sh: gets at the disk, does there
# what the kernel was told by what=, and turns the machine off. It says "done:
# all" last, if it came to that.
# shellcheck shell=dash
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
for module in /modules/*; do
    insmod "$module"
done
mount -t ext4 /dev/vda /disk

# shellcheck disable=SC2154 # the kernel sets it
case $what in
install)
    if chroot /disk /debootstrap/debootstrap --second-stage; then
        echo "done: all"
    else
        tail -n 20 /disk/debootstrap/debootstrap.log
    fi
    ;;
grade)
    mount -t proc proc /disk/proc
    mount -t sysfs sys /disk/sys
    mount --bind /dev /disk/dev
    mkdir -p /dev/pts /dev/shm
    mount -t devpts pts /dev/pts
    mount -t tmpfs shm /dev/shm
    ip link set lo up
    mkdir /disk/root/workbook
    tar -xf /workbook.tar -C /disk/root/workbook
    chroot /disk sh /root/workbook/tests/prove/aarch64_inside.sh &&
        echo "done: all"
    ;;
esac
sync
poweroff -f
