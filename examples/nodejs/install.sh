#!/bin/sh
# Installs the npm packages of an example below target, for the build: install.sh EXAMPLE TARGET.
# Where that does not work, for want of npm or of a network, the build goes on and skips the tests of these packages; not so with CI=true.

example=$1
target=$2

if cmp -s "$example/package-lock.json" "$target/installed.json"; then
  exit
fi

mkdir -p "$target"
rm -f "$target/installed.json"
cp "$example/package.json" "$example/package-lock.json" "$target"
# Who has no network is not to wait for it in each build.
retries=0
[ "$CI" = true ] && retries=3
if (cd "$target" && npm ci --ignore-scripts --prefer-offline --fetch-retries=$retries --no-audit --no-fund); then
  cp "$example/package-lock.json" "$target/installed.json"
elif [ "$CI" = true ]; then
  echo "npm ci failed for $example: with CI=true no test is skipped" >&2
  exit 1
else
  echo "npm ci failed for $example: tests that need its packages are skipped" >&2
fi
