# librocket: what rocket/score.h declares and nothing else, as a shared and as a static library, installed with headers,
# rocket.pc and rocketConfig.cmake. src/score/librocket.map says what is exported.
#
# The static library is one object file, linked from all rooms, in which every other name was made local: a program
# that links it cannot clash with a room's names.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(exports ${CMAKE_CURRENT_SOURCE_DIR}/src/score/librocket.map)
set(needs farmhash xxhash protobuf-c z zstd pthread m)
set(objects $<TARGET_OBJECTS:rk_schema>)
foreach(name IN ITEMS base config compute nn data model bundle score)
  list(APPEND objects $<TARGET_OBJECTS:rk_${name}>)
endforeach()

add_library(rocket_shared SHARED ${objects})
set_target_properties(rocket_shared PROPERTIES OUTPUT_NAME rocket LINKER_LANGUAGE C VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${exports})
target_link_libraries(rocket_shared PRIVATE Farmhash XXHash ProtobufC Zlib Zstd Threads::Threads m)
target_link_options(rocket_shared PRIVATE LINKER:--version-script=${exports})

file(STRINGS ${exports} names REGEX "^ *rocket_")
list(TRANSFORM names REPLACE "[ ;]" "")
list(JOIN names "\n" names)
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/librocket.names CONTENT "${names}\n")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${exports})
add_custom_command(
  OUTPUT librocket.o
  COMMAND ${CMAKE_LINKER} -r -o librocket.o ${objects}
  COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=librocket.names librocket.o
  DEPENDS ${objects} ${CMAKE_CURRENT_BINARY_DIR}/librocket.names
  COMMAND_EXPAND_LISTS VERBATIM COMMENT "librocket.o: all rooms in one")
add_library(rocket_static STATIC librocket.o)
set_target_properties(rocket_static PROPERTIES OUTPUT_NAME rocket LINKER_LANGUAGE C)

list(TRANSFORM needs PREPEND -l OUTPUT_VARIABLE ROCKET_NEEDS)
list(JOIN ROCKET_NEEDS " " ROCKET_NEEDS)
configure_file(cmake/rocket.pc.in rocket.pc @ONLY)
configure_package_config_file(cmake/rocketConfig.cmake.in rocketConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rocket
                              PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(rocketConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS rocket_shared rocket_static)
install(DIRECTORY include/rocket TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rocket.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rocketConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/rocketConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rocket)
