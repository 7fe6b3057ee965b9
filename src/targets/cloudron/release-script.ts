import { posix } from 'node:path'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { quote } from '../../translate/image/shell.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'
import { writtenBy } from '../../translate/written-by.ts'

/**
 * `docker-release.sh`: builds the image with the version of CloudronManifest.json as its tag, pushes it, sees that it can be pulled
 * without an account, and says what to type next. A tag that is there already is not pushed again: Cloudron would not take it.
 */
export function releaseScript(app: App, main: Component, image: WrittenImage, context: WriteContext): string {
  const { folder } = image.plan
  const host = app.routes.find((r) => r.to === main.name)?.host ?? '<app.example.org>'
  const args = Object.entries(image.buildArgs).flatMap(([name, text]) => (text === undefined ? [name] : []))
  const wanted = context.options.image
  return `#!/bin/sh
# ${writtenBy('cloudron')}
# IMAGE, TAG and PLATFORM in the environment say otherwise; AGAIN=yes pushes over a tag that is there.
set -eu
cd -- "$(dirname -- "$0")"
while [ ! -f CloudronManifest.json ] && [ "$PWD" != / ]; do cd ..; done

version=$(sed -n 's/^ *"version": *"\\([^"]*\\)".*/\\1/p' CloudronManifest.json)
image=${wanted === undefined ? `\${IMAGE:?where it is pushed to: IMAGE=git.example.org/team/app}` : `\${IMAGE:-${wanted}}`}
tag=\${TAG:-$version}
platform=\${PLATFORM:-linux/amd64}
ref=$image:$tag
[ "$tag" = "$version" ] || echo "CloudronManifest.json says $version, and the tag is $tag: an update takes the version from the manifest" >&2

# Without an account, as Cloudron pulls.
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
if [ "\${AGAIN-}" != yes ] && docker --config "$empty" manifest inspect "$ref" >/dev/null 2>&1; then
  echo "$ref is there already: let the version rise, or AGAIN=yes" >&2
  exit 1
fi

docker build --platform "$platform" ${args.map((name) => `--build-arg ${quote(name)} `).join('')}-t "$ref" -f ${quote(posix.join(folder, image.file))} ${quote(folder)}
docker push "$ref"
if ! docker --config "$empty" pull --quiet --platform "$platform" "$ref"; then
  echo "$ref cannot be pulled without an account: make the package public, or enter the registry in Cloudron's dashboard" >&2
  exit 1
fi

echo
echo 'next, beside CloudronManifest.json:'
echo "  cloudron install --image $ref --location ${host}"
echo "  cloudron update --image $ref --app ${host}"
`
}
