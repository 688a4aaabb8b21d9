#!/usr/bin/env bash
# Build an image, push it under its commit, and wait for the scan of the registry. What is there already is not built
# again: tags are immutable. Exit code 1 when the scan finds something critical.
#   .github/scripts/image.sh 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api 3f2c1ab ../miyabi-web-api
# The last line of the output is the image by its digest. PLATFORM is linux/amd64 by default.
set -euo pipefail
repository=$1 commit=$2 sources=$3
cd "$(dirname "$0")/../.."
registry=${repository%%/*}
account=${registry%%.*}
region=$(cut -d. -f4 <<<"$registry")
in_registry=(--region "$region" --registry-id "$account" --repository-name "${repository#*/}")
digest() {
    aws ecr batch-get-image "${in_registry[@]}" --image-ids imageTag="$commit" \
        --query 'images[0].imageId.imageDigest' --output text
}
found=$(digest)
if [ "$found" = None ]; then
    aws ecr get-login-password --region "$region" | docker login --username AWS --password-stdin "$registry" >&2
    # An attestation in the registry would be an image more, which the life cycle counts.
    docker buildx build --platform "${PLATFORM:-linux/amd64}" --provenance=false --push --file docker/Dockerfile \
        --build-arg COMMIT="$commit" --tag "$repository:$commit" "$sources" >&2
    found=$(digest)
fi
aws ecr wait image-scan-complete "${in_registry[@]}" --image-id imageDigest="$found"
critical=$(aws ecr describe-image-scan-findings "${in_registry[@]}" --image-id imageDigest="$found" \
    --query imageScanFindings.findingSeverityCounts.CRITICAL --output text)
if [ "$critical" != None ] && [ "$critical" != 0 ]; then
    echo "$repository:$commit has $critical critical findings: see the registry" >&2
    exit 1
fi
echo "$repository@$found"
