// How a performer tells the two definite failures that are not the provider's: the detail of an
// effect's outcome begins with one of these.
#pragma once

namespace dangol::campaign {

inline constexpr char kNoAddress[] = "NO_ADDRESS";
inline constexpr char kNotStarted[] = "not started";

}  // namespace dangol::campaign
