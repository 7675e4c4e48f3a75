# WEIR_MODEL: the protocols' own headers compiled against the explorer's atomics. Nothing else is built. Every
# tests/model/*_model.cpp is a program and a ctest named model/<name> (tests/model/CMakeLists.txt).
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

add_subdirectory(tests/model)

add_test(NAME model/orders-and-fences-that-no-model-misses
         COMMAND Python3::Interpreter tools/mutate_orders "${PROJECT_BINARY_DIR}"
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(model/orders-and-fences-that-no-model-misses PROPERTIES LABELS model TIMEOUT 1200 RUN_SERIAL ON)
add_test(NAME tree/clang-tidy-models COMMAND bash tools/lib/lint tidy "${PROJECT_BINARY_DIR}"
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(tree/clang-tidy-models PROPERTIES LABELS "full;lint" TIMEOUT 1200 RUN_SERIAL ON)
