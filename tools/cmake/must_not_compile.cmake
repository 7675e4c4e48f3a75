# Every tests/must_not_compile/*.cpp is a misuse that the compiler refuses, and says why (check.py there).
file(GLOB misuses CONFIGURE_DEPENDS tests/must_not_compile/*.cpp)
foreach(source IN LISTS misuses)
  get_filename_component(name "${source}" NAME_WE)
  add_test(NAME must_not_compile/${name}
           COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/must_not_compile/check.py" "${source}"
                   "${CMAKE_CXX_COMPILER}" -std=c++20 -Wall -Wextra -Werror "-I${PROJECT_SOURCE_DIR}/include")
  set_tests_properties(must_not_compile/${name} PROPERTIES LABELS "full;must_not_compile" TIMEOUT 120)
endforeach()
