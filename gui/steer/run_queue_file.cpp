// queue.json: {"version": 1, "at_once": 1, "entries": [{"folder": "a", "options": [...], …}]}
#include <QDir>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "gui/steer/run_queue.h"
#include "model/json_text.h"

namespace limoe::gui {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::array<const char*, 5> kStates = {"waiting", "training", "finished", "stopped",
                                                "failed"};

QueueState stateNamed(const std::string& name) {
  const auto found = std::find(kStates.begin(), kStates.end(), name);
  if (found == kStates.end()) {
    throw std::runtime_error("there is no state \"" + name + "\"");
  }
  return static_cast<QueueState>(found - kStates.begin());
}

QueueEntry entryFrom(const json& object, const QString& runs_folder) {
  QueueEntry entry;
  const QString folder = QString::fromStdString(object.at("folder").get<std::string>());
  if (folder.isEmpty()) {
    throw std::runtime_error("an entry has no folder");
  }
  entry.run.folder = QDir::cleanPath(QDir(runs_folder).absoluteFilePath(folder));
  for (const json& option : object.at("options")) {
    entry.run.options << QString::fromStdString(option.get<std::string>());
  }
  entry.run.threads = object.at("threads").get<int>();
  entry.state = stateNamed(object.at("state"));
  entry.message = QString::fromStdString(object.at("message").get<std::string>());
  return entry;
}

}  // namespace

QByteArray toJson(const StoredQueue& queue, const QString& runs_folder) {
  json entries = json::array();
  for (const QueueEntry& entry : queue.entries) {
    json options = json::array();
    for (const QString& option : entry.run.options) {
      options.push_back(option.toStdString());
    }
    // Relative: the runs folder can be moved with what is in it.
    const QString folder = QDir(runs_folder).relativeFilePath(entry.run.folder);
    entries.push_back({{"folder", folder.toStdString()},
                       {"options", options},
                       {"threads", entry.run.threads},
                       {"state", kStates.at(static_cast<std::size_t>(entry.state))},
                       {"message", entry.message.toStdString()}});
  }
  const json whole = {{"version", kVersion}, {"at_once", queue.at_once}, {"entries", entries}};
  return QByteArray::fromStdString(whole.dump(2) + "\n");
}

StoredQueue queueFromJson(const QByteArray& text, const QString& runs_folder) {
  StoredQueue queue;
  try {
    const json whole = model::parseJson(text.toStdString(), "queue.json");
    if (whole.at("version").get<int>() > kVersion) {
      throw std::runtime_error("it was written by a newer program");
    }
    queue.at_once = std::clamp(whole.at("at_once").get<int>(), 1, RunQueue::kMostAtOnce);
    for (const json& entry : whole.at("entries")) {
      queue.entries.push_back(entryFrom(entry, runs_folder));
    }
  } catch (const json::exception& error) {
    throw std::runtime_error(error.what());
  }
  return queue;
}

}  // namespace limoe::gui
