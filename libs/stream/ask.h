// Asking questions (question.h) through a gateway.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/status.h"
#include "libs/stream/gateway.h"
#include "libs/stream/question.h"

namespace dangol {

namespace internal {

template <typename Answer>
absl::Status TakeAnswer(absl::string_view bytes, Answer* answer) {
  if (answer->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return absl::DataLossError("undecodable answer of another instance");
}

template <typename Request, typename Answer>
Gateway::Asking AskingOf(Scope scope, const Question<Request, Answer>& question,
                         const Request& request, Answer* answer) {
  return {scope, question.name,
          [&question, &request, answer](Processor& processor, StateView& state) {
            answer->Clear();
            return question.answer(request, processor, state, answer);
          },
          [&request] { return request.SerializeAsString(); },
          [answer](absl::string_view bytes) { return TakeAnswer(bytes, answer); }};
}

inline absl::Status AskOne(Gateway& gateway, Gateway::Asking asking, Micros deadline) {
  gateway.AskAtOnce(absl::MakeSpan(&asking, 1), deadline);
  return std::move(asking.status);
}

}  // namespace internal

// The answer of one scope. Errors: the question's own, those of Gateway::AskAtOnce, and
// DEADLINE_EXCEEDED.
template <typename Request, typename Answer>
absl::StatusOr<Answer> Ask(Gateway& gateway, Scope scope, const Question<Request, Answer>& question,
                           const Request& request, Micros deadline) {
  Answer answer;
  DANGOL_RETURN_IF_ERROR(
      internal::AskOne(gateway, internal::AskingOf(scope, question, request, &answer), deadline));
  return answer;
}

// The same question to several partitions of a service, each with its own request, at the same
// time. The answers in the order of the requests, or the first error in that order.
template <typename Request, typename Answer>
absl::StatusOr<std::vector<Answer>> AskEach(
    Gateway& gateway, Service service, const Question<Request, Answer>& question,
    const std::vector<std::pair<Partition, Request>>& requests, Micros deadline) {
  std::vector<Answer> answers(requests.size());
  std::vector<Gateway::Asking> askings;
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto& [partition, request] = requests[i];
    askings.push_back(internal::AskingOf({service, partition}, question, request, &answers[i]));
  }
  gateway.AskAtOnce(absl::MakeSpan(askings), deadline);
  for (const Gateway::Asking& asking : askings) DANGOL_RETURN_IF_ERROR(asking.status);
  return answers;
}

// To every partition, in order of partition.
template <typename Request, typename Answer>
absl::StatusOr<std::vector<Answer>> AskAll(Gateway& gateway, Service service,
                                           const Question<Request, Answer>& question,
                                           const Request& request, Micros deadline) {
  std::vector<std::pair<Partition, Request>> requests;
  for (uint32_t p = 0; p < gateway.partitions(); ++p) {
    requests.emplace_back(static_cast<Partition>(p), request);
  }
  return AskEach(gateway, service, question, requests, deadline);
}

// In the scope of the customer that `id` is now: who was merged into another since the caller
// learned its name is asked for again where it went. `now`, if given, becomes that one's id.
template <typename Request, typename Answer>
absl::StatusOr<Answer> AskCustomer(Gateway& gateway, Service service, CustomerId id,
                                   const CustomerQuestion<Request, Answer>& question,
                                   const Request& request, Micros deadline,
                                   CustomerId* now = nullptr) {
  Answer answer;
  // Ids fall from step to step, so this ends.
  while (true) {
    const auto here = [&](Processor& processor, StateView& state) -> absl::Status {
      DANGOL_RETURN_IF_ERROR(CheckNotMerged(state, id));
      answer.Clear();
      return question.answer(id, request, processor, state, &answer);
    };
    const absl::Status status = internal::AskOne(
        gateway,
        {{service, PartitionOfCustomer(id, gateway.partitions())},
         question.name,
         here,
         [&] { return EncodeKey(id) + request.SerializeAsString(); },
         [&](absl::string_view bytes) { return internal::TakeAnswer(bytes, &answer); }},
        deadline);
    const auto into = MergedInto(status);
    if (into) {
      id = *into;
      continue;
    }
    if (!status.ok()) return status;
    if (now != nullptr) *now = id;
    return answer;
  }
}

}  // namespace dangol
