#!/bin/sh
# Written by `landfall export cloudron`. Change landfall.yaml and export again.
# The release of web.
set -eu

echo 'landfall: migrate: begins' >&2
if gosu app:app node migrate.js --check; then
  echo 'landfall: migrate: nothing to do' >&2
else
  gosu app:app node migrate.js
fi
