"""The floor: cdktf in Python with an empty stack and no provider, loaded as it is. argv: output folder."""

import sys

from cdktf import App, TerraformStack

app = App(outdir=sys.argv[1])
TerraformStack(app, "floor")
app.synth()
