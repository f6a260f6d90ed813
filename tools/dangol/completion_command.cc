// completion: prints the shell code that completion.h makes.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "tools/dangol/commands.h"
#include "tools/dangol/completion.h"
#include "tools/dangol/session.h"

namespace dangol::cli {

void AddCompletionCommand(CLI::App& app, Session& session) {
  auto shell = std::make_shared<std::string>();
  auto* completion = app.add_subcommand("completion", "print shell completion");
  completion->add_option("shell", *shell, "bash or zsh")
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->required();
  completion->footer("Example: source <(dangol completion bash)");
  session.SetAction(completion, [&app, shell] {
    const Words words = WordsOf(app);
    std::cout << (*shell == "bash" ? BashCompletion(words) : ZshCompletion(words));
    return absl::OkStatus();
  });
}

}  // namespace dangol::cli
