// What the window knows of one run, brought up to date from its recording. Reader thread only.
#pragma once

#include <QString>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"

namespace limoe::gui {

class RecordingTracker {
 public:
  struct Update {
    /// Null where nothing has changed since the last update.
    std::shared_ptr<const RunData> data;
    /// Summaries of the snapshots that are new in `data`, by index.
    std::vector<std::pair<int64_t, std::shared_ptr<const probe::Snapshot>>> new_summaries;
    /// A new part replaced old rows: whatever was read of snapshots before is void.
    bool superseded = false;
    /// Another recording took this one's place: everything that was read before is void, images and
    /// captions too. It is superseded as well.
    bool replaced = false;
    /// Counts what was superseded: what is read of the recording must be of the same.
    int64_t edition = 0;
    /// False while more steps wait to be read: update again soon.
    bool caught_up = true;
    /// In words; empty where all went well.
    QString warning;
  };

  /// Opens the run. Throws probe::RecordingError.
  explicit RecordingTracker(const std::filesystem::path& path);

  /// Reads what came since the last call; of the curves as much as a fraction of a second allows.
  /// Throws probe::RecordingError; what was read before stays.
  Update update();

  /// Whether reader() reads the recording that the updates told of: not where it was superseded and
  /// that could not be told yet, because something new could not be read.
  bool isTold() const;
  int64_t edition() const { return edition_; }

  int64_t snapshots() const { return static_cast<int64_t>(known_.snapshot_steps.size()); }

  const probe::RecordingReader& reader() const { return reader_; }

 private:
  bool wasSuperseded() const;
  bool wasReplaced() const;
  void readConfig(Update& update);
  void appendSteps(bool& caught_up);

  probe::RecordingReader reader_;
  RunData known_;
  Curves curves_;
  bool opened_ = false;      ///< update() has succeeded once
  bool superseded_ = false;  ///< not told yet
  bool replaced_ = false;    ///< not told yet
  int64_t edition_ = 0;
};

}  // namespace limoe::gui
