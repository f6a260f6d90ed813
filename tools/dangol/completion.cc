#include "tools/dangol/completion.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace dangol::cli {
namespace {

void Collect(const CLI::App& app, const std::string& path, Words* words) {
  std::vector<std::string>& here = (*words)[path];
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    here.push_back(sub->get_name());
    Collect(*sub, path.empty() ? sub->get_name() : absl::StrCat(path, " ", sub->get_name()), words);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) here.push_back(absl::StrCat("--", name));
  }
}

// The path is what was typed so far, as long as it names commands.
constexpr char kFunction[] = R"(_dangol() {
  local cur=${COMP_WORDS[COMP_CWORD]} path="" word next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    next=${path:+$path }$word
    [[ -n ${_dangol_words[$next]+x} ]] && path=$next
  done
  COMPREPLY=($(compgen -W "${_dangol_words[${path:-.}]} ${_dangol_words[.global]}" -- "$cur"))
  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$cur"))
}
complete -o filenames -F _dangol dangol
)";

}  // namespace

Words WordsOf(const CLI::App& app) {
  Words words;
  Collect(app, "", &words);
  return words;
}

std::string BashCompletion(const Words& words) {
  std::string out =
      "# bash completion of dangol; use: source <(dangol completion bash)\n"
      "declare -A _dangol_words=(\n";
  std::vector<std::string> global;
  for (const auto& [path, next] : words) {
    absl::StrAppend(&out, "  [\"", path.empty() ? "." : path, "\"]=\"", absl::StrJoin(next, " "),
                    "\"\n");
    if (!path.empty()) continue;
    for (const std::string& word : next) {
      if (word[0] == '-') global.push_back(word);
    }
  }
  absl::StrAppend(&out, "  [\".global\"]=\"", absl::StrJoin(global, " "), "\"\n)\n", kFunction);
  return out;
}

std::string ZshCompletion(const Words& words) {
  return absl::StrCat("# zsh completion of dangol; use: source <(dangol completion zsh)\n",
                      "autoload -U +X compinit && compinit\n",
                      "autoload -U +X bashcompinit && bashcompinit\n", BashCompletion(words));
}

}  // namespace dangol::cli
