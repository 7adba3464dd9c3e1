#!/usr/bin/env bash
# Runs the steps of docker/Dockerfile in debootstrap folders, where no container engine is at hand:
#   docker/check.sh FOLDER        (as root; needs debootstrap; FOLDER is made and kept)
# The build stage runs in FOLDER/build on a fresh Debian 12 with nothing else installed, the program
# in FOLDER/run as the unprivileged user. Package sources are this machine's own.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?usage: docker/check.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# One of the two files is there; grep fails for the other.
mirror=$({ grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list \
  /etc/apt/sources.list.d/debian.* 2>/dev/null || true; } | head -1)
[ -n "$mirror" ] || { echo "No Debian mirror is named in this machine's package sources." >&2; exit 1; }

prepare() {
  local root=$1
  # The machine's own package sources, names and npm settings; nothing else of it.
  [ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase bookworm "$root" "$mirror"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  local npm_settings
  npm_settings=$(npm config get userconfig 2>/dev/null || true)
  if [ -f "$npm_settings" ]; then cp -L "$npm_settings" "$root/etc/npm.conf"; fi
  # Certificates that this machine trusts beside Debian's own.
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp -L /usr/local/share/ca-certificates/* "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
}
trap 'umount "$folder"/*/proc "$folder"/*/dev 2>/dev/null || true' EXIT

inside() {
  local root=$1
  shift
  chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt NPM_CONFIG_USERCONFIG=/etc/npm.conf \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    ${no_proxy:+no_proxy="$no_proxy"} "$@"
}

echo "== build stage"
prepare "$folder/build"
rm -rf "$folder/build/src"
mkdir -p "$folder/build/src"
git archive HEAD | tar -x -C "$folder/build/src"
inside "$folder/build" bash -c 'cd /src && scripts/setup.sh build node && ./run.sh build && strip build/release/planbro'

echo "== final stage"
prepare "$folder/run"
inside "$folder/run" apt-get update -q
awk '$1 == "runtime" { print $2 }' packages/debian.txt |
  xargs chroot "$folder/run" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends
chroot "$folder/run" id planbro >/dev/null 2>&1 ||
  chroot "$folder/run" useradd --system --uid 10001 --home-dir /var/lib/planbro --create-home planbro
cp "$folder/build/src/build/release/planbro" "$folder/run/usr/local/bin/planbro"

echo "== health check"
chroot --userspec=10001:10001 "$folder/run" planbro serve --data /var/lib/planbro \
  --listen 127.0.0.1:18080 &
server=$!
health=$(sed -n 's/.*CMD \["bash", "-c", "\(.*\)"\]$/\1/p' docker/Dockerfile | sed 's/\\\\/\\/g; s/8080/18080/')
healthy=1
for _ in $(seq 50); do
  if chroot "$folder/run" bash -c "$health" 2>/dev/null; then
    healthy=0
    break
  fi
  kill -0 "$server" 2>/dev/null || break
  read -r -t 0.1 <> <(:) || true
done
kill -TERM "$server"
wait "$server" || healthy=1
[ "$healthy" = 0 ] && echo "docker/Dockerfile: its steps work and the health check answers" || {
  echo "docker/Dockerfile: FAILED" >&2
  exit 1
}
