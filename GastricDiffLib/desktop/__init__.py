"""The Slicer module's panels and their logic; the only room that imports qt.

``panel`` puts the sections together; each section is a panel, which declares and relays, and a
logic free of qt. Nothing here imports torch: what needs it runs in a process of its own.
"""
