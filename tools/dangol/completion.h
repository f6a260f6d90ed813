// Shell completion, generated from the commands themselves.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dangol::cli {

// What may follow each command path ("" the program, "clock", "clock advance").
using Words = std::map<std::string, std::vector<std::string>>;
Words WordsOf(const CLI::App& app);

std::string BashCompletion(const Words& words);
std::string ZshCompletion(const Words& words);

}  // namespace dangol::cli
