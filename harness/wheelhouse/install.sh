#!/bin/sh
# Installs TapStack where there is no network, from the folder that this file lies in, which has to
# stay there: packages of functions come from it, too.
#   ./install FOLDER          makes FOLDER, with the project and all that it needs
#   ./install FOLDER --dev    with the tools of the tests
# FOLDER must not be there yet. Needs Linux, sha256sum and tar, and Python 3.13 if there is no
# python.tar.gz here.
set -eu

stop() {
    printf '%s\n' "$@" >&2
    exit 2
}

here=$(dirname -- "$(readlink -f -- "$0")")
folder=${1:-}
[ -n "$folder" ] || stop "Say where to install: $0 FOLDER"
shift
[ ! -e "$folder" ] || stop "$folder is there already." "Name another folder, or remove it."

# Nothing that is not in the list, for sources are built with whatever lies beside them.
listed=$(cut -c 67- "$here/SHA256SUMS" | LC_ALL=C sort)
found=$(cd "$here" && find . -type f ! -path ./SHA256SUMS | LC_ALL=C sort)
[ "$listed" = "$found" ] && (cd "$here" && sha256sum --check --quiet --strict SHA256SUMS >&2) ||
    stop "$here is not as it was made." "Copy it again, and compare the hash that was shown then."
echo "as it was made, if this hash is the one shown then:" \
    "$(sha256sum "$here/SHA256SUMS" | cut -d ' ' -f 1)"

mkdir -p -- "$folder"
tar -xzf "$here/project.tar.gz" -C "$folder"
mkdir -m 700 -- "$folder/.tapstack"
ln -s -- "$here" "$folder/.tapstack/wheelhouse"
if [ -f "$here/python.tar.gz" ]; then
    mkdir -- "$folder/.tapstack/python"
    tar -xzf "$here/python.tar.gz" -C "$folder/.tapstack/python"
fi
mkdir -- "$folder/.tapstack/runtimes"
tar -xzf "$here/runtimes.tar.gz" -C "$folder/.tapstack/runtimes"
if [ -f "$here/image.tar.gz" ] && docker version > /dev/null 2>&1; then
    docker load --quiet --input "$here/image.tar.gz"
fi
"$folder/tapstack" install "$@"
echo "installed in $folder: ./tapstack up there"
