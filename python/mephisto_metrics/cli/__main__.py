"""`python -m mephisto_metrics.cli`: the command line where no script is on the path."""

from mephisto_metrics.cli import main

main()
