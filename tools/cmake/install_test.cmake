# Installs this build into a scratch prefix and uses it the way users do (tests/install/run says which ways). `full` only.
if(NOT WEIR_INSTALL)
  return()
endif()
function(install_test step)
  cmake_parse_arguments(arg "" "ARGUMENT;SETUP" "REQUIRED" ${ARGN})
  add_test(NAME install/${step} COMMAND bash tests/install/run ${step} "${PROJECT_BINARY_DIR}/install_test" ${arg_ARGUMENT}
           WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(
    install/${step} PROPERTIES LABELS full TIMEOUT 900 ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER}"
                               FIXTURES_SETUP "${arg_SETUP}" FIXTURES_REQUIRED "${arg_REQUIRED}")
endfunction()

install_test(prefix ARGUMENT "${PROJECT_BINARY_DIR}" SETUP installed)
install_test(find_package SETUP consumer REQUIRED installed)
install_test(add_subdirectory ARGUMENT "${PROJECT_SOURCE_DIR}")
install_test(pkg_config REQUIRED installed)
install_test(other_compiler REQUIRED installed)
install_test(plugin REQUIRED installed consumer)
