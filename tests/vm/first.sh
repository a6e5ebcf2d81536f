#!/bin/busybox sh
# The guest's first program, in its initial RAM disk: the host's root, read-only, below a RAM disk that takes all writes.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t devtmpfs devtmpfs /dev
give_up() {
    echo "guest: cannot start: $*" >/dev/console
    poweroff -f
}
while read -r module; do insmod "/modules/$module" || give_up "insmod $module"; done </modules/order
mkdir /host /changes /whole
mount -t virtiofs -o ro root /host || give_up "the host's root"
mount -t tmpfs -o size=50% changes /changes && mkdir /changes/new /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/new,workdir=/changes/work whole /whole || give_up "the overlay"
for folder in proc sys dev; do mkdir -p "/whole/$folder" && mount --move "/$folder" "/whole/$folder"; done
mkdir -p /whole/run /whole/tmp
mount -t tmpfs run /whole/run
mkdir /whole/run/guest
cp /bin/busybox /second.sh /settings.sh /whole/run/guest/
exec switch_root /whole /run/guest/busybox sh /run/guest/second.sh
