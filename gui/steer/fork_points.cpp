#include "gui/steer/fork_points.h"

#include <QDir>
#include <QFileInfo>
#include <QPointer>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "model/safetensors_header.h"

namespace limoe::gui {
namespace {

constexpr int kLookMs = 200;
constexpr int kPatienceMs = 120'000;
const QString kOptimiser = ".optimizer.safetensors";

/// Weights whose optimiser's state, which is written before them, is there, too; the newest first.
QFileInfoList checkpointsIn(const QString& run_folder) {
  QFileInfoList found;
  const QDir folder(run_folder + "/checkpoints");
  for (const QFileInfo& file :
       folder.entryInfoList({"step-*.safetensors"}, QDir::Files, QDir::Name | QDir::Reversed)) {
    const QString optimiser = folder.filePath(file.completeBaseName() + kOptimiser);
    if (!file.fileName().endsWith(kOptimiser) && QFileInfo::exists(optimiser)) {
      found << file;
    }
  }
  return found;
}

int64_t stepOf(const QFileInfo& checkpoint) {
  return checkpoint.completeBaseName().section('-', 1).toLongLong();
}

}  // namespace

ForkPoints readForkPoints(const QString& run_folder) {
  ForkPoints result;
  for (const QFileInfo& checkpoint : checkpointsIn(run_folder)) {
    const QString optimiser = checkpoint.dir().filePath(checkpoint.completeBaseName() + kOptimiser);
    try {
      const auto metadata = model::readSafetensorsHeader(optimiser.toStdString()).metadata;
      const auto run = metadata.find("run");
      if (run == metadata.end()) {
        throw std::runtime_error(optimiser.toStdString() + ": has no configuration");
      }
      result.points.push_back({stepOf(checkpoint), model::runConfigFromLayers({model::parseJson(
                                                       run->second, optimiser.toStdString())})});
    } catch (const std::exception& fault) {
      result.faults << QString::fromStdString(fault.what());
    }
  }
  return result;
}

CheckpointMaker::CheckpointMaker(std::shared_ptr<ReaderThread> reader, ControlClient& control,
                                 const QString& run_folder, QObject* parent)
    : QObject(parent),
      reader_(std::move(reader)),
      mailbox_(Mailbox::of(this)),
      run_folder_(run_folder),
      asked_(QDateTime::currentDateTime().addMSecs(-20)) {  // the file system's clock is coarser
  connect(&timer_, &QTimer::timeout, this, &CheckpointMaker::look);
  control.send("checkpoint", [self = QPointer(this)](const ControlClient::Outcome& outcome) {
    if (!self) {
      return;
    }
    if (outcome.error.isEmpty()) {
      self->timer_.start(kLookMs);
    } else {
      Q_EMIT self->failed(outcome.error);
    }
  });
}

void CheckpointMaker::look() {
  if (asked_.msecsTo(QDateTime::currentDateTime()) > kPatienceMs) {
    timer_.stop();
    Q_EMIT failed("no checkpoint came within two minutes");
    return;
  }
  if (std::exchange(looking_, true)) {
    return;
  }
  reader_->post(ReaderThread::Urgency::Now,
                [this, mailbox = mailbox_, folder = run_folder_, asked = asked_] {
                  std::optional<int64_t> step;
                  for (const QFileInfo& checkpoint : checkpointsIn(folder)) {
                    // One that is saved again, since the run is paused, is as new.
                    if (!step && checkpoint.lastModified() >= asked) {
                      step = stepOf(checkpoint);
                    }
                  }
                  mailbox->send([this, step] { takeLook(step); });
                });
}

void CheckpointMaker::takeLook(std::optional<int64_t> step) {
  looking_ = false;
  if (step && timer_.isActive()) {
    timer_.stop();
    Q_EMIT made(*step);
  }
}

}  // namespace limoe::gui
