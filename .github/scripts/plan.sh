#!/usr/bin/env bash
# Plan an environment into a folder: <environment>.tfplan, and <environment>.json for `miyabi-infra summary --plan`.
# Exit code as of `terraform plan -detailed-exitcode`: 0 without changes, 2 with changes.
#   .github/scripts/plan.sh prod plans
# With a third argument, a commit, the plan is kept for apply.sh in the bucket of the states. A plan has secrets in it:
# it must not become an artifact of the workflow.
set -euo pipefail
environment=$1 folder=$2 commit=${3:-}
cd "$(dirname "$0")/../.."
# shellcheck source=.github/scripts/stack.sh
source .github/scripts/stack.sh
find_state
mkdir -p "$folder"
plan=$(realpath "$folder")/$environment.tfplan
terraform -chdir="$stack" init -input=false -no-color >&2
code=0
terraform -chdir="$stack" plan -input=false -no-color -detailed-exitcode -out="$plan" >&2 || code=$?
[ $code = 0 ] || [ $code = 2 ] || exit 1
terraform -chdir="$stack" show -json "$plan" >"$folder/$environment.json"
if [ -n "$commit" ] && [ $code = 2 ]; then
    aws s3 cp --only-show-errors --sse AES256 "$plan" "s3://$bucket/plans/$environment/$commit.tfplan"
fi
exit $code
