#!/bin/sh
# Written by `landfall export cloudron`. Change landfall.yaml and export again.
# IMAGE, TAG and PLATFORM in the environment say otherwise; AGAIN=yes pushes over a tag that is there.
set -eu
cd -- "$(dirname -- "$0")"
while [ ! -f CloudronManifest.json ] && [ "$PWD" != / ]; do cd ..; done

version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' CloudronManifest.json)
image=${IMAGE:-git.medlab.host/communityrule/community-rule}
tag=${TAG:-$version}
platform=${PLATFORM:-linux/amd64}
ref=$image:$tag
[ "$tag" = "$version" ] || echo "CloudronManifest.json says $version, and the tag is $tag: an update takes the version from the manifest" >&2

# Without an account, as Cloudron pulls.
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
if [ "${AGAIN-}" != yes ] && docker --config "$empty" manifest inspect "$ref" >/dev/null 2>&1; then
  echo "$ref is there already: let the version rise, or AGAIN=yes" >&2
  exit 1
fi

docker build --platform "$platform" -t "$ref" -f Dockerfile .
docker push "$ref"
if ! docker --config "$empty" pull --quiet --platform "$platform" "$ref"; then
  echo "$ref cannot be pulled without an account: make the package public, or enter the registry in Cloudron's dashboard" >&2
  exit 1
fi

echo
echo 'next, beside CloudronManifest.json:'
echo "  cloudron install --image $ref --location communityrule.info"
echo "  cloudron update --image $ref --app communityrule.info"
