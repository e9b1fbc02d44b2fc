#!/usr/bin/env bash
# Runs a real OpenID provider (npm package oidc-provider, pinned by the lock file
# beside provider.mjs) on loopback, for the tests of internal/platform/authn.
#   REDIRECT_URI=… CLIENT_ID=… CLIENT_SECRET=… scripts/oidc-provider.sh
# prints the issuer's address and serves until it is killed. The first run
# downloads the package into ${FUNN_TEST_CACHE:-~/.cache/funn}; exit 3 means that
# Node 20 or npm is not on this machine.
set -euo pipefail
source=$(cd "$(dirname "$0")/../internal/platform/authn/testdata/provider" && pwd)
node=$(command -v node || true)
if [ -z "$node" ] || ! command -v npm >/dev/null || [ "$("$node" -p 'parseInt(process.versions.node)')" -lt 20 ]; then
  echo "no Node 20 with npm on this machine (Debian: apt-get install nodejs npm)" >&2
  exit 3
fi
lock=$(sha256sum "$source/package-lock.json" | cut -c1-12)
cache=${FUNN_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/funn}/oidc-provider-$lock
if [ ! -d "$cache" ]; then
  # Made beside and moved into place, so that two runs at once do no harm.
  fresh=$(mktemp -d "${TMPDIR:-/tmp}/oidc-provider.XXXXXX")
  cp "$source/package.json" "$source/package-lock.json" "$fresh/"
  (cd "$fresh" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  mkdir -p "$(dirname "$cache")"
  mv -T "$fresh" "$cache" 2>/dev/null || rm -rf "$fresh"
fi
cp "$source/provider.mjs" "$cache/provider.mjs"
exec "$node" "$cache/provider.mjs"
