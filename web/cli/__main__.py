"""`python -m web.cli`: the `ondiris` command where its script is not on the path (the child worker of `serve`)."""

from web.cli import main

main(prog_name="ondiris")
