#!/usr/bin/env bash
# The environments whose state is in a bucket, as a JSON list; with a revision, those whose stack differs from it.
#   .github/scripts/environments.sh origin/main
set -euo pipefail
cd "$(dirname "$0")/../.."
since=${1:+$(git merge-base "$1" HEAD)}
for manifest in cdktf.out/stacks/*/cdk.tf.json; do
    [ -n "$(jq -r '.terraform.backend.s3.bucket // empty' "$manifest")" ] || continue
    [ -n "$since" ] && git diff --quiet "$since" HEAD -- "$(dirname "$manifest")" && continue
    jq -r '.provider.aws[0].default_tags[0].tags.Environment' "$manifest"
done | jq -R . | jq -sc .
