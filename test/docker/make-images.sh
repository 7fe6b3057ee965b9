#!/bin/sh
# Makes stand-ins for the images that our exports name, where no registry can be reached: Debian by debootstrap, and in it this
# machine's Node and Debian's own Python, PostgreSQL, Redis and nginx, with the files and variables that the real images have.
# They are called as those are; what is there already stays. `make-images.sh <scratch folder> [names...]`
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=${1:?a scratch folder}
shift
wanted=${*:-debian node python postgres redis nginx}
mkdir -p "$scratch"
# Also newer engines understand the old builder's way, which needs no plug-in.
export DOCKER_BUILDKIT=0

has() { docker image inspect "$1" >/dev/null 2>&1; }
build() { # <tag> <context>, with the network of the host: there may be no other way out
  docker build --quiet --network host --tag "$1" --label landfall.stand-in=yes "$2" >/dev/null 2>"$scratch/build.log" ||
    { cat "$scratch/build.log" >&2; return 1; }
}

if ! has debian:bookworm-slim; then
  root=$scratch/root
  rm -rf "$root"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "${LANDFALL_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$scratch/debootstrap.log" 2>&1 ||
    { tail -20 "$scratch/debootstrap.log" >&2; exit 1; }
  # Containers trust what this machine trusts: there may be a proxy with a certificate of its own.
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/doc "$root"/usr/share/man
  tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - debian:bookworm-slim >/dev/null
  rm -rf "$root"
fi
has debian:bookworm || docker tag debian:bookworm-slim debian:bookworm

for name in $wanted; do
  context=$scratch/$name
  rm -rf "$context"
  mkdir -p "$context"
  case $name in
    debian) ;;
    node)
      has node:24-bookworm-slim && continue
      cp "$here/../../node_modules/node/bin/node" "$context/node"
      npm=$(dirname "$(readlink -f "$(command -v npm)")")/..
      cp -RL "$npm" "$context/npm"
      cat "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" >"$context/ca.crt"
      cp "$here/node.Dockerfile" "$context/Dockerfile"
      build node:24-bookworm-slim "$context"
      docker tag node:24-bookworm-slim node:24-bookworm
      docker tag node:24-bookworm-slim node:24
      ;;
    python)
      has python:3.11-slim-bookworm && continue
      cat "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" >"$context/ca.crt"
      cp "$here/python.Dockerfile" "$context/Dockerfile"
      build python:3.11-slim-bookworm "$context"
      docker tag python:3.11-slim-bookworm python:3.11-bookworm
      ;;
    postgres)
      has postgres:17 && continue
      cp "$here/postgres.Dockerfile" "$context/Dockerfile"
      cp "$here/postgres-entrypoint.sh" "$context/"
      build postgres:15 "$context"
      # Debian's server is older than the name says. What runs on it runs on the newer one; nothing here tests the upgrade.
      docker tag postgres:15 postgres:17
      ;;
    redis)
      has redis:7 && continue
      cp "$here/redis.Dockerfile" "$context/Dockerfile"
      build redis:7 "$context"
      ;;
    nginx)
      has nginx:1.29 && continue
      cp "$here/nginx.Dockerfile" "$context/Dockerfile"
      build nginx:1.29 "$context"
      ;;
    *) echo "no stand-in for $name" >&2; exit 2 ;;
  esac
  rm -rf "$context"
done
