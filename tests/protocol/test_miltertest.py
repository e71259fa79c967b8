"""The same filter under miltertest, an implementation of the protocol that is not ours."""

import glob
import os
import subprocess

import pytest

from coexist_testing.wait import SLOWNESS
from scene import HERE, THERE

FOLDER = os.path.join(os.path.dirname(__file__), "lua")
COMMON = os.path.join(FOLDER, "common.lua")
SCRIPTS = sorted(set(glob.glob(f"{FOLDER}/*.lua")) - {COMMON})


@pytest.mark.parametrize("script", SCRIPTS, ids=[os.path.basename(s)[:-4] for s in SCRIPTS])
def test_miltertest(daemon, script):
    words = {"SOCKET": daemon.socket, "COMMON": COMMON, "HERE": HERE, "THERE": THERE}
    defined = [word for name, value in words.items() for word in ("-D", f"{name}={value}")]
    done = subprocess.run(
        ["miltertest", *defined, "-s", script], capture_output=True, text=True,
        timeout=30 * SLOWNESS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
