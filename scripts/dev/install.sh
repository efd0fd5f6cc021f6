#!/usr/bin/env bash
# Installs the Debian packages that are missing: ./dev install [fuzz|tidy|thorough]. Without a word: what building,
# testing and the lint need. Quick when nothing is missing: one query of dpkg.
set -euo pipefail

packages=(
    cmake ninja-build gcc g++ libc6-dev clang-format
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libfarmhash-dev zlib1g-dev libzstd-dev
    libxxhash-dev librandom123-dev libcmocka-dev pkg-config
    gzip zstd python3 python3-venv ca-certificates
)
case ${1:-} in
    "") ;;
    fuzz) packages+=(clang libclang-rt-14-dev) ;;
    tidy) packages+=(clang clang-tidy) ;;
    thorough) packages+=(valgrind) ;;
    *)
        echo "./dev install: expected fuzz, tidy, thorough or nothing, got \"$1\"" >&2
        exit 2
        ;;
esac

missing=()
for package in "${packages[@]}"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" != installed ]; then
        missing+=("$package")
    fi
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "./dev install: missing packages (${missing[*]}); run as root, or install sudo" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "installing ${missing[*]}"
apt=(env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get -qq -o Dpkg::Use-Pty=0)
"${as_root[@]}" "${apt[@]}" update
"${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
