# Everything weir needs, as Debian packages it (names of the packages: tools/lib/packages).
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(TBB CONFIG REQUIRED)
if(WEIR_MIMALLOC)
  if(WEIR_PLAIN_ALLOC)
    message(FATAL_ERROR "WEIR_PLAIN_ALLOC means plain new/delete; set WEIR_MIMALLOC=OFF with it")
  endif()
  find_package(mimalloc 2.0 REQUIRED)
endif()

# Header only and without a CMake package.
find_path(WEIR_CONCURRENTQUEUE_INCLUDE concurrentqueue/concurrentqueue.h)
mark_as_advanced(WEIR_CONCURRENTQUEUE_INCLUDE)
if(NOT WEIR_CONCURRENTQUEUE_INCLUDE)
  message(FATAL_ERROR "concurrentqueue/concurrentqueue.h not found: install libconcurrentqueue-dev, or set "
                      "WEIR_CONCURRENTQUEUE_INCLUDE to the directory that holds concurrentqueue/")
endif()
