#!/usr/bin/env bash
# librocket as it is installed: the headers compile alone, the example builds through pkg-config and through CMake,
# against the shared and the static library, and prints the scores that predict prints; nothing is exported but what
# score.h declares; a process that scores writes nothing but what it was asked for and starts no thread.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

build=$(dirname "$rocket") prefix=$work/prefix example=$ROCKET_SOURCE_DIR/examples/score.c
sanitize=${ROCKET_SANITIZE:+-fsanitize=$ROCKET_SANITIZE}
strict="-Wall -Wextra -Wpedantic -Werror"
run 0 cmake --install "$build" --prefix "$prefix"
library=$(dirname "$(find "$prefix" -name librocket.so)")

# ---- headers ----
for header in score status; do
    echo "#include <rocket/$header.h>" >alone.c
    cp alone.c alone.cc
    run 0 cc -std=c11 $strict -I "$prefix/include" -c alone.c -o alone.o
    run 0 c++ -std=c++17 $strict -I "$prefix/include" -c alone.cc -o alone.o
done

# ---- symbols ----
grep -oE '\<rocket_[a-z_]+\(' "$prefix/include/rocket/score.h" | tr -d '(' | sort -u >declared
nm -D --defined-only "$library/librocket.so" | awk '$2 == "T" { print $3 }' | sed 's/@.*//' | sort >shared.names
nm -g --defined-only "$library/librocket.a" | awk 'NF == 3 { print $3 }' | sort >static.names
check "the header declares functions" [ "$(wc -l <declared)" -ge 16 ]
if [ -z "$sanitize" ]; then # sanitizers add names of their own
    same declared shared.names
    same declared static.names
fi
check "soname" grep -q 'librocket\.so\.0' <(objdump -p "$library/librocket.so" | grep SONAME)

# ---- a model, and what predict says ----
small_csv 200 1 >train.csv
cp train.csv eval.csv
run 0 "$rocket" train -q -c "$cli_tests/data/small.config" --set model_dir=run
model=$(find run/export -name model.safetensors | tail -1)
{
    echo item,city,tags,price
    awk -F, -v OFS=, 'NR <= 20 { print $3, $4, $5, $6 }' train.csv
    echo 3,,,
} >candidates.csv
awk -F, -v OFS=, 'NR > 1 { print 0, "u7", $1, $2, $3, $4 }' candidates.csv >rows.csv
run 0 "$rocket" predict -q -m "$model" -i rows.csv -o out.csv --output-cols probs_light_1
awk -F, 'NR > 1 { print $1 }' out.csv >expected

scores() { # program
    run 0 bash -c "LD_LIBRARY_PATH=$library $1 $model user=u7 <candidates.csv"
    cp "$out" found
    check "$1 says nothing else" [ ! -s "$err" ]
    if python3 - found expected <<'PYTHON'; then good; else bad "$1 and predict differ"; fi
import sys
a, b = ([float(line) for line in open(path)] for path in sys.argv[1:])
assert len(a) == len(b) == 21 and len(set(a)) > 5
assert all(abs(x - y) < 1e-6 for x, y in zip(a, b)), max(abs(x - y) for x, y in zip(a, b))
PYTHON
}

# ---- pkg-config ----
export PKG_CONFIG_PATH=$library/pkgconfig
run 0 cc $strict $sanitize "$example" $(pkg-config --cflags --libs rocket) -o by_pkg_config
scores ./by_pkg_config
run 0 cc $strict $sanitize "$example" $(pkg-config --cflags rocket) "$library/librocket.a" \
    $(pkg-config --libs --static rocket | sed 's/-lrocket//') -o by_pkg_config_static
scores ./by_pkg_config_static
check "version" [ "$(pkg-config --modversion rocket)" = "$("$rocket" --version | awk '{ print $2 }')" ]

# ---- CMake ----
mkdir project
cat >project/CMakeLists.txt <<TEXT
cmake_minimum_required(VERSION 3.16)
project(example C)
find_package(rocket 0.1 REQUIRED)
add_compile_options(-Wall -Wextra -Wpedantic -Werror $sanitize)
add_link_options($sanitize)
add_executable(shared $example)
target_link_libraries(shared rocket::rocket)
add_executable(static $example)
target_link_libraries(static rocket::static)
TEXT
run 0 cmake -G Ninja -S project -B project/build -DCMAKE_PREFIX_PATH="$prefix"
run 0 cmake --build project/build
scores project/build/shared
scores project/build/static

# ---- what a process sees ----
run 2 ./by_pkg_config_static
run 1 ./by_pkg_config_static nowhere.safetensors user=u7
said "$err" 'nowhere.safetensors: cannot open'
run 2 ./by_pkg_config_static "$model" usr=u7
said "$err" 'no field "usr"; did you mean "user"'
sed 1d candidates.csv >headless.csv
run 4 bash -c "./by_pkg_config_static $model user=u7 <headless.csv"
said "$err" 'expected names of the model.s fields in the first line, found none'
run 4 ./by_pkg_config_static "$model" user=u7
check "an example is short" [ "$(wc -l <"$example")" -lt 120 ]
head -c 1000 "$model" >cut.safetensors
run 5 ./by_pkg_config_static cut.safetensors user=u7
said "$err" 'cut.safetensors: .*(cut off|bytes)'
finish
