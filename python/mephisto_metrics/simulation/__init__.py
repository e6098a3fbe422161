"""Runs that make Mephisto's metrics move: a real Operator with simulated workers, or neither.

`mephisto_run` drives an unmodified Mephisto; `packaged` serves the machines where Mephisto cannot
run. Nothing is imported here, because `mephisto_run` has to choose its home before Mephisto loads.
"""
