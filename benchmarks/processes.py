"""What a process and its children have used, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return a process and all that came from it."""
    found = [pid]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == pid:
                found += family(int(entry.name))
    return found


def cpu_seconds(pid: int) -> tuple[float, float]:
    """Return the user and system time of a process, and of all that came from it (ended children included)."""
    used = {}
    for member in family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used[member] = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    own, ended = used.pop(pid, (0, 0))
    return own / _TICK, (ended + sum(sum(pair) for pair in used.values())) / _TICK


def peak_megabytes(pid: int) -> tuple[float, float]:
    """Return the sum of the family's peak RSS, and of its proportional share now (pages shared are counted once)."""
    peak = share = 0
    for member in family(pid):
        try:
            for line in Path(f"/proc/{member}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak += int(line.split()[1])
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    share += int(line.split()[1])
        except OSError:
            continue
    return peak / 1024, share / 1024
