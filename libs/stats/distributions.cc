#include "libs/stats/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace dangol::stats {
namespace {

namespace bm = boost::math;
namespace bp = boost::math::policies;

// Boost throws by default; a far tail shall be 0, not an exception.
using NoThrow =
    bp::policy<bp::domain_error<bp::ignore_error>, bp::pole_error<bp::ignore_error>,
               bp::overflow_error<bp::ignore_error>, bp::underflow_error<bp::ignore_error>,
               bp::rounding_error<bp::ignore_error>, bp::evaluation_error<bp::ignore_error>>;
using Normal = bm::normal_distribution<double, NoThrow>;
using StudentsT = bm::students_t_distribution<double, NoThrow>;
using ChiSquared = bm::chi_squared_distribution<double, NoThrow>;
using Binomial = bm::binomial_distribution<double, NoThrow>;

// A statistic so large that the distribution's own arithmetic may overflow has no tail left.
constexpr double kBeyondAnyTail = 1e100;

double Probability(double p) { return p >= 0 ? std::fmin(p, 1) : 0; }

}  // namespace

double NormalUpperQuantile(double tail) { return bm::quantile(bm::complement(Normal(), tail)); }

double NormalCdf(double z) { return Probability(bm::cdf(Normal(), z)); }

double NormalTwoSided(double z) {
  if (std::fabs(z) > kBeyondAnyTail) return 0;
  return Probability(2 * bm::cdf(bm::complement(Normal(), std::fabs(z))));
}

double StudentUpperQuantile(double degrees, double tail) {
  return bm::quantile(bm::complement(StudentsT(degrees), tail));
}

double StudentTwoSided(double degrees, double t) {
  if (std::fabs(t) > kBeyondAnyTail) return 0;
  return Probability(2 * bm::cdf(bm::complement(StudentsT(degrees), std::fabs(t))));
}

double ChiSquareUpper(int degrees, double statistic) {
  if (statistic > kBeyondAnyTail) return 0;
  return Probability(bm::cdf(bm::complement(ChiSquared(degrees), statistic)));
}

double BinomialCdf(int64_t n, double p, int64_t k) {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return Probability(bm::cdf(Binomial(static_cast<double>(n), p), static_cast<double>(k)));
}

double BinomialUpper(int64_t n, double p, int64_t k) {
  if (k < 0) return 1;
  if (k >= n) return 0;
  return Probability(
      bm::cdf(bm::complement(Binomial(static_cast<double>(n), p), static_cast<double>(k))));
}

}  // namespace dangol::stats
