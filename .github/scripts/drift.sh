#!/usr/bin/env bash
# Whether an environment is what was generated, as Terraform's state and as AWS say it. Changes nothing, not even a lock.
# Exit code 0: it is; 1: it differs; 3: not everything could be determined.
#   .github/scripts/drift.sh prod
set -euo pipefail
environment=$1
cd "$(dirname "$0")/../.."
# shellcheck source=.github/scripts/stack.sh
source .github/scripts/stack.sh
find_state
terraform -chdir="$stack" init -input=false -no-color >/dev/null
planned=0
terraform -chdir="$stack" plan -input=false -no-color -lock=false -detailed-exitcode || planned=$?
verified=0
miyabi-infra verify --env "$environment" || verified=$?
if [ $planned = 2 ] || [ $verified = 1 ]; then exit 1; fi
if [ $planned != 0 ] || [ $verified != 0 ]; then exit 3; fi
