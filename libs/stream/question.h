// Reads of a scope's state, by name: an instance that does not own the scope asks the one that
// does.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/stream/merge.h"
#include "libs/stream/processor.h"

namespace dangol {

// One kind of read. Request and Answer are protobuf messages, kept compatible between releases that
// run at the same time.
template <typename Request, typename Answer>
struct Question {
  absl::string_view name;  // "campaign.Contacts": once in a service
  // On the scope's worker, between two events: it must be quick (it holds up the scope) and change
  // nothing but `answer`, which is empty before.
  absl::Status (*answer)(const Request& request, Processor& processor, StateView& state,
                         Answer* answer);
};

// One about a customer, asked where that customer is now (see merge.h): `id` has not been merged
// into another, but need not be known.
template <typename Request, typename Answer>
struct CustomerQuestion {
  absl::string_view name;
  absl::Status (*answer)(CustomerId id, const Request& request, Processor& processor,
                         StateView& state, Answer* answer);
};

// As it travels, for ServiceSpec::questions.
template <typename Request, typename Answer>
RawQuestion Raw(const Question<Request, Answer>& question) {
  const auto answer = [fn = question.answer](absl::string_view bytes, Processor& processor,
                                             StateView& state) -> absl::StatusOr<std::string> {
    Request request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::InvalidArgumentError("undecodable question");
    }
    Answer out;
    if (absl::Status s = fn(request, processor, state, &out); !s.ok()) return s;
    return out.SerializeAsString();
  };
  return {std::string(question.name), answer};
}

// Its request begins with the customer's key.
template <typename Request, typename Answer>
RawQuestion Raw(const CustomerQuestion<Request, Answer>& question) {
  const auto answer = [fn = question.answer](absl::string_view bytes, Processor& processor,
                                             StateView& state) -> absl::StatusOr<std::string> {
    Request request;
    if (bytes.size() < 8 ||
        !request.ParseFromArray(bytes.data() + 8, static_cast<int>(bytes.size() - 8))) {
      return absl::InvalidArgumentError("undecodable question");
    }
    const CustomerId id = DecodeKey(bytes.substr(0, 8));
    if (absl::Status s = CheckNotMerged(state, id); !s.ok()) return s;
    Answer out;
    if (absl::Status s = fn(id, request, processor, state, &out); !s.ok()) return s;
    return out.SerializeAsString();
  };
  return {std::string(question.name), answer};
}

}  // namespace dangol
