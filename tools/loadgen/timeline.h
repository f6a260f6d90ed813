// How the days of the retailer's season lie on the server's clock.
#pragma once

#include "absl/status/status.h"
#include "libs/base/clock.h"
#include "tools/client/apply.h"
#include "tools/client/connection.h"

namespace dangol::loadgen {

// Times of the season count from the retailer's start; what is before it, the history, is the same
// on both clocks. Not thread-safe.
class Timeline {
 public:
  virtual ~Timeline() = default;
  // Day 0 begins now.
  virtual void Begin() {}
  virtual Micros ToServer(Micros season) const { return season; }
  virtual Micros ToSeason(Micros server) const { return server; }
  // Returns once the server's clock stands there.
  virtual absl::Status RunTo(Micros season) = 0;
  // Brings a resource's windows, delays and waves to the server's clock. After Begin.
  virtual void Adapt(client::Resource* /*resource*/) const {}
};

// A server under --clock=virtual: its clock is the season's, and is moved.
class VirtualTimeline : public Timeline {
 public:
  // `connection` outlives it.
  explicit VirtualTimeline(client::Connection& connection) : connection_(connection) {}
  absl::Status RunTo(Micros season) override;

 private:
  client::Connection& connection_;
};

// A server on the live clock: a day of the season takes `day` of it, wherever it is noon there.
class LiveTimeline : public Timeline {
 public:
  // `start`: the season's first instant. Scheduled waves begin on day `wave_day`.
  LiveTimeline(Micros start, Micros day, int64_t wave_day)
      : start_(start), day_(day), wave_day_(wave_day) {}
  void Begin() override { began_ = clock_.Now(); }
  Micros ToServer(Micros season) const override;
  Micros ToSeason(Micros server) const override;
  absl::Status RunTo(Micros season) override;
  void Adapt(client::Resource* resource) const override;

 private:
  Micros Scaled(Micros length) const;

  const SystemClock clock_;
  const Micros start_;
  const Micros day_;
  const int64_t wave_day_;
  Micros began_ = 0;
};

}  // namespace dangol::loadgen
