# The guest's second program, on the whole root: file systems, modules, then the command; its exit status goes out last.
. /run/guest/settings.sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t tmpfs -o mode=1777,size=75% tmp /tmp # files on the overlay have no block size, so nvmet cannot export them
mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm
ln -sfn /proc/self/fd /dev/fd
ip link set lo up
hostname guest
n=0
for folder in $SHARED; do
    mkdir -p "$folder" && mount -t virtiofs -o ro "share$n" "$folder" || echo "guest: no $folder" >/dev/console
    n=$((n + 1))
done
mkdir -p /usr/lib/modules && ln -sfn "$MODULES" "/usr/lib/modules/$(uname -r)"
/usr/sbin/modprobe -a $LOADED || echo "guest: modprobe failed" >/dev/console
mount -t configfs configfs /sys/kernel/config
for port in /sys/class/virtio-ports/*; do
    read -r name <"$port/name"
    case $name in
        said) said=/dev/${port##*/} ;;
        status) status=/dev/${port##*/} ;;
    esac
done
# What hangs in the kernel is told to the console shortly before the host loses patience.
(sleep "$PATIENCE_S" && echo 8 >/proc/sys/kernel/printk && echo w >/proc/sysrq-trigger) &
run_command </dev/null >"$said" 2>&1
echo $? >"$status"
dmesg >/dev/console
poweroff -f
