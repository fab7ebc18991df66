#!/bin/sh
# Make the virtual environment, with the one Debian package it needs when we may install it.
set -eu
python=$1 folder=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "maild needs Python 3.11 or newer; $python is older." >&2; exit 1; }
if "$python" -c 'import ensurepip, venv' 2>/dev/null; then :
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
else
	echo "Python's venv module is missing; install it first: sudo apt-get install python3-venv" >&2; exit 1
fi
exec "$python" -m venv "$folder"
