// Answers a stream's messages in order, each once its activities are durable, while later messages
// are read.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "libs/base/mutex.h"
#include "services/profile/rpc/tracker.h"

namespace dangol::profile {

// For one stream: Add and Finish from the thread that reads it.
class Acknowledger {
 public:
  // Sends an answer; false: the caller went away.
  using WriteFn = std::function<bool(const v1::StreamActivitiesResponse&)>;
  // Messages that wait for the disk; the stream is read no further meanwhile.
  static constexpr size_t kWaitingMax = 64;

  // `write` is called by one thread, and not after Finish. The tracker must outlive this object.
  Acknowledger(Tracker& tracker, WriteFn write);
  ~Acknowledger() { Finish(); }

  // `last_index`: of the message's last activity. Waits while kWaitingMax messages do. False: the
  // caller went away.
  bool Add(Tracking tracking, int64_t last_index);
  // Returns when everything is answered.
  void Finish();

 private:
  struct Message {
    Tracking tracking;
    int64_t last_index = 0;
  };
  void Run();
  bool Answer(Message message);

  Tracker& tracker_;
  const WriteFn write_;
  int64_t accepted_ = 0;  // of the stream; the thread's own
  Mutex mu_;
  CondVar changed_;
  std::deque<Message> waiting_;  // guarded by mu_
  bool finishing_ = false;       // guarded by mu_
  bool gone_ = false;            // guarded by mu_: nobody reads our answers
  std::thread thread_;
};

}  // namespace dangol::profile
