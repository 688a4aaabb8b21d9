"""Hand-written HCL: parsed, evaluated under the values of one environment, with what the provider makes of it."""
