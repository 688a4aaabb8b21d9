#!/usr/bin/env bash
# Apply the plan of a commit that plan.sh kept, that plan and no other, and verify the environment.
# Terraform refuses a plan when the state has changed since: then plan again.
#   .github/scripts/apply.sh prod "$(git rev-parse HEAD)"
set -euo pipefail
environment=$1 commit=$2
cd "$(dirname "$0")/../.."
# shellcheck source=.github/scripts/stack.sh
source .github/scripts/stack.sh
find_state
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
kept=s3://$bucket/plans/$environment/$commit.tfplan
aws s3 cp --only-show-errors "$kept" "$folder/plan.tfplan"
terraform -chdir="$stack" init -input=false -no-color >&2
terraform -chdir="$stack" apply -input=false -no-color "$folder/plan.tfplan"
aws s3 rm --only-show-errors "$kept"
miyabi-infra verify --env "$environment"
