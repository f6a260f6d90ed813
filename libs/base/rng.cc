#include "libs/base/rng.h"

#include <cmath>
#include <random>

namespace dangol {

uint64_t Rng::Next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

double Rng::Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

uint64_t Rng::Below(uint64_t n) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(Next()) * n >> 64);
}

double Rng::Normal() {
  // Box and Muller 1958; one of the pair is dropped to keep the generator free of state.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
  return radius * std::cos(2.0 * M_PI * Uniform());
}

double Rng::Gamma(double shape) {
  if (shape < 1.0) return Gamma(shape + 1.0) * std::pow(1.0 - Uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = Normal();
    const double cube = 1.0 + c * x;
    if (cube <= 0.0) continue;
    const double v = cube * cube * cube;
    if (std::log(1.0 - Uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Rng::Beta(double a, double b) {
  const double x = Gamma(a);
  const double y = Gamma(b);
  return x / (x + y);
}

double Rng::Exponential(double mean) { return -mean * std::log(1.0 - Uniform()); }

int64_t Rng::Poisson(double mean) {
  const double limit = std::exp(-mean);
  int64_t count = 0;
  for (double product = Uniform(); product > limit; product *= Uniform()) ++count;
  return count;
}

uint64_t DeviceRandom() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace dangol
