// A program that links weir: prints the version it was built against and the number of jobs that ran.
#include <cstdio>
#include <weir/version.hpp>

#include "use.hpp"

int main() {
  const int jobs = run_thousand_jobs();
  std::printf("weir %d.%d.%d: %d jobs\n", weir::version.major, weir::version.minor, weir::version.patch, jobs);
  return jobs == 1000 ? 0 : 1;
}
