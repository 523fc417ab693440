// The thread that reads files for the window: the only one of the program that calls HDF5, whose
// process-wide lock makes a second one useless, and where everything else is done that a slow disk
// could hold up.
#pragma once

#include <functional>
#include <memory>

namespace limoe::gui {

class ReaderThread {
 public:
  enum class Urgency {
    Now,        ///< before everything else, in the order posted
    Soon,       ///< what the user is waiting for: the newest first
    Background  ///< when nothing else is left to do, in the order posted
  };

  ReaderThread();
  /// Drops what has not begun. Waits a moment for a job that is running; one that hangs (a dead
  /// network disk) is left behind, so that the window can always close.
  ~ReaderThread();
  ReaderThread(const ReaderThread&) = delete;
  ReaderThread& operator=(const ReaderThread&) = delete;

  /// `job` must not throw and must own everything that it touches. May be called from any thread.
  void post(Urgency urgency, std::function<void()> job);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace limoe::gui
