"""`miyabi-infra adopt`: what the generated stack would change of a state, and the overlay lines that keep it.

state        a state file, checked, and copied so that Terraform can plan over it
planning     the plan of a stack over that copy, with `moved` and `import` blocks
differences  the changes of a plan, the most destructive first
moves        resources that the state has at another address
today        what the state holds compared with the stack, value by value
proposals    settings that feed a value, and the values that they may need
solver       the settings that give the values of today, found by synthesizing with them
lines        these settings, checked by the rules, as lines of the overlay
adoption     all of it
"""
