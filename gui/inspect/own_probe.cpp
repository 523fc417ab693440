#include "gui/inspect/own_probe.h"

#include <utility>

namespace limoe::gui {
namespace {

constexpr int kAskMs = 150;
/// Unanswered questions (of two seconds each) after which a worker counts as gone.
constexpr int kPatience = 2;
constexpr int kKillMs = 3000;

nlohmann::json toJson(const std::vector<OwnSample>& samples) {
  nlohmann::json list = nlohmann::json::array();
  for (const OwnSample& sample : samples) {
    nlohmann::json entry = nlohmann::json::object();
    if (!sample.image.isEmpty()) {
      entry["image"] = sample.image.toStdString();
    }
    if (sample.caption) {
      entry["caption"] = sample.caption->toStdString();
    }
    list.push_back(std::move(entry));
  }
  return list;
}

QString textOf(const nlohmann::json& reply, const char* key) {
  const auto found = reply.find(key);
  return found != reply.end() && found->is_string()
             ? QString::fromStdString(found->get<std::string>())
             : QString();
}

}  // namespace

OwnProbe::OwnProbe(std::shared_ptr<ReaderThread> reader, const QString& worker_program,
                   QObject* parent)
    : QObject(parent), reader_(std::move(reader)), worker_program_(worker_program) {
  ask_timer_.setSingleShot(true);
  ask_timer_.setInterval(kAskMs);
  connect(&ask_timer_, &QTimer::timeout, this, &OwnProbe::askWorker);
}

OwnProbe::~OwnProbe() {
  if (process_) {
    process_->disconnect(this);
    process_->kill();
  }
}

void OwnProbe::start(const QString& run_folder, bool worker_lives,
                     const std::vector<OwnSample>& samples) {
  if (busy_) {
    return;
  }
  busy_ = true;
  ++generation_;
  const bool same_run = std::exchange(run_folder_, run_folder) == run_folder;
  samples_ = toJson(samples);
  remarks_.clear();
  number_.reset();
  silences_ = 0;
  if (process_) {
    process_.release()->deleteLater();  // this may be called from one of its signals
  }
  if (!worker_lives) {
    useCheckpoint({});
    return;
  }
  Q_EMIT progress("Asking the worker…");
  if (!client_ || !same_run) {
    client_ = std::make_unique<ControlClient>(*reader_, run_folder);
  }
  askWorker();
}

/// The first time with the samples, then for what has become of them.
void OwnProbe::askWorker() {
  nlohmann::json request = {{"command", "probe"}};
  if (number_) {
    request["probe"] = *number_;
  } else {
    request["samples"] = samples_;
  }
  // The client dies with this object, and its handlers with it.
  client_->send(request, [this, generation = generation_](const ControlClient::Outcome& outcome) {
    if (generation == generation_) {
      takeAnswer(outcome);
    } else if (outcome.error.isEmpty() && outcome.reply.contains("probe")) {
      // Cancelled before its number was known.
      client_->send({{"command", "probe"}, {"probe", outcome.reply["probe"]}, {"cancel", true}},
                    [](const auto&) {});
    }
  });
}

void OwnProbe::takeAnswer(const ControlClient::Outcome& outcome) {
  if (!outcome.answered) {
    // Where it may have the samples already, it is asked again for what became of them.
    if (number_ && ++silences_ < kPatience) {
      ask_timer_.start();
    } else {
      useCheckpoint("The worker did not answer any more: routed with the newest checkpoint.");
    }
    return;
  }
  silences_ = 0;
  if (!outcome.error.isEmpty()) {
    fail(outcome.error);
    return;
  }
  const nlohmann::json& reply = outcome.reply;
  if (!number_) {
    if (!reply.contains("probe") || !reply["probe"].is_number_integer()) {
      fail("the worker of this run is an older one, which cannot route images of your own");
      return;
    }
    number_ = reply["probe"].get<int64_t>();
  } else if (reply.value("done", false)) {
    const QString why = textOf(reply, "failed");
    why.isEmpty() ? succeed(reply) : fail(why);
    return;
  } else {
    Q_EMIT progress(textOf(reply, "doing"));
  }
  ask_timer_.start();
}

void OwnProbe::useCheckpoint(const QString& remark) {
  if (!remark.isEmpty()) {
    remarks_ << remark;
  }
  if (worker_program_.isEmpty()) {
    fail(
        "the worker program limoe was found neither beside limoe-scope nor on the PATH. Build it, "
        "or name it with --worker");
    return;
  }
  Q_EMIT progress("Starting a worker on the newest checkpoint…");
  errors_.clear();
  process_ = std::make_unique<QProcess>();
  connect(process_.get(), &QProcess::readyReadStandardError, this, &OwnProbe::readProgress);
  connect(process_.get(), &QProcess::finished, this, &OwnProbe::takeEnd);
  connect(process_.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart) {
      fail(QString("cannot start %1: %2").arg(worker_program_, process_->errorString()));
    }
  });
  process_->start(worker_program_, {"probe", "--model", run_folder_, "--list", "-", "--json"});
  process_->write(QByteArray::fromStdString(nlohmann::json{{"samples", samples_}}.dump()));
  process_->closeWriteChannel();
}

void OwnProbe::readProgress() {
  errors_ += QString::fromUtf8(process_->readAllStandardError());
  const QString last = errors_.trimmed().section('\n', -1);
  if (!last.isEmpty() && !last.startsWith("limoe: ")) {
    Q_EMIT progress(last);
  }
}

void OwnProbe::takeEnd(int exit_code, QProcess::ExitStatus status) {
  readProgress();
  const QByteArray output = process_->readAllStandardOutput().trimmed();
  if (status == QProcess::NormalExit && exit_code == 0) {
    const auto reply = nlohmann::json::parse(output.toStdString(), nullptr, false);
    if (reply.is_object() && !textOf(reply, "recording").isEmpty()) {
      succeed(reply);
      return;
    }
  }
  const auto message = errors_.lastIndexOf("limoe: ");
  fail(status == QProcess::CrashExit ? QString("the worker ended unexpectedly")
       : message >= 0                ? errors_.mid(message + 7).trimmed()
                      : "the worker ended with status " + QString::number(exit_code) + ": " +
                            errors_.trimmed().right(500));
}

void OwnProbe::succeed(const nlohmann::json& reply) {
  QStringList remarks = remarks_;
  for (const nlohmann::json& remark : reply.value("remarks", nlohmann::json::array())) {
    remarks << (remark.is_string() ? QString::fromStdString(remark.get<std::string>()) : QString());
  }
  busy_ = false;
  Q_EMIT finished(textOf(reply, "recording"), remarks);
}

void OwnProbe::fail(const QString& why) {
  busy_ = false;
  Q_EMIT failed(why);
}

void OwnProbe::cancel() {
  if (!busy_) {
    return;
  }
  busy_ = false;
  ++generation_;
  ask_timer_.stop();
  if (process_) {
    // It takes what is half written away, and has gone when it likes.
    QProcess* ending = process_.release();
    ending->disconnect(this);
    connect(ending, &QProcess::finished, ending, &QObject::deleteLater);
    ending->setParent(this);
    ending->terminate();
    QTimer::singleShot(kKillMs, ending, &QProcess::kill);
  } else if (number_) {
    client_->send({{"command", "probe"}, {"probe", *number_}, {"cancel", true}},
                  [](const auto&) {});
  }
}

}  // namespace limoe::gui
