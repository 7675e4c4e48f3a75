# The benchmarks. bench/**/*_bench.cpp: each file is a program on bench/support (pairs of ours and a peer), or on Google
# Benchmark when it includes that. Files in bench/support and other .cpp files of bench/ are linked into all of them.
find_package(benchmark REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

file(GLOB_RECURSE bench_programs CONFIGURE_DEPENDS bench/*_bench.cpp)
file(GLOB bench_support_sources CONFIGURE_DEPENDS bench/support/*.cpp)
if(WEIR_MIMALLOC)
  set(bench_allocator mimalloc)
else()
  set(bench_allocator system)
endif()
string(STRIP "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_FLAGS_RELEASE}" bench_compiler)

add_library(bench_support STATIC ${bench_support_sources})
weir_private_settings(bench_support)
target_include_directories(bench_support PUBLIC "${PROJECT_SOURCE_DIR}/bench")
target_compile_definitions(bench_support PRIVATE BENCH_ALLOCATOR="${bench_allocator}" BENCH_COMPILER="${bench_compiler}")

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
  # `// packages: simdjson OpenSSL`.
  foreach(word packages links)
    file(STRINGS "${source}" ${word} REGEX "^// ${word}: ")
    string(REGEX REPLACE "^// ${word}: *" "" ${word} "${${word}}")
    separate_arguments(${word})
  endforeach()
  foreach(package IN LISTS packages)
    find_package(${package} REQUIRED)
  endforeach()
  target_link_libraries(${name} PRIVATE ${links})
endforeach()
