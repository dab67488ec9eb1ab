#!/usr/bin/python3
"""The loop of the case `async-export`: a table of 64-bit words goes into an HDF5 file and out again.

    export.py write CANARY FILE    the words of CANARY as columns, with DataFrame.to_hdf
    export.py read FILE            the same words on standard output, with pandas.read_hdf

It checks nothing itself: whether the words are right is asked by who runs it.
"""

import sys

import numpy
import pandas

KEY = "export"
COLUMNS = 16


def write(canary: str, file: str) -> None:
    words = numpy.fromfile(canary, dtype="<i8").reshape(-1, COLUMNS)
    frame = pandas.DataFrame(words, columns=[f"column{at}" for at in range(COLUMNS)])
    frame.to_hdf(file, key=KEY, mode="w")


def read(file: str) -> None:
    words = pandas.read_hdf(file, key=KEY).to_numpy(dtype="<i8")
    sys.stdout.buffer.write(numpy.ascontiguousarray(words).tobytes())


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
