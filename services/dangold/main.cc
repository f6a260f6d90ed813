#include <cstdio>
#include <iostream>

#include "dangol/config/v1/dangold.pb.h"
#include "services/dangold/app.h"
#include "services/dangold/directory.h"
#include "services/dangold/options.h"

int main(int argc, char** argv) {
  if (argc > 1 && dangol::IsDirectoryCommand(argv[1])) {
    return dangol::RunDirectoryCommand(argc, argv);
  }
  std::string help;
  const auto config = dangol::ParseDangoldOptions(argc, argv, &help);
  if (!help.empty()) {
    std::cout << help;
    return 0;
  }
  if (!config.ok()) {
    std::cerr << "dangold: " << config.status().message() << "\n";
    return 2;
  }
  const absl::Status status = dangol::RunDangold(*config);
  if (!status.ok()) std::cerr << "dangold: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
