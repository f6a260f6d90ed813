// How a performer tells what is not the provider's doing: the detail of an effect's outcome begins
// with one of these. The first two are definite failures, the third is ambiguous.
#pragma once

namespace dangol::campaign {

inline constexpr char kNoAddress[] = "NO_ADDRESS";
inline constexpr char kNotStarted[] = "not started";
inline constexpr char kProcessEnded[] = "the process that sent it ended";

}  // namespace dangol::campaign
