#!/usr/bin/env bash
# ci/qemu.sh FOLDER: Debian's qemu-system-arm and qemu-system-riscv32, with the libraries that are not installed, unpacked into a folder; nothing is
# installed (the packages may displace others). Needs apt-get and 300 MB.
set -euo pipefail
folder=$(realpath -m "${1:?folder}")
rm -rf "$folder"
mkdir -p "$folder/packages/partial"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends --download-only -o "Dir::Cache::archives=$folder/packages" \
    qemu-system-arm qemu-system-misc >/dev/null
for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/sys"; done
rm -rf "$folder/packages"

for program in qemu-system-arm qemu-system-riscv32; do
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/sys/usr/lib/x86_64-linux-gnu:%s/sys/lib/x86_64-linux-gnu exec %s/sys/usr/bin/%s -L %s/sys/usr/share/qemu "$@"\n' \
        "$folder" "$folder" "$folder" "$program" "$folder" >"$folder/$program"
    chmod +x "$folder/$program"
    "$folder/$program" --version | sed -n 1p
done
