// The changes of live values that a run has seen, as its recording tells them, and which of them
// can be undone or redone. No widgets.
#pragma once

#include <QString>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "routing_probe/recording/recording.h"

namespace limoe::gui {

struct LiveChange {
  std::string key;
  nlohmann::json before;
  nlohmann::json after;
  bool operator==(const LiveChange&) const = default;
};

/// What an event of kind "setting" says: 'aux.weight 0.04 → 0.1, moe.priority "bpr" → "vanilla"'.
/// Empty where it says something else.
std::vector<LiveChange> changesFromText(const std::string& text);
/// "aux.weight 0.04 → 0.1, moe.priority bpr → vanilla".
QString changesText(const std::vector<LiveChange>& changes);

class ChangeHistory {
 public:
  enum class Kind { Change, Undo, Redo };
  struct Entry {
    std::optional<int64_t> step;  ///< the first at which it is in force; empty: not recorded yet
    std::vector<LiveChange> changes;
    Kind kind = Kind::Change;
    bool undone = false;
    bool operator==(const Entry&) const = default;
  };

  /// Events of the run that is shown; another run's name forgets what was sent to the one before.
  void setEvents(const QString& run, const std::vector<probe::Event>& events);
  /// `values` go to the worker: from now on its recording may tell them.
  void noteSending(const nlohmann::json& values);
  /// The worker has accepted them; `before` has the values until then. (Its recording may have told
  /// them already.)
  void add(const nlohmann::json& values, const nlohmann::json& before);

  const std::vector<Entry>& entries() const { return entries_; }  ///< the oldest first
  /// The change that undo takes back, and the one that redo makes again; nullptr: there is none.
  const Entry* toUndo() const { return undo_.empty() ? nullptr : &entries_[undo_.back()]; }
  const Entry* toRedo() const { return redo_.empty() ? nullptr : &entries_[redo_.back()]; }

  /// To be sent to the worker, {"aux.weight": 0.04}.
  static nlohmann::json valuesBefore(const Entry& entry);
  static nlohmann::json valuesAfter(const Entry& entry);

 private:
  struct Sent {
    std::vector<LiveChange> changes;
    std::size_t recorded;  ///< so many changes were recorded when it was sent
  };
  struct Sending {
    nlohmann::json values;
    std::size_t recorded;
  };
  void dropRecorded();  ///< of sent_
  void rebuild();

  QString run_;
  std::vector<Entry> recorded_;
  std::vector<Sending> sending_;  ///< not answered yet, or refused
  std::vector<Sent> sent_;        ///< those that the recording does not tell yet
  std::vector<Entry> entries_;
  std::vector<std::size_t> undo_, redo_;  ///< indices of entries_, the next one last
};

}  // namespace limoe::gui
