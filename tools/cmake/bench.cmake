# The benchmarks. bench/**/*_bench.cpp: each file is a program on bench/support (pairs of ours and a peer), or on Google
# Benchmark when it includes that. bench_support.cmake has what all of them are linked with.
find_package(benchmark REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
include(bench_support)

file(GLOB_RECURSE bench_programs CONFIGURE_DEPENDS bench/*_bench.cpp)
add_custom_target(benchmarks)
foreach(source IN LISTS bench_programs)
  get_filename_component(name "${source}" NAME_WE)
  weir_program(${name} "${source}")
  # Peers: TBB's own algorithms and moodycamel are measured beside ours. The allocator is linked, not only loaded, so that
  # every peer in the program gets it.
  target_link_libraries(${name} PRIVATE bench_support TBB::tbb)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/runtime")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/programs")
  add_dependencies(benchmarks ${name})
  file(STRINGS "${source}" google_benchmark REGEX "# *include *<benchmark/benchmark.h>")
  if(google_benchmark)
    target_link_libraries(${name} PRIVATE benchmark::benchmark)
  endif()
  # What else a program needs stands in its own lines: `// links: simdjson::simdjson OpenSSL::Crypto`,
  # `// packages: simdjson OpenSSL`, `// sources: tests/support/alloc_count.cpp`, and
  # `// script: bench/workloads/log_loops.mjs` (its path is BENCH_SCRIPT).
  foreach(word packages links sources script)
    file(STRINGS "${source}" ${word} REGEX "^// ${word}: ")
    string(REGEX REPLACE "^// ${word}: *" "" ${word} "${${word}}")
    separate_arguments(${word})
  endforeach()
  foreach(package IN LISTS packages)
    find_package(${package} REQUIRED)
  endforeach()
  target_link_libraries(${name} PRIVATE ${links})
  if(script)
    target_compile_definitions(${name} PRIVATE BENCH_SCRIPT="${PROJECT_SOURCE_DIR}/${script}")
  endif()
  if(sources)
    list(TRANSFORM sources PREPEND "${PROJECT_SOURCE_DIR}/")
    target_sources(${name} PRIVATE ${sources})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  endif()
endforeach()
