#include "tools/loadgen/receiver.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/obs/http.h"
#include "libs/obs/metrics.h"
#include "nlohmann/json.hpp"

namespace dangol::loadgen {
namespace {

// One record of RFC 4180 CSV, which may span lines; false at the end.
bool ReadCsvRow(std::istream& in, std::vector<std::string>* row) {
  row->assign(1, "");
  bool quoted = false, any = false;
  for (int c; (c = in.get()) != EOF;) {
    any = true;
    if (quoted) {
      if (c != '"') {
        row->back() += static_cast<char>(c);
      } else if (in.peek() == '"') {
        row->back() += static_cast<char>(in.get());
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row->emplace_back();
    } else if (c == '\n') {
      return true;
    } else if (c != '\r') {
      row->back() += static_cast<char>(c);
    }
  }
  return any;
}

}  // namespace

struct Receiver::Server {
  obs::Metrics metrics;
  std::unique_ptr<obs::HttpServer> http;
};

Receiver::Receiver(const Retail& retail, std::string drop_root)
    : retail_(retail), drop_root_(std::move(drop_root)), server_(std::make_unique<Server>()) {}

Receiver::~Receiver() {
  if (server_->http) server_->http->Stop();
}

absl::StatusOr<std::string> Receiver::Start() {
  obs::HttpOptions options;
  options.threads = 80;  // one for each connection that the channel keeps open
  server_->http = std::make_unique<obs::HttpServer>(options, &server_->metrics);
  server_->http->AddHandler("POST", "/push", [this](const obs::HttpRequest& request) {
    OnPost(request.body);
    return obs::HttpResponse{};
  });
  DANGOL_ASSIGN_OR_RETURN(const int port, server_->http->Start());
  return absl::StrCat("http://127.0.0.1:", port, "/push");
}

void Receiver::Accept(Delivery delivery) {
  MutexLock lock(mu_);
  if (!seen_.insert(delivery.received.contact_id).second) {
    ++duplicates_;
    return;
  }
  new_.push_back(std::move(delivery));
}

void Receiver::OnPost(const std::string& body) {
  {
    MutexLock lock(mu_);
    ++posts_;
  }
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_discarded()) return;
  const auto customer = retail_.CustomerOf(json.value("address", ""));
  if (!customer) return;
  const std::string campaign = json.value("campaign", "");
  Accept({{json.value("contact_id", ""), *customer, campaign == "winback" ? 0 : 1,
           json.value("offer", ""), json.value("contact_time_us", Micros{0})},
          campaign,
          json.value("wave", ""),
          json.value("cell", "")});
}

void Receiver::ReadDrops() {
  std::error_code error;
  if (!std::filesystem::exists(drop_root_, error)) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(drop_root_, error)) {
    const std::string path = entry.path().string();
    if (!absl::EndsWith(path, ".csv") || !files_.insert(path).second) continue;
    std::ifstream file(path);
    std::vector<std::string> header, row;
    ReadCsvRow(file, &header);
    while (ReadCsvRow(file, &row)) {
      std::map<std::string, std::string> field;
      for (size_t i = 0; i < std::min(header.size(), row.size()); ++i) field[header[i]] = row[i];
      const auto customer = retail_.CustomerOf(field["address"]);
      const auto time = ParseTime(field["contact_time"], absl::UTCTimeZone());
      if (!customer || !time.ok()) continue;
      Accept({{field["contact_id"], *customer, field["campaign"] == "winback" ? 0 : 1,
               field["offer"], *time},
              field["campaign"],
              field["wave"],
              field["cell"]});
    }
  }
}

std::vector<Delivery> Receiver::TakeNew() {
  ReadDrops();
  std::vector<Delivery> taken;
  {
    MutexLock lock(mu_);
    taken.swap(new_);
  }
  std::sort(taken.begin(), taken.end(), [](const Delivery& a, const Delivery& b) {
    return std::tie(a.received.time, a.received.contact_id) <
           std::tie(b.received.time, b.received.contact_id);
  });
  return taken;
}

int64_t Receiver::posts() const {
  MutexLock lock(mu_);
  return posts_;
}

int64_t Receiver::duplicates() const {
  MutexLock lock(mu_);
  return duplicates_;
}

}  // namespace dangol::loadgen
