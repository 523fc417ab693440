#include "gui/steer/change_history.h"

#include <QStringList>
#include <algorithm>

#include "gui/steer/config_keys.h"

namespace limoe::gui {
namespace {

using nlohmann::json;

constexpr std::string_view kArrow = " → ";

/// Both ways round in any order of the keys.
bool isInverse(const std::vector<LiveChange>& a, const std::vector<LiveChange>& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const LiveChange& change) {
           return std::find(b.begin(), b.end(),
                            LiveChange{change.key, change.after, change.before}) != b.end();
         });
}

bool isSame(const std::vector<LiveChange>& a, const std::vector<LiveChange>& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const LiveChange& change) {
           return std::find(b.begin(), b.end(), change) != b.end();
         });
}

std::optional<LiveChange> changeFrom(const std::string& text) {
  const std::size_t space = text.find(' ');
  const std::size_t arrow = text.find(kArrow);
  if (space == std::string::npos || arrow == std::string::npos || arrow <= space) {
    return std::nullopt;
  }
  const json before =
      json::parse(text.substr(space + 1, arrow - space - 1), nullptr, /*allow_exceptions=*/false);
  const json after = json::parse(text.substr(arrow + kArrow.size()), nullptr, false);
  if (before.is_discarded() || after.is_discarded()) {
    return std::nullopt;
  }
  return LiveChange{text.substr(0, space), before, after};
}

}  // namespace

std::vector<LiveChange> changesFromText(const std::string& text) {
  std::vector<LiveChange> changes;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(", ", begin), text.size());
    const auto change = changeFrom(text.substr(begin, end - begin));
    if (!change) {
      return {};  // what is understood in part is not undone in part
    }
    changes.push_back(*change);
    begin = end + 2;
  }
  return changes;
}

QString changesText(const std::vector<LiveChange>& changes) {
  QStringList texts;
  for (const LiveChange& change : changes) {
    texts << QString("%1 %2 → %3")
                 .arg(QString::fromStdString(change.key), valueText(change.before),
                      valueText(change.after));
  }
  return texts.join(", ");
}

void ChangeHistory::setEvents(const QString& run, const std::vector<probe::Event>& events) {
  if (run != run_) {
    run_ = run;
    sending_.clear();
    sent_.clear();
  }
  recorded_.clear();
  for (const probe::Event& event : events) {
    if (event.kind == "setting") {
      if (auto changes = changesFromText(event.text); !changes.empty()) {
        recorded_.push_back({event.step, std::move(changes)});
      }
    }
  }
  dropRecorded();
  rebuild();
}

void ChangeHistory::dropRecorded() {
  std::erase_if(sent_, [this](const Sent& sent) {
    const auto begin =
        recorded_.begin() + static_cast<std::ptrdiff_t>(std::min(sent.recorded, recorded_.size()));
    return std::any_of(begin, recorded_.end(),
                       [&](const Entry& entry) { return isSame(entry.changes, sent.changes); });
  });
}

void ChangeHistory::noteSending(const json& values) {
  sending_.push_back({values, recorded_.size()});
}

void ChangeHistory::add(const json& values, const json& before) {
  std::size_t recorded = recorded_.size();
  const auto sending = std::find_if(sending_.begin(), sending_.end(),
                                    [&](const Sending& each) { return each.values == values; });
  if (sending != sending_.end()) {
    recorded = sending->recorded;
    sending_.erase(sending_.begin(), sending + 1);  // those before it were refused
  }
  std::vector<LiveChange> changes;
  for (const auto& [key, value] : values.items()) {
    const auto old = before.find(key);
    if (old != before.end() && *old != value) {
      changes.push_back({key, *old, value});
    }
  }
  if (!changes.empty()) {
    sent_.push_back({std::move(changes), recorded});
    dropRecorded();
    rebuild();
  }
}

void ChangeHistory::rebuild() {
  entries_ = recorded_;
  for (const Sent& sent : sent_) {
    entries_.push_back({std::nullopt, sent.changes});
  }
  undo_.clear();
  redo_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (!redo_.empty() && isSame(entry.changes, entries_[redo_.back()].changes)) {
      entry.kind = Kind::Redo;
      entries_[redo_.back()].undone = false;
      undo_.push_back(redo_.back());
      redo_.pop_back();
    } else if (!undo_.empty() && isInverse(entry.changes, entries_[undo_.back()].changes)) {
      entry.kind = Kind::Undo;
      entries_[undo_.back()].undone = true;
      redo_.push_back(undo_.back());
      undo_.pop_back();
    } else {
      redo_.clear();
      undo_.push_back(i);
    }
  }
}

json ChangeHistory::valuesBefore(const Entry& entry) {
  json values = json::object();
  for (const LiveChange& change : entry.changes) {
    values[change.key] = change.before;
  }
  return values;
}

json ChangeHistory::valuesAfter(const Entry& entry) {
  json values = json::object();
  for (const LiveChange& change : entry.changes) {
    values[change.key] = change.after;
  }
  return values;
}

}  // namespace limoe::gui
