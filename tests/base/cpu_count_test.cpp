#include "base/cpu_count.hpp"

#include <sched.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "base/cgroup.hpp"
#include "support/scratch.hpp"

namespace base = weir::base;
namespace fs = std::filesystem;

namespace {

// A file system of our own below a fresh directory.
class fake_root {
 public:
  void file(const std::string& path, const std::string& content) const {
    fs::create_directories(fs::path{str() + path}.parent_path());
    std::ofstream{str() + path} << content << '\n';
  }
  void v2(const std::string& cgroup, const std::string& mounted = "/") const {
    file("/proc/self/cgroup", "0::" + cgroup);
    file("/proc/self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n30 23 0:26 " + mounted +
                                     " /sys/fs/cgroup rw,nosuid shared:4 master:1 - cgroup2 cgroup rw,nsdelegate");
  }
  const std::string& str() const { return dir_.path(); }

 private:
  support::scratch_directory dir_;
};

struct environment {
  explicit environment(const char* value) { setenv("WEIR_THREADS", value, 1); }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() { unsetenv("WEIR_THREADS"); }
};

}  // namespace

TEST_CASE("cpu_count: without cgroup files only the affinity counts") {
  const fake_root root;
  CHECK_FALSE(base::cgroup_cpus(root.str()));
  CHECK(base::usable_cpus(root.str()) == base::affinity_cpus());
}

TEST_CASE("cpu_count: the least quota among all ancestors limits (v2)") {
  const fake_root root;
  root.v2("/kube/pod/box");
  root.file("/sys/fs/cgroup/kube/pod/box/cpu.max", "max 100000");
  CHECK_FALSE(base::cgroup_cpus(root.str()));
  root.file("/sys/fs/cgroup/kube/cpu.max", "600000 100000");
  CHECK(*base::cgroup_cpus(root.str()) == 6.0);
  root.file("/sys/fs/cgroup/kube/pod/cpu.max", "150000 100000");
  CHECK(*base::cgroup_cpus(root.str()) == 1.5);
  root.file("/sys/fs/cgroup/cpu.max", "25000 50000");
  CHECK(*base::cgroup_cpus(root.str()) == 0.5);
}

TEST_CASE("cpu_count: a quota is rounded down, but never to 0") {
  const fake_root root;
  root.v2("/box");
  root.file("/sys/fs/cgroup/box/cpu.max", "30000 100000");
  CHECK(base::usable_cpus(root.str()) == 1);
  root.file("/sys/fs/cgroup/box/cpu.max", "199999 100000");
  CHECK(base::usable_cpus(root.str()) == 1);
  root.file("/sys/fs/cgroup/box/cpu.max", "100000000 100000");
  CHECK(base::usable_cpus(root.str()) == base::affinity_cpus());
}

TEST_CASE("cpu_count: v1 quotas are read beside v2 (hybrid), through a container's bind mount") {
  const fake_root root;
  root.file("/proc/self/cgroup", "12:cpuset:/docker/id\n4:cpu,cpuacct:/docker/id/inner\n0::/docker/id");
  root.file("/proc/self/mountinfo",
            "40 30 0:30 /docker/id /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
            "41 30 0:31 /docker/id /sys/fs/cgroup/cpu\\040and\\040acct rw - cgroup cgroup rw,cpu,cpuacct\n"
            "42 30 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw");
  root.file("/sys/fs/cgroup/cpu and acct/cpu.cfs_quota_us", "300000");
  root.file("/sys/fs/cgroup/cpu and acct/cpu.cfs_period_us", "100000");
  root.file("/sys/fs/cgroup/cpu and acct/inner/cpu.cfs_quota_us", "-1");
  root.file("/sys/fs/cgroup/cpu and acct/inner/cpu.cfs_period_us", "100000");
  root.file("/sys/fs/cgroup/cpuset/cpu.cfs_quota_us", "1");
  CHECK(*base::cgroup_cpus(root.str()) == 3.0);
  root.file("/sys/fs/cgroup/cpu and acct/inner/cpu.cfs_quota_us", "200000");
  CHECK(*base::cgroup_cpus(root.str()) == 2.0);
}

TEST_CASE("cpu_count: a cgroup outside of what is mounted is limited by the mounted top") {
  const fake_root root;
  root.file("/sys/fs/cgroup/cpu.max", "400000 100000");
  root.v2("/../elsewhere");
  CHECK(*base::cgroup_cpus(root.str()) == 4.0);
  root.v2("/box-2", "/box");
  CHECK(*base::cgroup_cpus(root.str()) == 4.0);
  root.v2("/", "/");
  CHECK(*base::cgroup_cpus(root.str()) == 4.0);
}

TEST_CASE("cpu_count: files that make no sense do not limit") {
  const fake_root root;
  for (const char* content : {"", "max", "max 100000", "100000", "0 100000", "-5 100000", "100000 0", "1e5 100000",
                              "99999999999999999999 1", "ten of them"}) {
    CAPTURE(content);
    root.v2("/box");
    root.file("/sys/fs/cgroup/box/cpu.max", content);
    CHECK_FALSE(base::cgroup_cpus(root.str()));
  }
  root.file("/proc/self/cgroup", "\n0\n0:\n0::\n0::relative");
  CHECK(base::cgroup_directories(root.str()).empty());
  root.v2("/box");
  root.file("/proc/self/mountinfo", "\n- cgroup2\n30 23 0:26 / /sys/fs/cgroup rw - cgroup2");
  CHECK(base::cgroup_directories(root.str()).empty());
}

TEST_CASE("cpu_count: mount paths are unescaped, broken escapes are kept") {
  CHECK(base::unescape_mount_path("/a\\040b\\134") == "/a b\\");
  CHECK(base::unescape_mount_path("/a\\04") == "/a\\04");
  CHECK(base::unescape_mount_path("\\089") == "\\089");
}

TEST_CASE("cpu_count: affinity is the calling thread's mask") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(base::affinity_cpus() == static_cast<unsigned>(CPU_COUNT(&before)));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const unsigned limited = base::usable_cpus();
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
  CHECK(limited == 1);
}

TEST_CASE("cpu_count: WEIR_THREADS overrides everything; a bad value is named, not ignored") {
  const fake_root root;
  root.v2("/box");
  root.file("/sys/fs/cgroup/box/cpu.max", "100000 100000");
  CHECK(base::default_thread_count(root.str()) == 1);
  {
    const environment set{"7"};
    CHECK(base::default_thread_count(root.str()) == 7);
  }
  {
    const environment set{""};
    CHECK(base::default_thread_count(root.str()) == 1);
  }
  for (const char* bad : {"0", "-1", "4097", "two", "2x", " 2", "2.0", "99999999999"}) {
    CAPTURE(bad);
    const environment set{bad};
    std::string message;
    try {
      static_cast<void>(base::default_thread_count(root.str()));
    } catch (const std::invalid_argument& e) {
      message = e.what();
    }
    CHECK(message.find("WEIR_THREADS") != std::string::npos);
    CHECK(message.find('"' + std::string{bad} + '"') != std::string::npos);
  }
}
