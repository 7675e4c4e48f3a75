# WEIR_MODEL: the protocols' own headers compiled against the explorer's atomics. Nothing else is built. Every
# tests/model/*_model.cpp is a program and a ctest named model/<name>; tests/model/CMakeLists.txt, where there is one,
# takes over and registers what it likes.
enable_testing()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(WEIR_TEST_TIMEOUT 300 CACHE STRING "ctest's limit for one model, in seconds")

function(weir_model name)
  add_executable(${name} ${ARGN})
  weir_private_settings(${name})
  target_compile_definitions(${name} PRIVATE WEIR_MODEL=1)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/model/seam"  # shadows a header of include
                                             "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/runtime"
                                             "${PROJECT_SOURCE_DIR}/tests/model")
endfunction()

if(EXISTS "${PROJECT_SOURCE_DIR}/tests/model/CMakeLists.txt")
  add_subdirectory(tests/model)
else()
  file(GLOB models CONFIGURE_DEPENDS tests/model/*_model.cpp)
  foreach(source IN LISTS models)
    get_filename_component(name "${source}" NAME_WE)
    weir_model(${name} "${source}")
    add_test(NAME model/${name} COMMAND ${name})
    set_tests_properties(model/${name} PROPERTIES TIMEOUT ${WEIR_TEST_TIMEOUT} LABELS model)
  endforeach()
endif()

add_test(NAME tree/clang-tidy-models COMMAND bash tools/lib/lint tidy "${PROJECT_BINARY_DIR}"
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(tree/clang-tidy-models PROPERTIES LABELS "full;lint" TIMEOUT 1200 RUN_SERIAL ON)
