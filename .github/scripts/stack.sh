# shellcheck shell=bash
# Of an environment, for the other scripts: `stack`, its folder, and, after `find_state`, `bucket`, where its state is.
stack=$(grep -l "\"Environment\": \"${environment:?}\"" cdktf.out/stacks/*/cdk.tf.json | head -n 1 | xargs -r dirname || true)
if [ -z "$stack" ]; then
    echo "there is no environment $environment" >&2
    exit 2
fi
find_state() {
    bucket=$(jq -r '.terraform.backend.s3.bucket // empty' "$stack/cdk.tf.json")
    if [ -z "$bucket" ]; then
        echo "the state of $environment is a local file, which a pipeline does not have: set state.backend to s3" >&2
        exit 2
    fi
}
