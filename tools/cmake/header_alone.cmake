# Each public header compiles alone, twice in one file, and without any of the runtime's private include directories.
# interop/ is left out: those headers exist to include someone else's. `full` only: it is a build of its own, of a minute.
file(GLOB_RECURSE public_headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include" include/weir/*.hpp)
list(FILTER public_headers EXCLUDE REGEX "^weir/interop/")
set(alone_sources)
foreach(header IN LISTS public_headers)
  string(MAKE_C_IDENTIFIER "${header}" name)
  set(source "${PROJECT_BINARY_DIR}/header_alone/${name}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include <${header}>\n#include <${header}>\n")
  list(APPEND alone_sources "${source}")
endforeach()
add_library(header_alone OBJECT EXCLUDE_FROM_ALL ${alone_sources})
target_compile_features(header_alone PRIVATE cxx_std_20)
set_target_properties(header_alone PROPERTIES CXX_EXTENSIONS OFF)
target_include_directories(header_alone PRIVATE "${PROJECT_SOURCE_DIR}/include")
target_compile_options(header_alone PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)

tree_test(each-public-header-compiles-alone LABELS full COMMAND "${CMAKE_COMMAND}" --build "${PROJECT_BINARY_DIR}" --target
          header_alone)
set_tests_properties(tree/each-public-header-compiles-alone PROPERTIES RESOURCE_LOCK build-directory)
