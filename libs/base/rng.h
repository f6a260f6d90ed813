// Seeded randomness with the same sequence on every machine (the standard library's distributions
// differ between implementations).
#pragma once

#include <cstdint>

namespace dangol {

// SplitMix64 (Steele, Lea, Flood 2014). Not thread-safe; cheap to make: one per draw site.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  double Uniform();            // [0, 1)
  uint64_t Below(uint64_t n);  // [0, n), n > 0
  bool Chance(double p) { return Uniform() < p; }
  double Normal();             // mean 0, variance 1
  double Gamma(double shape);  // scale 1; Marsaglia and Tsang 2000
  double Beta(double a, double b);
  double Exponential(double mean);
  int64_t Poisson(double mean);  // exact; O(mean), for small means

 private:
  uint64_t state_;
};

// From the system's random device: for secrets and instance ids, never for decisions.
uint64_t DeviceRandom();

}  // namespace dangol
