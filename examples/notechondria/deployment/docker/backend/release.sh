#!/bin/sh
# Written by `landfall export northflank`. Change landfall.yaml and export again.
# The release of backend.
set -eu

echo 'landfall: migrate: begins' >&2
if node migrate.js --check; then
  echo 'landfall: migrate: nothing to do' >&2
else
  node migrate.js
fi
echo 'landfall: collect-static: begins' >&2
node collect-static.js --clear
echo 'landfall: end-sessions: begins' >&2
node end-sessions.js
node /landfall/landfall.mjs once DATABASE_URL 'backend: platform' -- node bootstrap.js
