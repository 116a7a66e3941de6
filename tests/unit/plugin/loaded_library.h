#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "plugin/calls/instance.h"
#include "plugin/inspect.h"
#include "plugin/library.h"
#include "unit/plugin/plugin_files.h"

namespace leat::plugin {

// A library of tests/plugins in this process. One load for all tests of the program: a second would
// give the same library.
inline const Library& loaded(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const Library>> all;
  std::shared_ptr<const Library>& library = all[name];
  if (!library) {
    const Inspection found = inspect(plugin::library(name));
    EXPECT_TRUE(found.ok()) << name;
    auto made = Library::load(library_path(name), *found.identity);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.refusal().message);
    library = *std::move(made);
  }
  return *library;
}

inline Instance opened(const std::string& name, const std::string& function) {
  return Instance::open(*loaded(name).find(function), "{}").value();
}

}  // namespace leat::plugin
