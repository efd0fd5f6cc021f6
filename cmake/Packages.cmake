# The libraries of Debian 12 that rocket stands on, one target each. Debian ships CMake or pkg-config files for some of
# them only; looking for header and library treats all alike and names the missing package.
find_package(Threads REQUIRED)

function(package target debian header)
  add_library(${target} INTERFACE)
  find_path(${target}_INCLUDE ${header})
  if(NOT ${target}_INCLUDE)
    message(FATAL_ERROR "${header} not found: apt-get install ${debian} (or ./dev install)")
  endif()
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
  foreach(library IN LISTS ARGN)
    find_library(${target}_${library} ${library})
    if(NOT ${target}_${library})
      message(FATAL_ERROR "lib${library} not found: apt-get install ${debian} (or ./dev install)")
    endif()
    target_link_libraries(${target} INTERFACE ${${target}_${library}})
  endforeach()
endfunction()

package(Farmhash libfarmhash-dev farmhash.h farmhash)
package(XXHash libxxhash-dev xxhash.h xxhash)
package(Random123 librandom123-dev Random123/philox.h)
package(ProtobufC libprotobuf-c-dev protobuf-c/protobuf-c.h protobuf-c)
package(Dnnl libdnnl-dev dnnl.h dnnl)
package(Zlib zlib1g-dev zlib.h z)
package(Zstd libzstd-dev zstd.h zstd)

# oneDNN runs on OpenMP; compute sets the number of its threads.
target_link_libraries(Dnnl INTERFACE gomp)

if(ROCKET_TESTS)
  package(Cmocka libcmocka-dev cmocka.h cmocka)
endif()
