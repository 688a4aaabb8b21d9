#!/usr/bin/env bash
# Upload a build of the frontend, and let CloudFront fetch it again. What has a hash in its name is kept for a year and
# never deleted, because pages that are open still ask for it; index.html, which names the others, comes last.
#   .github/scripts/frontend.sh prod ../miyabi-frontend/dist
set -euo pipefail
environment=$1 build=$(realpath "$2")
cd "$(dirname "$0")/../.."
# shellcheck source=.github/scripts/stack.sh
source .github/scripts/stack.sh
[ -f "$build/index.html" ] || { echo "$build has no index.html" >&2; exit 2; }
body=$stack/modules/frontend/main.tf.json
[ -f "$body" ] || { echo "$environment has no frontend: set frontend.enabled" >&2; exit 2; }
site=$(jq -r '.resource.aws_s3_bucket.site.bucket' "$body")
comment=$(jq -r '.resource.aws_cloudfront_distribution | to_entries[0].value.comment' "$body")
put=(aws s3 cp --recursive --only-show-errors)
if [ -d "$build/assets" ]; then
    "${put[@]}" "$build/assets" "s3://$site/assets" --cache-control 'public, max-age=31536000, immutable'
fi
"${put[@]}" "$build" "s3://$site" --exclude 'assets/*' --exclude index.html --cache-control 'public, max-age=300'
aws s3 cp --only-show-errors "$build/index.html" "s3://$site/index.html" --cache-control no-cache
distribution=$(aws cloudfront list-distributions \
    --query "DistributionList.Items[?Comment=='$comment'].Id" --output text)
aws cloudfront create-invalidation --distribution-id "$distribution" --paths '/*' --query Invalidation.Id --output text
