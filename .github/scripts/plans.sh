#!/usr/bin/env bash
# Plan every environment whose stack differs from a revision: changed.json, a JSON list of those with changes, and
# comment.md, the summary of all plans. With a commit, plan.sh keeps each plan for apply.sh.
#   .github/scripts/plans.sh origin/main plans
set -euo pipefail
since=$1 folder=$2 commit=${3:-}
cd "$(dirname "$0")/../.."
mkdir -p "$folder"
changed=() plans=()
for environment in $(.github/scripts/environments.sh "$since" | jq -r '.[]'); do
    code=0
    .github/scripts/plan.sh "$environment" "$folder" ${commit:+"$commit"} || code=$?
    case $code in
    0) ;;
    2) changed+=("$environment") ;;
    *) exit 1 ;;
    esac
    plans+=(--plan "$folder/$environment.json")
done
printf '%s\n' "${changed[@]}" | jq -R 'select(. != "")' | jq -sc . >"$folder/changed.json"
code=0
miyabi-infra summary --since "$since" "${plans[@]}" >"$folder/comment.md" || code=$?
[ $code = 0 ] || [ $code = 1 ] || exit "$code" # 1: the infrastructure changes
