# Compilers' options. What matters: the bits of a result may not depend on how a compiler fuses or reorders floating
# point, hence -ffp-contract=off and never -ffast-math; and a binary runs on any x86-64, hence no -march=native
# (kernels for newer processors have files of their own, see Room.cmake).
option(ROCKET_TESTS "build the tests" ON)
option(ROCKET_FUZZ "build libFuzzer targets (clang only)" OFF)
option(ROCKET_COVERAGE "instrument for coverage" OFF)
set(ROCKET_SANITIZE "" CACHE STRING "sanitizers, as in -fsanitize= (address,undefined or thread)")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden) # what librocket exports is marked ROCKET_API
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_RELEASE "-O3 -g") # assertions stay on: they guard against our own mistakes, not the user's
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g")

add_compile_definitions(_GNU_SOURCE) # Linux: affinity, strtod_l
add_compile_options($<$<COMPILE_LANGUAGE:C>:-ffp-contract=off> -fno-math-errno -fno-omit-frame-pointer)

# maybe-uninitialized is off: gcc cannot know that a status other than ROCKET_OK comes with untouched outputs, and warns
# of every "RK_TRY(open(&fd))"; the static analyser of ./dev lint --tidy, which follows paths, does that work.
# format-truncation is off: snprintf is how texts are cut on purpose.
set(ROCKET_WARNINGS -Wall -Wextra -Werror -Wshadow $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes> -Wvla $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)

if(ROCKET_SANITIZE)
  add_compile_options(-fsanitize=${ROCKET_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ROCKET_SANITIZE})
endif()

if(ROCKET_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

if(ROCKET_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "ROCKET_FUZZ needs clang, not ${CMAKE_C_COMPILER_ID}: configure with --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
