#!/usr/bin/env bash
# An open issue of a title gets another comment; without one, it is opened. The text is standard input.
#   .github/scripts/drift.sh prod 2>&1 | .github/scripts/issue.sh "prod differs from what was generated"
set -euo pipefail
title=$1
body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
    echo '```text'
    tail -c 60000
    echo '```'
} >"$body"
number=$(gh issue list --state open --search "in:title \"$title\"" --json number,title |
    jq -r --arg title "$title" '[.[] | select(.title == $title)][0].number // empty')
if [ -n "$number" ]; then
    gh issue comment "$number" --body-file "$body"
else
    gh issue create --title "$title" --body-file "$body"
fi
