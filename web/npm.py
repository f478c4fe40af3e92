"""Run npm in the folder of the web client's sources (`python -m web.npm test`)."""

import os
import subprocess
import sys
from pathlib import Path

from web.building import INSTALLED, SOURCES, NodeNotFound, find_node, lock_checksum


def main() -> int:
    """Run npm with the arguments of the command line; return its exit code."""
    try:
        node = find_node()
    except NodeNotFound as error:
        print(error, file=sys.stderr)
        return 1
    # Scripts of packages look for `node` on PATH.
    path = os.pathsep.join([str(Path(node.run[0]).parent), os.environ.get("PATH", "")])
    code = subprocess.run([*node.npm, *sys.argv[1:]], cwd=SOURCES, env={**os.environ, "PATH": path}).returncode
    if sys.argv[1:2] == ["ci"] and not code:
        INSTALLED.write_text(lock_checksum())  # or the build would install it again, without what checks
    return code


if __name__ == "__main__":
    sys.exit(main())
