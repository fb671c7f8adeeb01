"""The engine: pure. State and an event go in; new state, effects and a trace come out (see `step`).

Nothing here reads a clock, a file, a socket or a random source, and nothing here imports another part of `ivr`.
"""
