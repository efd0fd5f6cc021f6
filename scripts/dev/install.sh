#!/usr/bin/env bash
# Installs the Debian packages that are missing. Quick when there are none: one query of dpkg.
set -euo pipefail

packages=(
    cmake ninja-build gcc g++ clang clang-format pkg-config ca-certificates
    libdnnl-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libfarmhash-dev zlib1g-dev libzstd-dev
    libxxhash-dev librandom123-dev libjansson-dev libcmocka-dev
    gzip zstd python3
)

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
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${as_root[@]}" "${apt[@]}" update
"${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
