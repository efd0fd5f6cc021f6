# room(name [USES rooms...]): static library rk_<name> from src/<name>/**/*.{c,cc}, main.c apart (that is the program).
#
# The folders of a room that hold headers or plug-in lists are its include path.
function(room name)
  cmake_parse_arguments(ROOM "" "" "USES" ${ARGN})
  set(target rk_${name})
  set(root ${CMAKE_CURRENT_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/*.c ${root}/*.cc)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${root}/*.h ${root}/*.def)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")

  set(folders ${root})
  foreach(header IN LISTS headers)
    cmake_path(GET header PARENT_PATH folder)
    list(APPEND folders ${folder})
  endforeach()
  list(REMOVE_DUPLICATES folders)
  list(TRANSFORM ROOM_USES PREPEND rk_ OUTPUT_VARIABLE uses)

  add_library(${target} STATIC ${sources})
  target_compile_options(${target} PRIVATE ${ROCKET_WARNINGS} $<$<COMPILE_LANGUAGE:C>:-Wconversion>)
  target_include_directories(${target} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include ${folders})
  target_link_libraries(${target} PUBLIC ${uses})
  room_kernels(${sources})
endfunction()

# Third-party libraries of the room that wraps them (interface targets of Packages.cmake). Their headers are visible to
# this room only; the link follows it everywhere.
function(room_links name)
  target_link_libraries(rk_${name} PRIVATE ${ARGN})
endfunction()

# *_avx2.c are compiled for processors with AVX2, FMA, F16C and BMI; *_avx512f.c for those with the first of AVX-512's
# parts as well, *_avx512.c for those with F, DQ, VL, BW and VBMI2, *_vnni.c for F, DQ, VL, BW and VNNI; whoever calls
# them has asked cpuid before.
function(room_kernels)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    return()
  endif()
  if(ROCKET_FUZZ) # clang takes minutes for the tiles else; preset asan checks them with gcc
    set(fewer_checks -fno-sanitize=undefined)
  endif()
  # gcc 12 takes the stack that it makes for this check for aligned to 64 bytes, which it is not (GCC bug 110027)
  if(ROCKET_SANITIZE MATCHES address AND CMAKE_C_COMPILER_ID STREQUAL GNU)
    set(fewer_checks --param=asan-use-after-return=0)
  endif()
  set(avx2 -mavx2 -mfma -mf16c -mbmi -mbmi2)
  set(avx512f ${avx2} -mavx512f)
  set(avx512 ${avx512f} -mavx512dq -mavx512vl -mavx512bw -mavx512vbmi2)
  set(vnni ${avx512f} -mavx512dq -mavx512vl -mavx512bw -mavx512vnni)
  foreach(kind IN ITEMS avx2 avx512f avx512 vnni)
    set(kernels ${ARGN})
    list(FILTER kernels INCLUDE REGEX "_${kind}\\.c$")
    set_source_files_properties(${kernels} PROPERTIES COMPILE_OPTIONS "${${kind}};${fewer_checks}")
  endforeach()
endfunction()
