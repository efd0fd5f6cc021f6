# room_protos(name): src/<name>/schema/*.proto -> <build>/schema/*.pb-c.{c,h} by protoc-c, compiled as a library of
# their own without our warnings, visible to the room and to all that stand on it as "pipeline.pb-c.h".
function(room_protos name)
  set(schema ${CMAKE_CURRENT_SOURCE_DIR}/src/${name}/schema)
  set(out ${CMAKE_BINARY_DIR}/schema)
  file(GLOB protos CONFIGURE_DEPENDS ${schema}/*.proto)
  find_program(PROTOC_C NAMES protoc-c REQUIRED)
  file(MAKE_DIRECTORY ${out})

  set(generated "")
  foreach(proto IN LISTS protos)
    cmake_path(GET proto STEM LAST_ONLY stem)
    list(APPEND generated ${out}/${stem}.pb-c.c ${out}/${stem}.pb-c.h)
  endforeach()
  # One call for all: protoc-c follows imports, so every output depends on every input.
  add_custom_command(OUTPUT ${generated} COMMAND ${PROTOC_C} --c_out=${out} -I${schema} ${protos} DEPENDS ${protos}
                     COMMENT "protoc-c: schema" VERBATIM)
  add_library(rk_schema STATIC ${generated})
  target_compile_options(rk_schema PRIVATE -w)
  target_include_directories(rk_schema SYSTEM PUBLIC ${out})
  target_link_libraries(rk_schema PUBLIC ProtobufC)

  target_link_libraries(rk_${name} PUBLIC rk_schema)
  add_dependencies(rk_${name} rk_schema)
endfunction()
