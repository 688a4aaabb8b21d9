#!/usr/bin/env bash
# Give an image the tag of the environment that is to run it, so that pushes for other environments do not expire it
# (registry.deployed_tag_prefixes). An image that has such a tag is left alone: tags are immutable.
#   .github/scripts/keep.sh prod 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab
# The last line of the output is the image by that tag.
set -euo pipefail
environment=$1 image=$2
registry=${image%%/*}
name=${image#*/}
repository=${name%%[:@]*}
case $name in
*@*) id=imageDigest=${name#*@} ;;
*) id=imageTag=${name##*:} ;;
esac
if [[ $registry != *.dkr.ecr.*.amazonaws.com ]]; then # no registry of ours
    echo "$image"
    exit
fi
region=$(cut -d. -f4 <<<"$registry")
in_registry=(--region "$region" --registry-id "${registry%%.*}" --repository-name "$repository")
found=$(aws ecr describe-images "${in_registry[@]}" --image-ids "$id" \
    --query 'imageDetails[0].imageTags[]' --output text)
[ "$found" != None ] || found= # it has none
read -ra tags <<<"$found"
shortest=${id#*=}
shortest=${shortest#sha256:} # an image by its digest, without a tag
for tag in "${tags[@]}"; do
    if [[ $tag == "$environment"-* ]]; then
        echo "$registry/$repository:$tag"
        exit
    fi
    if [ "${#tag}" -lt "${#shortest}" ]; then
        shortest=$tag # the commit: other environments' tags are longer
    fi
done
tag=$environment-$shortest
manifest=$(aws ecr batch-get-image "${in_registry[@]}" --image-ids "$id" --query 'images[0].imageManifest' --output text)
aws ecr put-image "${in_registry[@]}" --image-tag "$tag" --image-manifest "$manifest" --query image.imageId >&2
echo "$registry/$repository:$tag"
