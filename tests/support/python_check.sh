#!/usr/bin/env bash
# python_check.sh PACKAGES SCRIPT [ARGS...]: run SCRIPT in a virtual environment that has PACKAGES (names with blanks
# between them) and numpy.
# The environment is made in the current folder (the build tree) once; a lock serves tests that run side by side.
# Exit code 77: no Python or no package here, nothing was checked.
set -u
read -ra packages <<<"$1"
script=$2
shift 2
venv=$PWD/python_packages/${packages[0]}

skip() {
    echo "skipped: $1"
    exit 77
}

command -v python3 >/dev/null || skip "no python3"
mkdir -p "$PWD/python_packages" || skip "no place for packages in $PWD"
exec 9>"$PWD/python_packages/lock"
flock 9
if ! [ -e "$venv/complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" >/dev/null 2>&1 || skip "python3 has no venv module"
    "$venv/bin/pip" install --quiet --retries 1 --timeout 20 numpy "${packages[@]}" >"$venv/pip.log" 2>&1 ||
        skip "package ${packages[*]} cannot be installed"
    touch "$venv/complete"
fi
flock -u 9
exec "$venv/bin/python" "$script" "$@"
