# clang-format and clang-tidy over all files of ours; tests, so that they are counted with the rest. `full` only.
tree_test(clang-format LABELS full lint COMMAND bash tools/lib/lint format)
tree_test(clang-tidy LABELS full lint TIMEOUT 2400 COMMAND bash tools/lib/lint tidy "${PROJECT_BINARY_DIR}")
set_tests_properties(tree/clang-tidy PROPERTIES RUN_SERIAL ON)
