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
