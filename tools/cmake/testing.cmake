# weir_test_executable(floor sources...) makes <floor>_tests with doctest, the watchdog and what tests/support offers;
# weir_discover(floor) makes each TEST_CASE of it a ctest named <floor>/<test case>, labelled with the floor and with
# its TEST_SUITE (tools/lib/discover.py).
include_guard()
find_package(doctest REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(WEIR_TEST_TIMEOUT 300 CACHE STRING "ctest's limit for one test, in seconds; the watchdog acts well before it")

file(GLOB support_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/support/*.cpp")
add_library(test_support OBJECT EXCLUDE_FROM_ALL ${support_sources})
target_include_directories(test_support PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/runtime"
                                                "${PROJECT_SOURCE_DIR}/tests")
target_link_libraries(test_support PUBLIC doctest::doctest Threads::Threads)
weir_private_settings(test_support)
if(WEIR_MODEL)
  target_compile_definitions(test_support PRIVATE WEIR_MODEL=1)
  target_include_directories(test_support PRIVATE "${PROJECT_SOURCE_DIR}/tests/model")
endif()

function(weir_test_executable floor)
  add_executable(${floor}_tests ${ARGN})
  weir_private_settings(${floor}_tests)
  target_include_directories(${floor}_tests PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/runtime"
                                                    "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${floor}_tests PRIVATE test_support doctest::doctest TBB::tbb
                                               ${CMAKE_DL_LIBS})
  if(TARGET weir)
    target_link_libraries(${floor}_tests PRIVATE weir)
  endif()
  weir_precompile(${floor}_tests tests <doctest/doctest.h>)
endfunction()

function(weir_discover floor)
  set(discovered "${PROJECT_BINARY_DIR}/${floor}_tests.ctest.cmake")
  add_custom_command(
    TARGET ${floor}_tests POST_BUILD
    COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/tools/lib/discover.py" $<TARGET_FILE:${floor}_tests> ${floor}
            ${WEIR_TEST_TIMEOUT} "${discovered}"
    BYPRODUCTS "${discovered}"
    VERBATIM)
  # Until it is built, the floor is one failing test.
  set(include_file "${PROJECT_BINARY_DIR}/${floor}_tests.include.cmake")
  file(CONFIGURE OUTPUT "${include_file}" @ONLY CONTENT [[
if(EXISTS "@discovered@")
  include("@discovered@")
else()
  add_test(@floor@_tests_NOT_BUILT @floor@_tests_NOT_BUILT)
endif()
]])
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY TEST_INCLUDE_FILES "${include_file}")
endfunction()
