// verb.hpp - what main.cpp knows of a verb. A verb is one file that defines one of these, and one line in verbs.hpp.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace weir_tool {

struct verb {
  const char* name;
  const char* summary;   ///< one line
  const char* examples;  ///< lines that `weir help NAME` shows under "Examples:"

  /// Adds the verb's options to `app`. What is returned runs after they were read, and gives the exit status
  /// (failure.hpp); a failure that it throws is one line on stderr.
  std::function<int()> (*declare)(CLI::App& app);
};

}  // namespace weir_tool
