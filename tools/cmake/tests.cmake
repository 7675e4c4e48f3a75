# The tests: one executable per floor, and the checks of the tree itself.
include(testing)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# test_support may use weir's private headers; it is an object library without weir's usage requirements.
file(GLOB floor_directories CONFIGURE_DEPENDS LIST_DIRECTORIES true RELATIVE "${PROJECT_SOURCE_DIR}/tests" tests/*)
foreach(floor IN LISTS floor_directories)
  file(GLOB floor_tests CONFIGURE_DEPENDS tests/${floor}/*_test.cpp)
  if(floor STREQUAL "weir" AND NOT WEIR_BUILD_TOOLS)
    continue()  # the command's tests, without the command
  elseif(floor_tests AND NOT floor STREQUAL "model")
    weir_test_executable(${floor} ${floor_tests})
    weir_discover(${floor})
  endif()
endforeach()

# tree_test(name command...): a check of the tree itself; labelled "tree" and any LABELS.
function(tree_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "LABELS;COMMAND" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_test(NAME tree/${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(tree/${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "tree;${arg_LABELS}")
endfunction()

tree_test(floors COMMAND Python3::Interpreter tools/lib/floors.py "${PROJECT_SOURCE_DIR}")
tree_test(mutants COMMAND Python3::Interpreter tests/model/mutants/mutate.py --check "${PROJECT_SOURCE_DIR}")
tree_test(floors-rejects-a-bad-tree COMMAND Python3::Interpreter tools/lib/floors_test.py)

add_test(NAME neighbours/under-a-cgroup-quota-of-20-percent
         COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/neighbours/quota_test.py"
                 $<TARGET_FILE:neighbours_tests> "neighbours*")
set_tests_properties(neighbours/under-a-cgroup-quota-of-20-percent
                     PROPERTIES LABELS "neighbours;full" TIMEOUT 600 SKIP_RETURN_CODE 77 RUN_SERIAL ON)

# Shares and moments are worth something in an optimised build only. The benchmark itself, built here as in a user's
# program: not every preset that tests has bench/.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  include(bench_support)
  weir_program(neighbours_figures bench/neighbours_bench.cpp)
  target_link_libraries(neighbours_figures PRIVATE bench_support TBB::tbb)
  add_test(NAME neighbours/shares-and-moments-are-within-bounds
           COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/neighbours/shares_test.py"
                   $<TARGET_FILE:neighbours_figures>)
  set_tests_properties(neighbours/shares-and-moments-are-within-bounds
                       PROPERTIES LABELS "neighbours;full" TIMEOUT 600 SKIP_RETURN_CODE 77 RUN_SERIAL ON)
endif()

add_subdirectory("${PROJECT_SOURCE_DIR}/tests/accounting" tests/accounting)
add_subdirectory("${PROJECT_SOURCE_DIR}/tests/observe" tests/observe)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  add_subdirectory("${PROJECT_SOURCE_DIR}/tests/races" tests/races)
endif()
include(header_alone)
include(must_not_compile)
include(snippets)
include(install_test)
include(lint)
