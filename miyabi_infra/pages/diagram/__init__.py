"""The architecture picture of an environment: what its generated stack holds, drawn as SVG or written as Mermaid.

`facts` reads the stack, `layout` places what it found, `svg` and `mermaid` write it, `show` is the command. Nothing is
drawn that is not generated, and what has no place of its own is counted in a card: the picture leaves nothing out.
"""
