"""A bucket as a file system: parts of files, moves, listings, removal of all of it."""

import sys
from pathlib import Path

import s3fs  # type: ignore[import-not-found]  # of requirements.lock

big = Path(sys.argv[1])
files = s3fs.S3FileSystem()
files.mkdir("s3fs-files")
files.put(str(big), "s3fs-files/a/big.bin")
with files.open("s3fs-files/a/ü +&.txt", "w") as text:
    text.write("hello")
assert files.find("s3fs-files") == ["s3fs-files/a/big.bin", "s3fs-files/a/ü +&.txt"]
with files.open("s3fs-files/a/big.bin") as read:
    read.seek(1000)
    assert read.read(10) == big.read_bytes()[1000:1010]
files.mv("s3fs-files/a/ü +&.txt", "s3fs-files/b/moved.txt")
assert files.cat("s3fs-files/b/moved.txt") == b"hello"
files.rm("s3fs-files", recursive=True)
assert not files.exists("s3fs-files")
