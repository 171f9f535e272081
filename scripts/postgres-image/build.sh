#!/usr/bin/env bash
# Builds partywall/postgres:<major> from Debian packages alone, for machines that reach a Debian mirror but no image
# registry. Usage: build.sh [13|15|17]   (as root, with a Docker engine that answers)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
major=${1:-15}
image="partywall/postgres:$major"
mirror=${PARTYWALL_DEBIAN_MIRROR:-http://deb.debian.org/debian}

# Each Debian release carries one major version.
case "$major" in
  13) suite=bullseye ;;
  15) suite=bookworm ;;
  17) suite=trixie ;;
  *) echo "No Debian release carries PostgreSQL $major: use 13, 15 or 17." >&2; exit 2 ;;
esac

if docker image inspect "$image" >/dev/null 2>&1; then
  echo "$image is there already"
  exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/partywall-image.XXXXXX")
# debootstrap mounts /proc into the tree: it must be gone before rm -rf walks in.
trap 'umount "$work/root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
root="$work/root"

debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; exit 1; }

# The package would create and start a cluster of its own; the entrypoint creates the one that counts.
mkdir -p "$root/etc/postgresql-common"
echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
cp /etc/resolv.conf "$root/etc/resolv.conf"
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y --no-install-recommends "postgresql-$major" \
  >>"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; exit 1; }
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root/usr/share/doc" "$root/usr/share/man" \
  "$root/usr/sbin/policy-rc.d"

install -m 755 "$here/docker-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
install -d -o 0 -g 0 -m 1777 "$root/var/run/postgresql"
tar --numeric-owner --one-file-system -C "$root" -c . | docker import \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/'"$major"'/bin' \
  --change 'ENV PGDATA=/var/lib/postgresql/data' \
  --change 'ENV LANG=C.UTF-8' \
  --change 'EXPOSE 5432' \
  --change 'ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]' \
  --change 'CMD ["postgres"]' \
  - "$image" >/dev/null
echo "$image is built"
