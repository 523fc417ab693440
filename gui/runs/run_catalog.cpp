#include "gui/runs/run_catalog.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "gui/runs/own_recording.h"
#include "model/config_json.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

constexpr int kScanMs = 4000;

RunEntry readEntry(const QString& path) {
  RunEntry entry;
  entry.name = QFileInfo(path).fileName();
  entry.path = path;
  try {
    const probe::RecordingReader reader(path.toStdString());
    entry.state = reader.state();
    if (reader.stepCount() > 0) {
      entry.step = reader.readSteps(reader.stepCount() - 1, 1).front().step;
    }
    setOrigin(entry, reader.origin());
    const auto config =
        model::runConfigFromLayers({model::parseJson(reader.origin().config_json, "config")});
    entry.setting = QString::fromStdString(config.setting);
    entry.steps = config.train.steps;
  } catch (const std::exception& fault) {
    entry.fault = QString::fromStdString(fault.what());
  }
  return entry;
}

/// What the run has routed for the user, in the order of the steps. Their names tell all that the
/// list shows, so none is opened.
std::vector<RunEntry> ownEntries(const QString& run) {
  std::vector<std::pair<OwnRecording, RunEntry>> found;
  const QDir folder(run + "/probes");
  for (const QFileInfo& file : folder.entryInfoList({"own-*.h5"}, QDir::Files)) {
    if (const auto own = ownRecording(file.absoluteFilePath())) {
      found.emplace_back(*own, ownEntry(*own, file.absoluteFilePath()));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first.isOlderThan(b.first); });
  std::vector<RunEntry> entries;
  for (auto& [own, entry] : found) {
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

void setOrigin(RunEntry& entry, const probe::Origin& origin) {
  entry.run_id = QString::fromStdString(origin.run_id);
  if (origin.parent) {
    const QString folder = QString::fromStdString(origin.parent->folder);
    entry.parent = QDir::cleanPath(QDir(entry.path).absoluteFilePath(folder));
    entry.parent_run_id = QString::fromStdString(origin.parent->run_id);
    entry.parent_step = origin.parent->step;
  }
}

RunEntry ownEntry(const OwnRecording& own, const QString& path) {
  RunEntry entry;
  entry.name = own.shortTitle();
  entry.path = path;
  entry.run = own.run;
  entry.step = own.step;
  return entry;
}

/// Lives on the reader thread between scans: what has not changed is not opened again.
struct RunCatalog::Scan {
  /// Newest change of a part, size of all, held by a worker.
  using Stamp = std::tuple<qint64, qint64, bool>;

  RunCatalog* const owner;  ///< used in letters only
  const std::shared_ptr<Mailbox> mailbox;
  const QString folder;
  std::map<QString, std::pair<Stamp, RunEntry>> known;

  static bool isHeld(const QString& path) {
    try {
      return probe::RunLock::isHeld(probe::RunFolder{path.toStdString()});
    } catch (const probe::RecordingError&) {
      return false;  // what is wrong with the run is told where it is read
    }
  }

  static Stamp stampOf(const QString& path, const QFileInfoList& parts) {
    Stamp stamp{0, 0, isHeld(path)};
    for (const QFileInfo& part : parts) {
      std::get<0>(stamp) = std::max(std::get<0>(stamp), part.lastModified().toMSecsSinceEpoch());
      std::get<1>(stamp) += part.size();
    }
    return stamp;
  }

  void run(const QStringList& others) {
    std::vector<RunEntry> entries;
    for (const QFileInfo& info : QDir(folder).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
      const QString path = info.absoluteFilePath();
      const QFileInfoList parts = QDir(path).entryInfoList({"recording*.h5"}, QDir::Files);
      if (parts.isEmpty()) {
        continue;
      }
      const Stamp stamp = stampOf(path, parts);
      auto& [known_stamp, entry] = known[path];
      if (entry.path.isEmpty() || stamp != known_stamp) {
        known_stamp = stamp;
        entry = readEntry(path);
      }
      entries.push_back(entry);
      for (RunEntry& own : ownEntries(path)) {
        entries.push_back(std::move(own));
      }
    }
    for (const QString& path : others) {
      if (QFileInfo(path).absolutePath() != QDir(folder).absolutePath()) {
        for (RunEntry& own : ownEntries(path)) {
          entries.push_back(std::move(own));
        }
      }
    }
    mailbox->send([self = owner, entries = std::move(entries)] { self->takeScan(entries); });
  }
};

RunCatalog::RunCatalog(std::shared_ptr<ReaderThread> reader, const QString& folder, QObject* parent)
    : QObject(parent),
      reader_(std::move(reader)),
      scan_(std::make_shared<Scan>(this, Mailbox::of(this), folder)),
      folder_(folder) {
  connect(&timer_, &QTimer::timeout, this, &RunCatalog::refresh);
  timer_.start(kScanMs);
  refresh();
}

void RunCatalog::refresh() {
  if (scanning_) {
    scan_again_ = true;
    return;
  }
  scanning_ = true;
  reader_->post(ReaderThread::Urgency::Background,
                [scan = scan_, others = others_] { scan->run(others); });
}

void RunCatalog::setOthers(const QStringList& paths) {
  if (paths != others_) {
    others_ = paths;
    refresh();
  }
}

void RunCatalog::takeScan(const std::vector<RunEntry>& runs) {
  scanning_ = false;
  if (std::exchange(scan_again_, false)) {
    refresh();
  }
  if (runs != runs_) {
    runs_ = runs;
    Q_EMIT changed();
  }
}

}  // namespace limoe::gui
