#!/usr/bin/env python3
"""Runs clang-tidy on the files given, unless the same preprocessed text was clean before.

Used by scripts/check-tidy.sh; the folder TIDY_CACHE holds one empty file for each clean text.
"""
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

BUILD = pathlib.Path("build/tidy")


def arguments_of(path):
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if os.path.samefile(os.path.join(entry["directory"], entry["file"]), path):
            words = shlex.split(entry["command"])
            start = next(i for i, word in enumerate(words) if "clang++" in word)
            return entry["directory"], words[start:]
    return None


def key_of(path):
    """A digest of all that clang-tidy's verdict depends on; None if it is not part of the build."""
    found = arguments_of(path)
    if found is None:
        return None
    directory, words = found
    output = words.index("-o")
    words = words[:output] + words[output + 2:]
    words.remove("-c")
    text = subprocess.run(words + ["-E", "-P"], cwd=directory, capture_output=True, check=True).stdout
    checks = pathlib.Path(".clang-tidy").read_bytes()
    return hashlib.sha256(checks + pathlib.Path(path).read_bytes() + text).hexdigest()


def main():
    cache = pathlib.Path(os.environ["TIDY_CACHE"])
    cache.mkdir(parents=True, exist_ok=True)
    failed = False
    for path in sys.argv[1:]:
        key = key_of(path)
        if key is None:
            print(f"{path}: not part of the tidy build", file=sys.stderr)
            continue
        stamp = cache / key
        if stamp.exists():
            continue
        result = subprocess.run(
            ["clang-tidy-19", "-p", str(BUILD), "--quiet", "--warnings-as-errors=*", path],
            capture_output=True, text=True)
        if result.returncode == 0:
            stamp.touch()
        else:
            failed = True
            print(result.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
