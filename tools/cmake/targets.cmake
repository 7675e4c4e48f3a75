# weir_private_settings(target): warnings, private include directories and the private defines of one of our targets.
function(weir_private_settings target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                           $<$<BOOL:${WEIR_WERROR}>:-Werror>)
  target_compile_definitions(${target} PRIVATE $<$<BOOL:${WEIR_MIMALLOC}>:WEIR_MIMALLOC=1>
                                               $<$<BOOL:${WEIR_PLAIN_ALLOC}>:WEIR_PLAIN_ALLOC=1>)
  target_include_directories(${target} SYSTEM PRIVATE "${WEIR_CONCURRENTQUEUE_INCLUDE}")
  if(WEIR_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic)
    target_link_options(${target} PUBLIC --coverage)
  endif()
endfunction()

# weir_program(target sources...): an executable of ours that uses the public API only.
function(weir_program target)
  add_executable(${target} ${ARGN})
  weir_private_settings(${target})
  target_link_libraries(${target} PRIVATE weir::weir)
endfunction()

# weir_precompile(target kind headers...): with WEIR_PCH the standard headers and these are compiled once for all targets
# of the same kind (the same flags). It takes a second off each file. clang-tidy looks at them without it, and so sees that
# they include what they use.
option(WEIR_PCH "Precompile the standard headers of the library and the tests" OFF)
function(weir_precompile target kind)
  get_property(first GLOBAL PROPERTY weir_first_of_${kind})
  if(NOT WEIR_PCH)
    return()
  elseif(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    set_property(GLOBAL PROPERTY weir_first_of_${kind} ${target})
    target_precompile_headers(${target} PRIVATE <algorithm> <atomic> <chrono> <condition_variable> <coroutine> <cstdio>
                              <exception> <functional> <memory> <mutex> <optional> <span> <string> <system_error>
                              <thread> <utility> <vector> ${ARGN})
  endif()
endfunction()
