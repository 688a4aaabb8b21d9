#!/usr/bin/env bash
# Build the image for real, from stand-ins of the base images and the sample program, and run it as Fargate would: not as
# root, on a read-only file system, called by the health check of dev's task definition. `make image-test`; as root.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in buildah debootstrap jq; do
    command -v "$program" >/dev/null || { echo "make image-test needs $program: apt-get install $program" >&2; exit 2; }
done
commit=$(git rev-parse HEAD)
work=$(mktemp -d)
container="" server=""
clean() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    mountpoint -q "$work/root" && umount "$work/root"
    [ -z "$container" ] || buildah rm "$container" >/dev/null
    rm -rf "$work"
}
trap clean EXIT
storage=${IMAGE_TEST_STORAGE:-$work/storage}
buildah() { command buildah --root "$storage" --storage-driver overlay "$@"; }
# shellcheck disable=SC2016 # apt expands it
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -n 1)

stand_in() { # <tag> <packages>: an image of Debian with some packages
    buildah inspect --type image "$1" >/dev/null 2>&1 && return
    echo "making $1" >&2
    debootstrap --variant=minbase --include="$2" bookworm "$work/base" "$mirror" >"$work/debootstrap.log" ||
        { tail "$work/debootstrap.log" >&2; return 1; }
    local made
    made=$(buildah from scratch)
    buildah add --quiet "$made" "$work/base" / >/dev/null
    buildah commit --quiet --rm "$made" "$1" >/dev/null
    rm -rf "$work/base"
}
stand_in localhost/debian:slim ca-certificates
stand_in localhost/rust:slim ca-certificates,cargo,rustc,gcc,libc6-dev

build() { # build the sample as it is in $work/sample; $1 is the tag, more arguments are options
    buildah build --quiet --isolation chroot --format docker --layers --file docker/Dockerfile \
        --ignorefile docker/Dockerfile.dockerignore --build-arg RUST_IMAGE=localhost/rust:slim \
        --build-arg RUNTIME_IMAGE=localhost/debian:slim --build-arg COMMIT="$commit" --tag "$@" "$work/sample"
}
manifests() { # what the dependencies are built from: BuildKit builds them again only when these files differ
    local made
    build manifests --target manifests >&2
    made=$(buildah from manifests)
    (cd "$(buildah mount "$made")/build" && find . -type f -exec sha256sum {} + | sort)
    buildah rm "$made" >/dev/null
}
cp -r docker/sample "$work/sample"
build miyabi-web-api
before=$(manifests)
[ "$(buildah inspect --type image --format '{{index .Docker.Config.Labels "org.opencontainers.image.revision"}}' \
    miyabi-web-api)" = "$commit" ]

# A change of a source file is in the program, and leaves what the dependencies are built from as it is.
sed -i 's/healthy/as healthy as can be/' "$work/sample/crates/answers/src/status.rs"
[ "$(manifests)" = "$before" ]
build miyabi-web-api

container=$(buildah from miyabi-web-api)
mkdir "$work/root"
mount --bind "$(buildah mount "$container")" "$work/root"
mount -o remount,ro,bind "$work/root"
inside=(chroot --userspec=10001:10001 "$work/root" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin COMMIT="$commit")
"${inside[@]}" /usr/local/bin/miyabi-web-api &
server=$!
check=$(jq -r '.locals.container_definitions[0].healthCheck.command[1]' \
    cdktf.out/stacks/miyabi-dev/modules/ecs/main.tf.json)
sleep 1
"${inside[@]}" sh -c "$check"
[ "$("${inside[@]}" curl --silent http://localhost:8080/health)" = "as healthy as can be" ]
[ "$("${inside[@]}" curl --silent http://localhost:8080/commit)" = "$commit" ]
[ "$(ps -o uid= -p "$server" | tr -d ' ')" = 10001 ]
if "${inside[@]}" sh -c 'true >/home/file' 2>/dev/null; then echo "the file system is not read-only" >&2; exit 1; fi
if "${inside[@]}" sh -c "${check/health/nothing}" >/dev/null 2>&1; then echo "the check takes a 404 for health" >&2; exit 1; fi
size=$(du -sm "$work/root" | cut -f1)
echo "the image works: $size MB with this base, of which $(du -sm "$work/root/usr/local" | cut -f1) MB are the program"
