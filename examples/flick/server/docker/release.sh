#!/bin/sh
# Written by `landfall export dockerfile`. Change landfall.yaml and export again.
# The release of server.
set -eu

echo 'landfall: migrate: begins' >&2
if node migrate.js --check; then
  echo 'landfall: migrate: nothing to do' >&2
else
  node migrate.js
fi
node /landfall/landfall.mjs once DATABASE_URL 'server: admin' -- node create-admin.js --if-set
