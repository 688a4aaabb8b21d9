"""`miyabi-infra adopt`: what the generated stack would change of a state, and the overlay lines that keep it.

state        a state file, checked, and copied so that Terraform can plan over it
planning     the plan of a stack over that copy
differences  the plan's changes, sorted by how much they would do
moves        resources that the state has at another address
today        what the state holds, value by value, beside the generated stack
proposals    settings that feed a value, and what they would have to be
solver       the settings that bring the values of today about, found by synthesizing with them
command      all of it, for people and as JSON
"""
