"""What `make install` installs, in a folder."""

import os
import subprocess

from coexist_testing.daemon import OUT, ROOT
from coexist_testing.net import make_folder, remove_folder
from coexist_testing.wait import MODE


class Installed:
    """`make install` of the build under test, below .folder; close() removes it."""

    def __init__(self, prefix="/usr"):
        self.prefix = prefix
        self.folder = make_folder("installed")
        try:
            self.make("install")
        except BaseException:
            self.close()
            raise

    def make(self, target):
        build = OUT if MODE == "plain" else os.path.dirname(OUT)
        done = subprocess.run(
            ["make", "-s", "-o", OUT, target, f"BUILD={build}", f"MODE={MODE}",
             f"PREFIX={self.prefix}", f"DESTDIR={self.folder}"],
            cwd=ROOT, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL,
            env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
        )
        assert done.returncode == 0, done

    def files(self):
        """The paths of all files, as on the host that they are for."""
        return sorted(
            os.path.join(folder, name)[len(self.folder):]
            for folder, _, names in os.walk(self.folder) for name in names
        )

    def path(self, file):
        """The place of a file now; below the prefix unless it begins with a slash."""
        return self.folder + (file if file.startswith("/") else f"{self.prefix}/{file}")

    def read(self, file):
        with open(self.path(file)) as opened:
            return opened.read()

    def close(self):
        remove_folder(self.folder)
