#!/usr/bin/env bash
# Lays out every C source and header as .clang-format says.
set -euo pipefail

find include src tests bench examples -name '*.[ch]' -not -path '*/fixtures/*' -print0 2>/dev/null |
    xargs -0 -r clang-format -i
